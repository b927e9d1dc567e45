// Hardest triplets, queries, pictures of the network. Last, so that everything else is there.

const hardest = [];
for (let a = 0; a < count; ++a) {
  let positive = -1, negative = -1;
  for (let i = 0; i < count; ++i) {
    if (i === a) continue;
    if (personOf(i) === personOf(a)) {
      if (positive < 0 || distanceOf(a, i) > distanceOf(a, positive)) positive = i;
    } else if (negative < 0 || distanceOf(a, i) < distanceOf(a, negative)) negative = i;
  }
  if (positive >= 0 && negative >= 0) hardest.push({a, positive, negative, gap: distanceOf(a, positive) - distanceOf(a, negative)});
}
hardest.sort((x, y) => y.gap - x.gap);
const met = new Set(); // one of each person
for (const {a, positive, negative, gap} of hardest) {
  if (met.has(personOf(a)) || met.size === 12) continue;
  met.add(personOf(a));
  const part = (what, i, kind) => make('figure', {}, picture(report.photos, i, kind), make('figcaption', {}, i === a ? what : `${what} ${fixed(distanceOf(a, i))}`));
  byId('hardest').append(make('li', {},
    make('div', {class: 'row'}, part('anchor', a, ''), part('positive', positive, 'right'), part('negative', negative, 'wrong')),
    `${nameOf(a)}; the negative is ${gap > 0 ? 'nearer' : 'farther'} by ${fixed(Math.abs(gap))}`));
}

const showQueries = () => {
  const wrong = byId('which-queries').value === 'wrong', some = [];
  for (let i = 0; i < count && some.length < 24; ++i)
    if (!wrong || report.named[i] !== personOf(i)) some.push(i);
  byId('nearest').replaceChildren(...(some.length ? some.map(queryStrip) : [make('li', {class: 'note'}, 'No photo shown here is named wrongly.')]));
};
byId('which-queries').addEventListener('change', showQueries);
showQueries();

for (const {title, png} of report.pictures)
  byId('pictures').append(make('img', {alt: title, src: `data:image/png;base64,${png}`}));

setLimit(report.best_f1.distance);
setTheme(matchMedia('(prefers-color-scheme: dark)').matches);
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', event => setTheme(event.matches));
document.documentElement.dataset.ready = 'yes';
