// Opens a study's page as people do and clicks through it: node study.mjs STUDY.html FOLDER_FOR_SCREENSHOTS BROWSER
//
// Checks what is shown against what the page's data say.

import assert from 'node:assert/strict';
import {resolve} from 'node:path';
import {pathToFileURL} from 'node:url';
import {check, checks, open} from './opened.mjs';

const [file, folder, executablePath] = process.argv.slice(2);
const {browser, page, complaints, asked} = await open(executablePath, folder, {width: 1280, height: 900});

try {
  await page.goto(pathToFileURL(resolve(file)).href);
  await page.waitForSelector('html[data-ready="yes"]');
  const data = await page.evaluate(() => JSON.parse(document.getElementById('data').textContent));
  const names = () => page.locator('#results tbody th').allTextContents();
  const expected = (key, direction) => data.entries.map((e, i) => [key(e), i]).sort((a, b) => (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : a[1] - b[1]) * direction).map(([, i]) => data.entries[i].name);

  const first = await names();
  check('it is sorted by MAP@R', () => assert.deepEqual(first, expected(e => e.measures[0].mean, -1)));
  const head = name => page.locator('#results thead button', {hasText: name}).first();
  await head('mean rank').click();
  const ranked = await names();
  check('a column sorts by a click', () => assert.deepEqual(ranked, expected(e => e.rank, 1)));
  await head('ms a step').focus();
  await page.keyboard.press('Enter');
  await page.keyboard.press('Enter');
  const slow = await names();
  check('and by the keyboard, twice the other way round', () => assert.deepEqual(slow, expected(e => e.milliseconds, -1)));
  const said = await page.locator('#results thead th[aria-sort="descending"]').allTextContents();
  check('which column sorts is said', () => assert.deepEqual(said, ['ms a step']));
  await head('MAP@R').click();
  const best = first[0], bestAt = data.entries.findIndex(e => e.name === best);
  const cell = (await page.locator(`#results tr[data-entry="${bestAt}"] td`).first().textContent());
  check('a cell says the mean', () => assert.ok(cell.startsWith((100 * data.entries[bestAt].measures[0].mean).toFixed(1))));

  // Two have a letter in common if and only if they do not differ.
  const letters = await page.evaluate(() => letters);
  const sets = letters.map(l => new Set(l.match(/[a-z]\d*/g)));
  check('letters say who differs', () => {
    for (const [i, j, , , , holm] of data.pairs) assert.equal([...sets[i]].some(l => sets[j].has(l)), holm >= 0.05, `${i} ${j}`);
  });

  const circles = () => page.locator('#interval-chart circle').count();
  const all = await circles();
  check('every combination has an interval', () => assert.equal(all, data.entries.length));
  const before = await page.locator('#interval-chart').innerHTML();
  await page.selectOption('#measure', {index: 4});
  const other = await page.locator('#interval-chart').innerHTML();
  check('another measure draws others', () => assert.notEqual(other, before));
  await page.selectOption('#baseline', {label: best});
  const note = await page.locator('#intervals-note').textContent();
  check('differences from one are explained', () => assert.ok(note.includes(`MAP@R less that of ${best}`)));

  const bars = await page.locator('#rank-chart .join').count();
  check('bars join what the critical difference does not part', () => assert.equal(bars, data.ranks.bars.length));

  const last = first.at(-1), lastAt = data.entries.findIndex(e => e.name === last);
  await page.locator(`#results tr[data-entry="${lastAt}"] button`).focus();
  await page.keyboard.press('Enter');
  const shown = await page.locator('#entry-note').textContent();
  check('a name leads to its curves', () => assert.ok(shown.startsWith(`${last}:`)));
  const runs = data.entries[lastAt].folds.flatMap(f => f.runs).filter(r => r.failure === '');
  const curves = await page.locator('#loss-chart .line, #loss-chart .dot').count();
  check('every fold and seed has a curve', () => assert.equal(curves, runs.length));
  const tries = await page.locator('#tries-chart circle').count();
  check('every try is drawn', () => assert.equal(tries, data.entries[lastAt].folds.flatMap(f => f.tries).filter(t => t.score !== null).length));
  const chosen = await page.locator('#tries-chart .chosen').count();
  check('one of each fold was chosen', () => assert.equal(chosen, data.entries[lastAt].folds.filter(f => f.tries.length).length));
  const values = await page.locator('#values tbody tr').count();
  check('its values are listed', () => assert.equal(values, data.entries[lastAt].parameters.length));
  const against = await page.locator('#differences tbody tr').count();
  check('it is compared with all others', () => assert.equal(against, data.entries.length - 1));
  await page.screenshot({path: `${folder}/study_entry.png`});

  const paper = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const light = await paper();
  await page.click('#theme');
  const dark = await paper();
  check('there is a dark side', () => assert.notEqual(light, dark));
  await page.locator('#ranks').scrollIntoViewIfNeeded();
  await page.screenshot({path: `${folder}/study_dark.png`});
  await page.click('#theme');
  await page.evaluate(() => { scrollTo(0, 0); document.querySelector('#table .scroll').scrollTop = 0; });
  await page.screenshot({path: `${folder}/study.png`});

  await page.setViewportSize({width: 390, height: 800});
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  check('it fits a telephone', () => assert.ok(wide <= 1, `${wide} too wide`));
  check('nothing is fetched from anywhere', () => assert.deepEqual(asked, []));
  check('the browser does not complain', () => assert.deepEqual(complaints, []));
  const dark2 = await browser.newPage({colorScheme: 'dark'});
  await dark2.goto(pathToFileURL(resolve(file)).href);
  const theme = await dark2.evaluate(() => document.documentElement.dataset.theme);
  check('who likes it dark gets it dark', () => assert.equal(theme, 'dark'));
  console.log(`${checks} checks of the study passed`);
} finally {
  await browser.close();
}
