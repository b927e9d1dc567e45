// Opens the site from the file system: node site.mjs SITE FOLDER_FOR_SCREENSHOTS BROWSER
//
// Searches as people do, and turns through every deck of slides: nothing may lie beyond a slide's edge, and no slide has
// two pictures.

import assert from 'node:assert/strict';
import {existsSync, readdirSync} from 'node:fs';
import {resolve} from 'node:path';
import {pathToFileURL} from 'node:url';
import {check, checks, open} from './opened.mjs';

const [site, folder, executablePath] = process.argv.slice(2);
const address = path => pathToFileURL(resolve(site, path)).href;
const {browser, page, complaints, asked} = await open(executablePath, folder, {width: 1280, height: 860}, /^(file|data|blob):/);

try {
  // From a page deep inside, so that the index's place is found from there, too.
  await page.goto(address('docs/guide/04-margin-or-collapse.html'));
  const search = async words => {
    await page.fill('#search', '');
    await page.keyboard.press('Escape');
    await page.evaluate(() => document.activeElement.blur());
    await page.keyboard.press('/');
    await page.keyboard.type(words);
    await page.waitForFunction(() => document.getElementById('found-count').textContent !== '');
    return page.$$eval('#found a', links => links.map(link => ({title: link.firstChild ? link.textContent : '', href: link.href})));
  };
  const semi = await search('semi-hard');
  check('"semi-hard" is found', () => assert.ok(semi.length > 2));
  await page.screenshot({path: `${folder}/site_search.png`});
  for (const {href} of semi) check(`it leads to a page that is there: ${href.split('/').pop()}`, () => assert.ok(existsSync(new URL(href.split('#')[0]))));
  const names = await search('triplet_margin');
  check('names of the reference are found', () => assert.ok(names.some(n => n.href.includes('/reference/'))));
  const both = await search('bootstrap people');
  check('all words have to be there', () => assert.ok(both.length > 0));
  const nothing = await search('qwertzuiop');
  check('what is not there is not found', () => assert.equal(nothing.length, 0));
  const count = await page.textContent('#found-count');
  check('and it says so', () => assert.equal(count, 'nothing found'));
  await search('collapse');
  await page.keyboard.press('ArrowDown');
  const focused = await page.evaluate(() => document.activeElement.closest('#found') !== null);
  check('arrows go through what was found', () => assert.ok(focused));
  await page.keyboard.press('Enter');
  await page.waitForLoadState();
  const there = await page.textContent('main');
  check('Enter opens it', () => assert.match(there.toLowerCase(), /collapse/));
  await page.keyboard.press('/');
  await page.keyboard.type('<img src=x onerror=alert(1)>');
  const made = await page.$$eval('#found img', images => images.length);
  check('what is typed is text', () => assert.equal(made, 0));

  if (existsSync(resolve(site, 'slides/index.html'))) {
    const decks = readdirSync(resolve(site, 'slides')).filter(name => /^\d.*\.html$/.test(name));
    check('each lesson has slides', () => assert.equal(decks.length, 12));
    let slides = 0, pictures = 0;
    for (const deck of decks) {
      await page.goto(address(`slides/${deck}`));
      await page.waitForSelector('html[data-ready="yes"]');
      const total = await page.evaluate(() => Reveal.getTotalSlides());
      const bad = [];
      for (let i = 0; i < total; ++i) {
        const {overflow, images, broken, title} = await page.evaluate(async at => {
          Reveal.slide(at);
          const slide = Reveal.getCurrentSlide(), all = [...slide.querySelectorAll('img')];
          await Promise.all(all.map(image => image.decode().catch(() => {})));
          const right = Math.max(0, ...[...slide.querySelectorAll('*')].filter(e => !e.closest('aside')).map(e => e.scrollWidth - e.clientWidth > 1 && getComputedStyle(e).display !== 'inline' ? e.scrollWidth - e.clientWidth : 0));
          return {overflow: Math.max(slide.scrollHeight - 800, right), images: all.length, broken: all.filter(image => image.naturalWidth === 0).length, title: slide.textContent.slice(0, 60)};
        }, i);
        if (overflow > 0) bad.push(`slide ${i + 1} goes ${overflow} beyond its edge: ${title}`);
        if (images > 1 || broken) bad.push(`slide ${i + 1} has ${images} pictures, ${broken} of them broken`);
        slides += 1, pictures += images;
      }
      check(`${deck}: ${total} slides fit`, () => assert.deepEqual(bad, []));
    }
    console.log(`${slides} slides, ${pictures} pictures`);
    check('there are pictures', () => assert.ok(pictures >= 12));
    for (const [deck, number] of [['04-margin-or-collapse', 0], ['04-margin-or-collapse', 4], ['04-margin-or-collapse', 8], ['11-how-fast', 5], ['00-cpp-from-python', 2]]) {
      await page.goto(`${address(`slides/${deck}.html`)}#/${number}`);
      await page.reload(); // the same page with another anchor is not loaded again
      await page.waitForSelector('html[data-ready="yes"]');
      await page.waitForTimeout(200);
      await page.screenshot({path: `${folder}/slides_${deck.slice(0, 2)}_${number}.png`});
    }
    await page.goto(address('slides/index.html'));
    await page.screenshot({path: `${folder}/slides.png`});
  } else {
    console.log('there are no slides');
  }
  check('nothing is fetched from elsewhere', () => assert.deepEqual(asked, []));
  check('the browser does not complain', () => assert.deepEqual(complaints, []));
  console.log(`${checks} checks of the site passed`);
} finally {
  await browser.close();
}
