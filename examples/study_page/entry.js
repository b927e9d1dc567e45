// One entry: its curves, distributions, tries, values, and how it stands against the others.

const frame = {width: 460, height: 280, left: 52, right: 12, top: 30, bottom: 40};
const chart = (id, title, xName, {low: xLow, high: xHigh}, {low, high}, shapes, isWhole = false) => {
  const {width, height, left, right, top, bottom} = frame;
  if (!(high > low)) high = low + 1;
  if (!(xHigh > xLow)) xHigh = xLow + 1;
  const x = v => left + (v - xLow) / (xHigh - xLow) * (width - left - right), y = v => height - bottom - (v - low) / (high - low) * (height - top - bottom);
  canvas(id, width, height, title, [
    label(title, left, 18), label(xName, width - right, height - 6, 'end', 'faint'),
    ...ticks(low, high, 5).flatMap(t => [line(left, y(t), width - right, y(t), 'axis'), label(short(t), left - 6, y(t) + 4, 'end', 'faint')]),
    ...ticks(xLow, xHigh, 6).filter(t => !isWhole || Number.isInteger(t)).map(t => label(short(t), x(t), height - bottom + 16, 'middle', 'faint')),
    ...shapes(x, y),
  ]);
};
const path = (points, x, y) => points.map(([a, b]) => `${x(a).toFixed(1)},${y(b).toFixed(1)}`).join(' ');
const allRuns = e => e.folds.flatMap(fold => fold.runs).filter(run => run.failure === '');
const curves = (id, title, e, of, factor = 1) => {
  const lines = allRuns(e).map(run => run[of].map((v, i) => [i + 1, factor * v]).filter(point => point[1] !== null));
  const values = lines.flat().map(point => point[1]);
  chart(id, title, 'epoch', {low: 1, high: Math.max(2, ...lines.map(l => l.length))}, {low: Math.min(0, ...values), high: Math.max(1e-9, ...values)}, (x, y) => lines.map(l => l.length === 1 ? draw('circle', {cx: x(l[0][0]), cy: y(l[0][1]), r: 3, class: 'dot'}) : draw('polyline', {points: path(l, x, y), class: 'line'})), true);
};

let chosen = 0;
const choose = (i, scrolls = false) => {
  chosen = i;
  byId('which').value = i;
  const e = study.entries[i];
  rows.forEach((row, r) => row.setAttribute('aria-current', r === i));
  byId('entry-note').textContent = `${e.name}: MAP@R ${withInterval(e.measures[0])} % tuned, ${withInterval(e.given)} % with the values that it comes with; ${counted(e.failures, 'run', 'runs')} failed.`;
  curves('loss-chart', 'Loss, every fold and seed', e, 'loss');
  curves('active-chart', 'Terms above 0, %', e, 'active', 100);
  const bins = Math.max(1, e.same.length), step = study.farthest / bins, most = Math.max(1e-9, ...e.same, ...e.different);
  const area = (shares, x, y) => `${x(0)},${y(0)} ${path(shares.flatMap((s, b) => [[b * step, 100 * s], [(b + 1) * step, 100 * s]]), x, y)} ${x(study.farthest)},${y(0)}`;
  chart('distribution-chart', `Distances: one ${one} (blue), two (orange)`, 'squared distance', {low: 0, high: study.farthest}, {low: 0, high: 100 * most},
    (x, y) => e.same.length ? [draw('polygon', {points: area(e.same, x, y), class: 'same'}), draw('polygon', {points: area(e.different, x, y), class: 'different'})] : []);
  const tries = e.folds.flatMap(fold => fold.tries.map((t, n) => ({n: n + 1, score: t.score, isChosen: n === fold.chosen}))).filter(t => t.score !== null);
  chart('tries-chart', 'Tries on validation, MAP@R in % (orange: chosen)', 'try', {low: 1, high: Math.max(2, study.tries)}, {low: 0, high: Math.max(1, ...tries.map(t => 100 * t.score))},
    (x, y) => tries.sort((a, b) => a.isChosen - b.isChosen).map(t => draw('circle', {cx: x(t.n), cy: y(100 * t.score), r: t.isChosen ? 5 : 3, class: t.isChosen ? 'chosen' : 'dot'})), true);
  byId('values').tHead.replaceChildren(make('tr', {}, make('th', {scope: 'col'}, 'value'), make('th', {scope: 'col'}, 'range'), make('th', {scope: 'col'}, 'given'), ...e.folds.map((_, k) => make('th', {scope: 'col'}, `fold ${k + 1}`))));
  byId('values').tBodies[0].replaceChildren(...e.parameters.map((p, k) => make('tr', {}, make('th', {scope: 'row'}, p.name), make('td', {}, `${short(p.low)} … ${short(p.high)}${p.logarithmic ? ', log' : ''}`), make('td', {}, short(p.given)), ...e.folds.map(fold => make('td', {}, short(fold.values[k]))))));
  byId('differences').tHead.replaceChildren(make('tr', {}, ...['against', 'difference in points', 'p', 'p after Holm'].map(name => make('th', {scope: 'col'}, name))));
  byId('differences').tBodies[0].replaceChildren(...byMap.filter(j => j !== i).map(j => {
    const d = difference(i, j);
    return make('tr', {class: d.holm < 0.05 ? 'differs' : ''}, make('th', {scope: 'row'}, study.entries[j].name), make('td', {}, withInterval(d)), make('td', {}, short(d.p)), make('td', {}, short(d.holm)));
  }));
  if (scrolls) {
    byId('entry').scrollIntoView();
    byId('which').focus({preventScroll: true});
  }
};
byId('which').append(...byMap.map(i => make('option', {value: i}, study.entries[i].name)));
byId('which').addEventListener('change', () => choose(Number(byId('which').value)));
choose(byMap[0]);

byId('how-text').textContent = `The ${many} are cut into ${study.folds} folds. For each fold every combination has ${study.tries} ${study.tries === 1 ? 'try: nothing is tuned' : `tries of its own values: those it comes with, then random ones, then a tree-structured Parzen estimator’s. A try learns from ${many} outside of the fold and is judged on others outside of it`}. The best values are trained with ${counted(study.seeds, 'seed', 'seeds')} on all ${many} outside of the fold and judged on the fold’s, who were seen in no choice. Intervals and p-values are those of the corrected resampled t-test over folds (Nadeau and Bengio 2003), the unit being the fold with the mean over its seeds; all pairs are corrected by Holm’s procedure.`;
document.documentElement.dataset.ready = 'yes';
