// The map: photos by where the network puts them, now or at some epoch.

const places = {tsne: floats(report.tsne), epochs: report.snapshots.map(s => floats(s.places))};
let placedBy = 'tsne', chosenPhoto = null, chosenPerson = null;
const placesNow = () => placedBy === 'tsne' ? places.tsne : places.epochs[chosenSnapshot];

// Little pictures for the map, made when they are asked for.
const tiles = [];
const makeTiles = () => {
  for (let i = tiles.length; i < count; ++i) {
    const image = new Image(26, 30);
    image.src = `data:image/jpeg;base64,${report.photos.thumbs[i]}`;
    image.onload = () => redraw();
    tiles.push(image);
  }
};
// Not Chart.js's onHover, which comes again with every update and would take the keyboard's choice back.
byId('map-chart').addEventListener('pointermove', event => {
  const [nearest] = mapChart.getElementsAtEventForMode(event, 'nearest', {intersect: true}, false);
  if (nearest) choosePhoto(nearest.index);
});
let redrawing = false;
const redraw = () => {
  if (redrawing) return;
  redrawing = true;
  requestAnimationFrame(() => { redrawing = false; mapChart.update(); });
};

const faded = i => chosenPerson !== null && personOf(i) !== chosenPerson;
const mapChart = draw('map-chart', {
  type: 'scatter',
  data: {datasets: [{
    label: 'photos', data: [],
    pointBackgroundColor: c => faded(c.dataIndex) ? 'transparent' : inkOf(personOf(c.dataIndex)),
    pointBorderColor: c => faded(c.dataIndex) ? style('--line') : c.dataIndex === chosenPhoto ? style('--ink') : inkOf(personOf(c.dataIndex)),
    pointBorderWidth: c => c.dataIndex === chosenPhoto ? 3 : 1.5,
    pointStyle: c => byId('show-photos').checked && tiles[c.dataIndex]?.complete ? tiles[c.dataIndex] : shapeOf(personOf(c.dataIndex)),
    pointRadius: c => c.dataIndex === chosenPhoto ? 10 : 5,
    pointHoverRadius: 9,
  }]},
  options: {
    scales: {x: axis('', {ticks: {display: false}}), y: axis('', {ticks: {display: false}})},
    plugins: {title: {display: false}, legend: {display: false, labels: {}}, tooltip: {displayColors: false, callbacks: {label: item => `${nameOf(item.dataIndex)}: ${report.photos.source[item.dataIndex]}`}}},
  },
});

const place = () => {
  const now = placesNow(), data = [];
  for (let i = 0; i < count; ++i) data.push({x: now[2 * i], y: now[2 * i + 1]});
  mapChart.data.datasets[0].data = data;
  // One frame for all epochs, so that points move and the axes do not.
  const all = placedBy === 'tsne' ? [places.tsne] : places.epochs;
  for (const [name, offset] of [['x', 0], ['y', 1]]) {
    let low = Infinity, high = -Infinity;
    for (const map of all)
      for (let i = offset; i < map.length; i += 2) low = Math.min(low, map[i]), high = Math.max(high, map[i]);
    const rim = (high - low || 1) * 0.04;
    Object.assign(mapChart.options.scales[name], {min: low - rim, max: high + rim});
  }
  mapChart.update();
  const snapshot = report.snapshots[chosenSnapshot];
  byId('map-note').textContent = placedBy === 'tsne'
    ? 't-SNE: near points are near in the embedding; how far apart groups lie, and how large they are, means nothing.'
    : `The plane in which the trained network's points spread most (${percent(report.plane_share, 1)} of their variance), the same for every epoch. After ${snapshot.epoch === 0 ? 'no epoch' : `epoch ${snapshot.epoch}`}, ${percent(snapshot.right, 1)} of the photos have one of their own person nearest.`;
};

