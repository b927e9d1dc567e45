// What the report holds, and what its parts share: photos, distances, names.

const report = JSON.parse(document.getElementById('data').textContent);
const byId = id => document.getElementById(id);

const floats = text => {
  const bytes = Uint8Array.from(atob(text), c => c.charCodeAt(0));
  return new Float32Array(bytes.buffer);
};
const distances = floats(report.distances); // of photos i < j, row by row
const count = report.photos.person.length;
const distanceOf = (i, j) => {
  if (i > j) [i, j] = [j, i];
  return distances[i * count - i * (i + 1) / 2 + j - i - 1];
};
const personOf = i => report.photos.person[i];
const nameOf = i => report.people[personOf(i)];

// An element with attributes and children; texts stay texts, whatever people are called.
const make = (tag, attributes = {}, ...children) => {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
};
const picture = (photos, i, kind = '') => make('img', {
  class: `photo ${kind}`, alt: report.people[photos.person[i]], title: photos.source[i], src: `data:image/jpeg;base64,${photos.thumbs[i]}`, loading: 'lazy',
});
const fixed = (value, digits = 3) => value.toFixed(digits);
const percent = (part, whole) => whole > 0 ? `${(100 * part / whole).toFixed(1)} %` : '–';

// Colours of Okabe and Ito, which colour-blind people can tell apart, and shapes: a person has one of each.
const inks = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9', '#8c6bb1', '#7a7a7a'];
const shapes = ['circle', 'triangle', 'rect', 'rectRot', 'star', 'crossRot'];
const inkOf = person => inks[person % inks.length];
const shapeOf = person => shapes[Math.floor(person / inks.length) % shapes.length];

// Parts that follow the chosen epoch, threshold or theme register here.
const followers = {epoch: [], limit: [], theme: []};
const tell = what => followers[what].forEach(follow => follow());
const style = name => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

const setTheme = dark => {
  document.documentElement.dataset.theme = dark ? 'dark' : 'light';
  tell('theme');
};
byId('theme').addEventListener('click', () => setTheme(document.documentElement.dataset.theme !== 'dark'));

byId('title').textContent = report.title;
document.title = report.title;
for (const [name, value, note] of report.figures)
  byId('figures').append(make('div', {}, make('dt', {}, name), make('dd', {}, value, make('small', {}, note))));
for (const [name, value] of report.options)
  byId('options').tBodies[0].append(make('tr', {}, make('th', {scope: 'row'}, name), make('td', {}, value)));
