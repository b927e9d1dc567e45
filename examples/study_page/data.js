// What the page holds, what its parts share, and the table.

const study = JSON.parse(document.getElementById('data').textContent);
const byId = id => document.getElementById(id);
const [one, many, item, items] = study.words;

// An element with attributes and children; texts stay texts, whatever things are called.
const fill = (element, attributes, children) => {
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
};
const make = (tag, attributes = {}, ...children) => fill(document.createElement(tag), attributes, children);
const draw = (tag, attributes = {}, ...children) => fill(document.createElementNS('http://www.w3.org/2000/svg', tag), attributes, children);

const counted = (count, single, plural) => `${count} ${count === 1 ? single : plural}`;
const percent = (value, digits = 1) => (100 * value).toFixed(digits);
const withInterval = m => m.half === null ? percent(m.mean) : `${percent(m.mean)} ± ${percent(m.half)}`;
const short = value => value === 0 ? '0' : Math.abs(value) >= 1e-3 && Math.abs(value) < 1e5 ? String(Number(value.toPrecision(3))) : value.toExponential(2);
const measureNames = {map_at_r: 'MAP@R', r_precision: 'R-precision', precision_at_1: 'precision@1', 'tar_at_far_0.001': 'TAR at FAR 0.001', rank_1_one_enrolled: `rank-1, one ${item} enrolled`};
const measures = study.measures.map(name => measureNames[name] ?? name);

// Differences of MAP@R: first less second, its half interval, p, and p after Holm.
const pairs = new Map(study.pairs.map(([i, j, mean, half, p, holm]) => [i * study.entries.length + j, {mean, half, p, holm}]));
const difference = (i, j) => {
  if (i === j) return {mean: 0, half: 0, p: 1, holm: 1};
  const found = pairs.get(Math.min(i, j) * study.entries.length + Math.max(i, j));
  return i < j ? found : {...found, mean: -found.mean};
};
const differ = (i, j) => difference(i, j).holm < 0.05;

const byMap = study.entries.map((_, i) => i).sort((i, j) => study.entries[j].measures[0].mean - study.entries[i].measures[0].mean);

// Letters, such that two have one in common if and only if they do not differ: one group of all is split at every pair
// that differs, and what lies within another group is dropped (insertion and absorption, Piepho 2004).
let groups = [byMap];
for (const [i, j, , , , holm] of study.pairs) {
  if (holm >= 0.05) continue;
  const split = groups.flatMap(group => group.includes(i) && group.includes(j) ? [group.filter(e => e !== i), group.filter(e => e !== j)] : [group]);
  groups = split.filter((group, g) => !split.some((other, o) => o !== g && group.every(e => other.includes(e)) && (other.length > group.length || o < g)));
}
groups.sort((a, b) => byMap.indexOf(a[0]) - byMap.indexOf(b[0]) || b.length - a.length);
const letterOf = g => String.fromCharCode(97 + g % 26) + (g < 26 ? '' : Math.floor(g / 26));
const letters = study.entries.map((_, i) => groups.map((group, g) => group.includes(i) ? letterOf(g) : '').join(''));

byId('theme').addEventListener('click', () => {
  document.documentElement.dataset.theme = document.documentElement.dataset.theme === 'dark' ? 'light' : 'dark';
});
document.documentElement.dataset.theme = matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light';

byId('title').textContent = document.title = study.title;
const surviving = study.pairs.filter(pair => pair[5] < 0.05).length;
const worth = study.entries.reduce((sum, e) => sum + e.tuning.mean, 0) / study.entries.length;
const runs = study.entries.reduce((sum, e) => sum + e.folds.reduce((all, f) => all + f.tries.length + f.runs.length, 0), 0);
for (const [name, value, note] of [
  ['combinations', study.entries.length, `${study.folds} folds over ${many}, ${counted(study.tries, 'try', 'tries')} and ${counted(study.seeds, 'seed', 'seeds')} in each`],
  ['best', `${percent(study.entries[byMap[0]].measures[0].mean)} %`, `MAP@R of ${study.entries[byMap[0]].name}`],
  ['differences that survive', `${surviving} of ${study.pairs.length}`, 'pairs, after Holm’s correction at 5 %'],
  ['tuning was worth', `${percent(worth)} points`, 'of MAP@R, mean over all'],
  ['runs', runs, 'tries, and trainings with tuned values'],
]) byId('figures').append(make('div', {}, make('dt', {}, name), make('dd', {}, String(value), make('small', {}, note))));

const columns = [
  {name: 'combination', text: e => e.name, key: e => e.name, ascending: true},
  ...measures.map((name, m) => ({name, text: e => withInterval(e.measures[m]), key: e => e.measures[m].mean})),
  {name: 'like', text: (_, i) => letters[i], key: (_, i) => letters[i], ascending: true},
  {name: 'untuned MAP@R', text: e => withInterval(e.given), key: e => e.given.mean},
  {name: 'tuning was worth', text: e => withInterval(e.tuning), key: e => e.tuning.mean},
  {name: 'mean rank', text: e => e.rank.toFixed(1), key: e => e.rank, ascending: true},
  {name: 'active terms', text: e => percent(e.active), key: e => e.active},
  {name: 'ms a step', text: e => e.milliseconds.toFixed(2), key: e => e.milliseconds, ascending: true},
  {name: 'failed runs', text: e => String(e.failures), key: e => e.failures},
];
let sorted = 1, upwards = false;
const rowOf = (e, i) => make('tr', {'data-entry': i}, make('th', {scope: 'row'}, make('button', {type: 'button', onclick: () => choose(i, true)}, e.name)), ...columns.slice(1).map(c => make('td', {}, c.text(e, i))));
const rows = study.entries.map(rowOf);
const sort = () => {
  const {key} = columns[sorted], order = study.entries.map((_, i) => i);
  order.sort((i, j) => {
    const a = key(study.entries[i], i), b = key(study.entries[j], j);
    return (a < b ? -1 : a > b ? 1 : i - j) * (upwards ? 1 : -1);
  });
  byId('results').tBodies[0].replaceChildren(...order.map(i => rows[i]));
  heads.forEach((head, c) => head.setAttribute('aria-sort', c !== sorted ? 'none' : upwards ? 'ascending' : 'descending'));
};
const heads = columns.map((column, c) => make('th', {scope: 'col'}, make('button', {type: 'button', onclick: () => {
  upwards = sorted === c ? !upwards : Boolean(column.ascending);
  sorted = c;
  sort();
}}, column.name)));
byId('results').tHead.append(make('tr', {}, ...heads));
sort();