const choosePhoto = i => {
  if (i === chosenPhoto) return;
  chosenPhoto = i;
  const verdict = report.named[i] === personOf(i) ? 'rightly' : 'wrongly';
  byId('photo').replaceChildren(
    picture(report.photos, i, 'large'),
    make('h3', {}, nameOf(i)),
    make('p', {class: 'note'}, report.photos.source[i]),
    make('p', {}, `Named ${verdict}: ${report.people[report.named[i]]}, at ${report.distance_name} ${fixed(report.named_distance[i])}${report.named_distance[i] > limit ? ', unknown at the threshold set below' : ''}.`),
    make('p', {}, 'Nearest known photos:'),
    make('ul', {class: 'strips'}, ...report.nearest[i].map(([known, distance]) => make('li', {},
      picture(report.known, known, report.known.person[known] === personOf(i) ? 'right' : 'wrong'), fixed(distance)))));
  redraw();
};

// To the nearest photo within 45° of a direction.
const step = (dx, dy) => {
  if (chosenPhoto === null) return choosePhoto(0);
  const meta = mapChart.getDatasetMeta(0).data, from = meta[chosenPhoto];
  let best = null, least = Infinity;
  meta.forEach((to, i) => {
    const x = to.x - from.x, y = to.y - from.y, along = x * dx + y * dy, across = Math.abs(x * dy - y * dx);
    if (i !== chosenPhoto && along > 0 && across <= along && along + 2 * across < least) best = i, least = along + 2 * across;
  });
  if (best !== null) choosePhoto(best);
};
const keys = {
  ArrowLeft: () => step(-1, 0), ArrowRight: () => step(1, 0), ArrowUp: () => step(0, -1), ArrowDown: () => step(0, 1),
  PageDown: () => choosePhoto(chosenPhoto === null ? 0 : (chosenPhoto + 1) % count), PageUp: () => choosePhoto(chosenPhoto === null ? 0 : (chosenPhoto + count - 1) % count),
  Home: () => choosePhoto(0), End: () => choosePhoto(count - 1),
};
byId('map-frame').addEventListener('keydown', event => {
  if (!keys[event.key]) return;
  keys[event.key]();
  event.preventDefault();
});

const epochSlider = byId('epoch');
const nameEpoch = () => {
  const snapshot = report.snapshots[chosenSnapshot];
  byId('epoch-name').textContent = snapshot.epoch === 0 ? 'untrained' : `${snapshot.epoch} of ${report.epochs.length}`;
  epochSlider.setAttribute('aria-valuetext', byId('epoch-name').textContent);
};
const showEpoch = snapshot => {
  chosenSnapshot = snapshot;
  epochSlider.value = snapshot;
  placedBy = 'epochs';
  document.querySelector('input[name="places"][value="epochs"]').checked = true;
  nameEpoch();
  place();
  tell('epoch');
};
const chooseEpoch = epoch => {
  let best = 0;
  report.snapshots.forEach((s, i) => { if (Math.abs(s.epoch - epoch) < Math.abs(report.snapshots[best].epoch - epoch)) best = i; });
  showEpoch(best);
};
epochSlider.max = report.snapshots.length - 1;
epochSlider.value = chosenSnapshot;
epochSlider.addEventListener('input', () => showEpoch(+epochSlider.value));
for (const choice of document.querySelectorAll('input[name="places"]'))
  choice.addEventListener('change', () => { placedBy = choice.value; place(); });

let playing = null;
const stopPlaying = () => {
  clearInterval(playing);
  playing = null;
  byId('play').textContent = 'Play';
  byId('play').setAttribute('aria-pressed', 'false');
};
byId('play').addEventListener('click', () => {
  if (playing) return stopPlaying();
  showEpoch(chosenSnapshot === report.snapshots.length - 1 ? 0 : chosenSnapshot);
  byId('play').textContent = 'Stop';
  byId('play').setAttribute('aria-pressed', 'true');
  playing = setInterval(() => {
    if (chosenSnapshot === report.snapshots.length - 1) return stopPlaying();
    showEpoch(chosenSnapshot + 1);
  }, 150);
});
byId('show-photos').addEventListener('change', () => { makeTiles(); redraw(); });

const shownPeople = [...new Set(report.photos.person)];
byId('person').append(make('option', {value: ''}, 'everybody'), ...shownPeople.map(p => make('option', {value: p}, report.people[p])));
byId('person').addEventListener('change', () => {
  chosenPerson = byId('person').value === '' ? null : +byId('person').value;
  redraw();
});
nameEpoch();
place();
