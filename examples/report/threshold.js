// The threshold: which pairs it accepts, and who is named.

const pairs = {same: [], different: []}; // [distance, i, j], nearest first
for (let i = 0, at = 0; i < count; ++i)
  for (let j = i + 1; j < count; ++j, ++at)
    pairs[personOf(i) === personOf(j) ? 'same' : 'different'].push([distances[at], i, j]);
for (const kind of Object.values(pairs)) kind.sort((a, b) => a[0] - b[0]);

// How many of some sorted pairs are not farther than the threshold.
const accepted = kind => {
  let low = 0, high = kind.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    kind[middle][0] <= limit ? low = middle + 1 : high = middle;
  }
  return low;
};

if (pairs.different.length < report.different)
  byId('pairs').caption.textContent += `; the buttons’ thresholds are of all ${report.different.toLocaleString('en')} pairs of two people held out`;

const farthest = distances.reduce((most, d) => Math.max(most, d), 0) || 1;
const bins = 60;
const shares = kind => {
  const heights = new Array(bins).fill(0);
  for (const [d] of kind) ++heights[Math.min(bins - 1, Math.floor(d / farthest * bins))];
  return heights.map((n, i) => ({x: (i + 0.5) * farthest / bins, y: kind.length ? 100 * n / kind.length : 0}));
};
const histogram = draw('histogram', {
  type: 'line',
  data: {datasets: [
    line('one person', shares(pairs.same), {borderColor: inks[0], backgroundColor: `${inks[0]}40`, fill: true, stepped: 'middle'}),
    line('two people', shares(pairs.different), {borderColor: inks[1], backgroundColor: `${inks[1]}40`, fill: true, stepped: 'middle', borderDash: [6, 3]}),
  ]},
  options: {
    interaction: {mode: 'nearest', axis: 'x', intersect: false},
    scales: {x: axis(report.distance_name, {min: 0, max: farthest}), y: axis('share of such pairs, %', {beginAtZero: true})},
    plugins: {title: {display: true, text: 'How far apart photos lie'}, legend: {labels: {}}, mark: {at: () => limit}},
    onClick: event => setLimit(histogram.scales.x.getValueForPixel(event.x)),
  },
});

const strip = ([distance, i, j]) => make('li', {},
  make('div', {class: 'row'}, ...[i, j].map(k => make('figure', {}, picture(report.photos, k), make('figcaption', {}, nameOf(k))))),
  `${report.distance_name} ${fixed(distance)}`);
const fill = (id, some, none) => byId(id).replaceChildren(...(some.length ? some.map(strip) : [make('li', {class: 'note'}, none)]));

const slider = byId('limit');
const setLimit = value => {
  limit = Math.min(Math.max(value, 0), farthest * 1.001);
  slider.value = Math.round(1000 * limit / farthest);
  byId('limit-name').textContent = fixed(limit);
  slider.setAttribute('aria-valuetext', fixed(limit));
  const same = accepted(pairs.same), different = accepted(pairs.different);
  const put = (id, n, kind) => { byId(id).textContent = `${n} (${percent(n, kind.length)})`; };
  put('same-accepted', same, pairs.same);
  put('same-rejected', pairs.same.length - same, pairs.same);
  put('different-accepted', different, pairs.different);
  put('different-rejected', pairs.different.length - different, pairs.different);
  byId('f1').textContent = fixed(same ? 2 * same / (pairs.same.length + same + different) : 0, 4);
  fill('false-accepts', pairs.different.slice(0, different).slice(0, 8), 'None.');
  fill('false-rejects', pairs.same.slice(same).reverse().slice(0, 8), 'None.');
  drawConfusion();
  histogram.update();
  tell('limit');
};
slider.addEventListener('input', () => setLimit(slider.value * farthest / 1000));
byId('limit-f1').addEventListener('click', () => setLimit(report.best_f1.distance));
byId('limit-equal').addEventListener('click', () => setLimit(report.equal_error.distance));
byId('limit-strict').addEventListener('click', () => setLimit(report.one_percent.distance));

const unknown = -1;
const verdictOf = i => report.named_distance[i] <= limit ? report.named[i] : unknown;
const drawConfusion = () => {
  const cells = new Map(); // person → verdict → photos
  const tally = {right: 0, wrong: 0, unknown: 0};
  for (let i = 0; i < count; ++i) {
    const verdict = verdictOf(i), row = cells.get(personOf(i)) ?? cells.set(personOf(i), new Map()).get(personOf(i));
    (row.get(verdict) ?? row.set(verdict, []).get(verdict)).push(i);
    ++tally[verdict === unknown ? 'unknown' : verdict === personOf(i) ? 'right' : 'wrong'];
  }
  let rows = [...cells.keys()].sort((a, b) => a - b);
  const most = 60, all = rows.length;
  if (all > most) rows = rows.filter(p => [...cells.get(p).keys()].some(v => v !== p)).slice(0, most);
  const columns = [...new Set(rows.flatMap(p => [p, ...cells.get(p).keys()]))].filter(v => v !== unknown).sort((a, b) => a - b);
  byId('confusion-note').textContent = `At this threshold ${tally.right} of ${count} photos are named rightly, ${tally.wrong} wrongly, ${tally.unknown} are unknown.`
    + (all > most ? ` Of ${all} people, ${rows.length} with a mistake are shown.` : '') + ' Rows: who it is; columns: who was named. Choose a number to see the photos.';
  const head = make('tr', {}, make('td'), ...columns.map(p => make('th', {scope: 'col', title: report.people[p]}, make('span', {}, report.people[p]))), make('th', {scope: 'col'}, make('span', {}, 'unknown')));
  const cell = (person, verdict) => {
    const photos = cells.get(person).get(verdict);
    if (!photos) return make('td');
    const kind = verdict === unknown ? 'unknown' : verdict === person ? 'right' : 'wrong', named = verdict === unknown ? 'unknown' : report.people[verdict];
    return make('td', {class: kind}, make('button', {type: 'button', 'aria-label': `${photos.length} of ${report.people[person]}: ${named}`, onclick: () => showConfused(person, named, photos)}, `${photos.length}`));
  };
  byId('confusion-table').replaceChildren(make('thead', {}, head),
    make('tbody', {}, ...rows.map(p => make('tr', {}, make('th', {scope: 'row'}, report.people[p]), ...[...columns, unknown].map(v => cell(p, v))))));
  byId('confused').replaceChildren();
};
const showConfused = (person, named, photos) => byId('confused').replaceChildren(
  make('h3', {}, named === 'unknown' ? `${report.people[person]}, unknown` : `${report.people[person]}, named ${named}`),
  make('ul', {class: 'strips'}, ...photos.map(queryStrip)));

// A photo, and the known ones nearest to it.
const queryStrip = i => make('li', {},
  make('div', {class: 'row'},
    make('figure', {}, picture(report.photos, i), make('figcaption', {}, nameOf(i))),
    ...report.nearest[i].map(([known, distance]) => {
      const right = report.known.person[known] === personOf(i);
      return make('figure', {}, picture(report.known, known, right ? 'right' : 'wrong'), make('figcaption', {}, `${right ? '✓' : '✗'} ${fixed(distance)} ${report.people[report.known.person[known]]}`));
    })));
