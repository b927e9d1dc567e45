// Opens a report as people do and clicks through it: node report.mjs REPORT.html FOLDER_FOR_SCREENSHOTS BROWSER
//
// Checks what is shown against sums that are taken anew from the page's data, and leaves the screenshots that the docs show.

import assert from 'node:assert/strict';
import {statSync} from 'node:fs';
import {resolve} from 'node:path';
import {pathToFileURL} from 'node:url';
import {check, checks, open} from './opened.mjs';

const [file, folder, executablePath] = process.argv.slice(2);
const {browser, page, complaints, asked} = await open(executablePath, folder, {width: 1280, height: 860});

try {
  const bytes = statSync(file).size, began = performance.now();
  await page.goto(pathToFileURL(resolve(file)).href);
  await page.waitForSelector('html[data-ready="yes"]');
  console.log(`${(bytes / 1e6).toFixed(2)} MB, ready after ${(performance.now() - began).toFixed(0)} ms`);
  check('it is smaller than 8 MB', () => assert.ok(bytes < 8e6));

  await page.screenshot({path: `${folder}/report_summary.png`});

  const text = id => page.locator(`#${id}`).textContent();
  const first = async id => parseInt(await text(id), 10);
  // Until what was asked for is drawn.
  const settle = () => page.evaluate(() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done))));
  const set = (id, value) => page.locator(`#${id}`).evaluate((slider, v) => { slider.value = v; slider.dispatchEvent(new Event('input', {bubbles: true})); }, value);

  // What the page says of pairs, beside sums over its data, at several thresholds.
  const data = await page.evaluate(() => {
    const report = JSON.parse(document.getElementById('data').textContent), bytes = Uint8Array.from(atob(report.distances), c => c.charCodeAt(0));
    return {person: report.photos.person, distances: [...new Float32Array(bytes.buffer)], named: report.named, distance: report.named_distance, people: report.people, source: report.photos.source[0], best: report.best_f1, different: report.different, epochs: report.epochs.length,
      snapshots: report.snapshots.length, pictures: report.pictures.length};
  });
  const photos = data.person.length;
  const sums = limit => {
    let accepted = [0, 0], all = [0, 0];
    for (let i = 0, at = 0; i < photos; ++i)
      for (let j = i + 1; j < photos; ++j, ++at) {
        const different = +(data.person[i] !== data.person[j]);
        ++all[different];
        if (data.distances[at] <= limit) ++accepted[different];
      }
    return {accepted, all};
  };
  const shown = async () => [await first('same-accepted'), await first('different-accepted'), await first('same-rejected'), await first('different-rejected')];
  const farthest = data.distances.reduce((a, b) => Math.max(a, b));
  for (const step of [0, 150, 400, 1000]) {
    await set('limit', step);
    const {accepted, all} = sums(step / 1000 * farthest);
    const now = await shown();
    check(`pairs at ${step} of 1000: ${now}`, () => assert.deepEqual(now, [accepted[0], accepted[1], all[0] - accepted[0], all[1] - accepted[1]]));
  }
  await page.click('#limit-f1');
  const best = parseFloat(await text('f1'));
  // Thresholds are for all photos that were held out; where these are not all shown, the sums differ.
  const whole = sums(0).all[1] === data.different;
  if (whole) check('the best F1 is what the program found', () => assert.ok(Math.abs(best - data.best.f1) < 1e-4, `${best} ${data.best.f1}`));
  let higher = 0;
  for (let step = 0; step <= 1000; step += 20) {
    await set('limit', step);
    higher = Math.max(higher, parseFloat(await text('f1')));
  }
  if (whole) check('no threshold has a better F1', () => assert.ok(higher <= best + 1e-9));
  await page.click('#limit-equal');
  const [sa, da, sr, dr] = await shown();
  check('errors are equal where they should be', () => assert.ok(Math.abs(sr / (sa + sr) - da / (da + dr)) < (whole ? 0.01 : 0.05)));

  // Confusion: rows hold everybody's photos, and a number leads to them.
  await page.click('#limit-f1');
  const tally = (await text('confusion-note')).match(/(\d+) of (\d+) photos are named rightly, (\d+) wrongly, (\d+) are unknown/).slice(1).map(Number);
  const right = data.named.filter((who, i) => who === data.person[i] && data.distance[i] <= data.best.distance).length;
  check('as many are named rightly as the data say', () => assert.equal(tally[0], right));
  check('nobody is lost', () => assert.equal(tally[0] + tally[2] + tally[3], photos));
  const cells = await page.locator('#confusion-table button').allTextContents();
  check('the table holds all photos', () => assert.equal(cells.map(Number).reduce((a, b) => a + b), photos));
  const wrong = page.locator('#confusion-table .wrong button').first();
  if (await wrong.count()) {
    await wrong.focus();
    await page.keyboard.press('Enter');
    const listed = await page.locator('#confused li').count(), counted = Number(await wrong.textContent());
    check('a number of the confusion shows its photos', () => assert.equal(listed, counted));
  }

  // The map: by mouse and by keyboard.
  const dot = await page.evaluate(() => {
    const {x, y} = Chart.getChart('map-chart').getDatasetMeta(0).data[7];
    return {x, y};
  });
  const canvas = page.locator('#map-chart');
  await canvas.scrollIntoViewIfNeeded();
  await canvas.hover({position: dot});
  await page.waitForSelector('#photo h3');
  const hovered = await page.locator('#photo h3').textContent();
  check('hovering a point shows a photo', () => assert.ok(data.people.includes(hovered)));
  const source = () => page.locator('#photo .note').textContent();
  const frame = page.locator('#map-frame');
  await frame.focus();
  await page.keyboard.press('Home');
  const home = await source();
  check('Home goes to the first photo, whatever the mouse points at', () => assert.equal(home, data.source));
  await page.keyboard.press('PageDown');
  const next = await source();
  check('Page Down goes on', () => assert.notEqual(next, home));
  await page.keyboard.press('PageUp');
  const again = await source();
  check('Page Up goes back', () => assert.equal(again, home));
  const moved = new Set();
  for (const key of ['ArrowLeft', 'ArrowRight', 'ArrowUp', 'ArrowDown']) {
    await page.keyboard.press(key);
    moved.add(await source());
  }
  check('arrows move over the map', () => assert.ok(moved.size >= 2));
  await page.check('#show-photos');
  await page.waitForTimeout(300);
  await page.screenshot({path: `${folder}/report_map.png`, clip: await page.locator('#map').evaluate(e => { e.scrollIntoView(); const r = e.getBoundingClientRect(); return {x: r.x - 16, y: r.y - 8, width: r.width + 32, height: Math.min(r.height, innerHeight - r.y)}; })});
  await page.selectOption('#person', {index: 3});
  await settle();
  const faded = await page.evaluate(() => Chart.getChart('map-chart').getDatasetMeta(0).data.filter(p => p.options.backgroundColor === 'transparent').length);
  const others = await page.evaluate(() => { const who = +document.getElementById('person').value; return JSON.parse(document.getElementById('data').textContent).photos.person.filter(p => p !== who).length; });
  check('choosing a person fades the others', () => assert.equal(faded, others));
  await page.selectOption('#person', '');
  await page.uncheck('#show-photos');

  // Epochs: slider, keyboard, play, click.
  const place = () => page.evaluate(() => JSON.stringify(Chart.getChart('map-chart').data.datasets[0].data));
  const flat = await place();
  await page.focus('#epoch');
  await page.keyboard.press('Home');
  const untrained = await text('epoch-name');
  check('the slider of epochs begins untrained', () => assert.equal(untrained, 'untrained'));
  const early = await place();
  await page.keyboard.press('ArrowRight');
  const later = await place();
  check('photos move from epoch to epoch', () => { assert.notEqual(early, later); assert.notEqual(early, flat); });
  const mode = await page.isChecked('input[name="places"][value="epochs"]');
  check('moving it changes from t-SNE to the epochs', () => assert.ok(mode));
  await page.keyboard.press('End');
  const last = await text('epoch-name');
  check('the slider ends at the last epoch', () => assert.equal(last, `${data.epochs} of ${data.epochs}`));
  await page.click('#play');
  await page.waitForFunction(() => document.getElementById('epoch').value === '2');
  await page.click('#play');
  const stopped = await page.inputValue('#epoch');
  await page.waitForTimeout(400);
  const still = await page.inputValue('#epoch');
  check('play begins anew and stops', () => assert.equal(still, stopped));
  const chart = await page.evaluate(() => { const c = Chart.getChart('loss-chart'); return {x: c.scales.x.getPixelForValue(1), y: (c.chartArea.top + c.chartArea.bottom) / 2}; });
  await page.locator('#loss-chart').click({position: chart});
  await settle();
  const clicked = await text('epoch-name');
  check('clicking a curve goes to that epoch', () => assert.ok(clicked.startsWith('1 of') || data.snapshots < data.epochs, clicked));
  await page.check('input[name="places"][value="tsne"]');
  const returned = await place();
  check('the t-SNE map is still there', () => assert.equal(returned, flat));

  // Lists and pictures.
  const triplets = await page.locator('#hardest li').count();
  check('the hardest triplets are there', () => assert.ok(triplets > 0 && triplets <= 12));
  await page.selectOption('#which-queries', 'all');
  const queries = await page.locator('#nearest li').count();
  check('queries are listed', () => assert.equal(queries, Math.min(24, photos)));
  const loaded = await page.locator('#pictures img').evaluateAll(images => Promise.all(images.map(i => i.decode().then(() => i.naturalWidth > 100))));
  check('the pictures of the network can be seen', () => assert.ok(loaded.length === data.pictures && loaded.every(Boolean)));
  const nameless = await page.locator('img:not([alt]), canvas:not([aria-label]):not(#map-chart), button:not([aria-label]):empty').count();
  check('pictures and buttons have names', () => assert.equal(nameless, 0));

  // What the docs show, light and dark.
  const shoot = async (id, name) => {
    await page.locator(`#${id}`).evaluate(e => { e.scrollIntoView(); scrollBy(0, -8); });
    await page.waitForTimeout(150);
    await page.screenshot({path: `${folder}/${name}.png`});
  };
  await page.click('#limit-f1');
  await shoot('threshold', 'report_threshold');
  // Charts alone, without a photo on them.
  for (const [what, name] of [['#training', 'charts_training'], ['#threshold .beside', 'charts_distances'], ['#curves', 'charts_curves']])
    await page.locator(what).screenshot({path: `${folder}/${name}.png`});
  await page.click('#theme');
  const dark = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  check('it can be dark', () => assert.equal(dark, 'rgb(21, 24, 29)'));
  await shoot('confusion', 'report_confusion_dark');
  await shoot('curves', 'report_curves_dark');
  await page.setViewportSize({width: 420, height: 860});
  await settle();
  const wide = await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth ? [] : [...document.querySelectorAll('main *')].filter(e => e.getBoundingClientRect().right > innerWidth && !e.closest('.scroll > *')).map(e => e.id || e.className || e.tagName).slice(0, 9));
  check('it fits a narrow window', () => assert.deepEqual(wide, []));

  // Whoever prefers dark gets it at once.
  const night = await browser.newPage({colorScheme: 'dark'});
  await night.goto(pathToFileURL(resolve(file)).href);
  await night.waitForSelector('html[data-ready="yes"]');
  const theme = await night.evaluate(() => document.documentElement.dataset.theme);
  check('it follows the system', () => assert.equal(theme, 'dark'));

  check('it asks nothing of any network', () => assert.deepEqual(asked, []));
  check('the browser has no complaint', () => assert.deepEqual(complaints, []));
  console.log(`${checks} checks of the report passed`);
} finally {
  await browser.close();
}
