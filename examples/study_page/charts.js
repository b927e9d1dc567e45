// Pictures of all entries: intervals and ranks. Colours are the style's, so that they follow dark and light.

// Round steps between two numbers, about so many.
const ticks = (low, high, wanted = 6) => {
  const raw = (high - low) / wanted || 1, power = 10 ** Math.floor(Math.log10(raw)), step = [1, 2, 5, 10].find(s => s * power >= raw) * power;
  const all = [];
  for (let t = Math.ceil(low / step - 1e-9) * step; t <= high + step * 1e-9; t += step) all.push(Number(t.toPrecision(12)));
  return all;
};
const label = (text, x, y, anchor = 'start', kind = '') => draw('text', {x, y, 'text-anchor': anchor, class: kind}, text);
const line = (x1, y1, x2, y2, kind) => draw('line', {x1, y1, x2, y2, class: kind});
const canvas = (id, width, height, name, parts) => byId(id).replaceChildren(draw('svg', {viewBox: `0 0 ${width} ${height}`, role: 'img', 'aria-label': name}, ...parts));
const nameSpace = 8 + 7.1 * Math.max(...study.entries.map(e => e.name.length));

const showIntervals = () => {
  const m = Number(byId('measure').value), base = byId('baseline').value;
  const isDifference = base !== '';
  const values = study.entries.map((e, i) => isDifference ? difference(i, Number(base)) : e.measures[m]);
  byId('measure').disabled = isDifference;
  byId('intervals-note').textContent = isDifference
    ? `MAP@R less that of ${study.entries[base].name}, fold by fold, in points. Hollow: the difference does not survive Holm’s correction for all pairs.`
    : `${measures[m]} in percent, with 95 % intervals over folds.`;
  const order = study.entries.map((_, i) => i).sort((i, j) => values[j].mean - values[i].mean);
  const ends = values.flatMap(v => [v.mean - (v.half ?? 0), v.mean + (v.half ?? 0)]).map(v => 100 * v);
  // An interval of few folds may be wider than all there is.
  const least = isDifference ? -100 : 0, low = Math.max(least, Math.min(...ends)), high = Math.min(100, Math.max(...ends, low + 1e-6));
  const width = 1000, rowHeight = 22, top = 26, x = v => nameSpace + 12 + (Math.min(high, Math.max(low, v)) - low) / (high - low) * (width - nameSpace - 100);
  const parts = ticks(low, high).flatMap(t => [line(x(t), top - 6, x(t), top + rowHeight * order.length, 'axis'), label(short(t), x(t), top - 10, 'middle', 'faint')]);
  if (isDifference) parts.push(line(x(0), top - 6, x(0), top + rowHeight * order.length, 'zero'));
  order.forEach((i, row) => {
    const y = top + rowHeight * (row + 0.5), v = values[i];
    parts.push(label(study.entries[i].name, nameSpace, y + 4, 'end'));
    if (v.half !== null) parts.push(line(x(100 * (v.mean - v.half)), y, x(100 * (v.mean + v.half)), y, 'bar'));
    const hollow = isDifference && !differ(i, Number(base));
    parts.push(draw('circle', {cx: x(100 * v.mean), cy: y, r: 4.5, class: hollow ? 'bar' : 'dot', fill: hollow ? 'var(--paper)' : ''}));
    parts.push(label(percent(v.mean), width - 4, y + 4, 'end', 'faint'));
  });
  canvas('interval-chart', width, top + rowHeight * order.length + 8, 'Means with their intervals', parts);
};
measures.forEach((name, m) => byId('measure').append(make('option', {value: m}, name)));
byId('baseline').append(make('option', {value: ''}, 'nothing'), ...byMap.map(i => make('option', {value: i}, study.entries[i].name)));
byId('measure').addEventListener('change', showIntervals);
byId('baseline').addEventListener('change', showIntervals);
showIntervals();

// Names at both sides of a scale of mean ranks, and bars over those that the critical difference does not part.
const showRanks = () => {
  const count = study.entries.length, {critical_difference: critical, bars, p} = study.ranks;
  if (count < 2) {
    byId('ranks-note').textContent = 'One alone has no rank.';
    return;
  }
  byId('ranks-note').textContent = `Mean rank by MAP@R over ${study.folds} folds, 1 being best. Friedman’s test: p = ${short(p)}. What a bar joins is nearer than Nemenyi’s critical difference of ${critical.toFixed(1)} (5 %), and may differ by luck; both are corrected for what folds share${study.folds < 8 ? ', and few folds say little about ranks' : ''}.`;
  const order = study.entries.map((_, i) => i).sort((i, j) => study.entries[i].rank - study.entries[j].rank);
  const width = 1000, side = Math.min(nameSpace, 330), x = r => side + 20 + (r - 1) / (count - 1) * (width - 2 * side - 40);
  const top = 66, barTop = top + 14, half = Math.ceil(count / 2), first = barTop + 9 * bars.length + 16, rowHeight = 19;
  const parts = [line(x(1), top, x(count), top, 'ink')];
  for (const t of [...new Set([1, ...ticks(1, count, Math.min(count - 1, 10)).filter(Number.isInteger), count])]) parts.push(line(x(t), top - 5, x(t), top, 'ink'), label(String(t), x(t), top - 9, 'middle', 'faint'));
  const end = Math.min(count, 1 + critical);
  parts.push(line(x(1), 24, x(end), 24, 'ink'), line(x(1), 19, x(1), 29, 'ink'), line(x(end), 19, x(end), 29, 'ink'), label(`critical difference${1 + critical > count ? ', which is beyond the scale' : ''}`, x(1), 13));
  bars.forEach(([a, b], i) => parts.push(line(x(study.entries[order[a]].rank) - 4, barTop + 9 * i, x(study.entries[order[b]].rank) + 4, barTop + 9 * i, 'join')));
  order.forEach((e, place) => {
    const left = place < half, y = first + rowHeight * (left ? place : count - 1 - place), at = x(study.entries[e].rank);
    parts.push(draw('polyline', {points: `${at},${top} ${at},${y} ${left ? side : width - side},${y}`, class: 'axis', fill: 'none'}));
    parts.push(label(study.entries[e].name, left ? side - 6 : width - side + 6, y + 4, left ? 'end' : 'start'));
  });
  canvas('rank-chart', width, first + rowHeight * half + 6, 'Critical-difference diagram of mean ranks', parts);
};
showRanks();
