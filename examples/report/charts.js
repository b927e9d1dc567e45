// Curves of the training, and of verification and identification.

Chart.defaults.animation = false;
Chart.defaults.maintainAspectRatio = false;
Chart.defaults.font.family = 'system-ui, "DejaVu Sans", sans-serif';
const charts = [];
const colourCharts = () => {
  Chart.defaults.color = style('--ink');
  Chart.defaults.borderColor = style('--line');
};
colourCharts();

// A vertical line at some value of x, drawn over a chart: `options.plugins.mark.at()`.
Chart.register({
  id: 'mark',
  afterDatasetsDraw(chart, _, options) {
    const value = options.at ? options.at() : null;
    if (value === null || value === undefined) return;
    const x = chart.scales.x.getPixelForValue(value), {top, bottom, left, right} = chart.chartArea;
    if (x < left - 1 || x > right + 1) return;
    chart.ctx.save();
    chart.ctx.strokeStyle = style('--ink');
    chart.ctx.setLineDash([5, 4]);
    chart.ctx.lineWidth = 1.5;
    chart.ctx.beginPath();
    chart.ctx.moveTo(x, top);
    chart.ctx.lineTo(x, bottom);
    chart.ctx.stroke();
    chart.ctx.restore();
  },
});

const axis = (title, more = {}) => ({type: 'linear', title: {display: true, text: title}, ...more});
const draw = (id, configuration) => {
  const chart = new Chart(byId(id), configuration);
  charts.push(chart);
  return chart;
};
const line = (label, data, more = {}) => ({label, data, borderWidth: 2, pointRadius: 0, pointHitRadius: 6, ...more});
followers.theme.push(() => {
  colourCharts();
  for (const chart of charts) {
    for (const scale of Object.values(chart.options.scales)) {
      scale.ticks.color = scale.title.color = style('--ink');
      scale.grid.color = style('--line');
    }
    if (chart.options.plugins.legend) chart.options.plugins.legend.labels.color = style('--ink');
    chart.options.plugins.title.color = style('--ink');
    chart.update();
  }
});

// Where the slider of epochs stands: a place in report.snapshots.
let chosenSnapshot = report.snapshots.length - 1;
const epochMark = {at: () => report.snapshots.length ? report.snapshots[chosenSnapshot].epoch : null};
const byEpoch = (id, title, y, lines) => {
  const chart = draw(id, {
    type: 'line',
    data: {datasets: lines},
    options: {
      interaction: {mode: 'nearest', axis: 'x', intersect: false},
      scales: {x: axis('epoch', {min: 0, max: report.epochs.length}), y},
      plugins: {title: {display: true, text: title}, legend: {display: lines.length > 1, labels: {usePointStyle: true, pointStyle: 'line', pointStyleWidth: 30}}, mark: epochMark},
      onClick: event => chooseEpoch(chart.scales.x.getValueForPixel(event.x)),
    },
  });
  followers.epoch.push(() => chart.draw());
};
const overEpochs = value => report.epochs.map(e => ({x: e.epoch, y: value(e)}));
byEpoch('loss-chart', 'Loss', axis('loss', {beginAtZero: true}), [line('loss', overEpochs(e => e.loss), {borderColor: inks[0]})]);
byEpoch('active-chart', 'Active triplets, and accuracy', axis('%', {min: 0, max: 100}), [
  line('active triplets', overEpochs(e => 100 * e.active), {borderColor: inks[0]}),
  line('nearest photo shown is the same person', report.snapshots.map(s => ({x: s.epoch, y: 100 * s.right})), {borderColor: inks[1], borderDash: [6, 3]}),
]);
byEpoch('distance-chart', 'Mean distances in a batch', axis(report.distance_name, {beginAtZero: true}), [
  line('positives', overEpochs(e => e.positive), {borderColor: inks[0]}),
  line('negatives', overEpochs(e => e.negative), {borderColor: inks[1], borderDash: [6, 3]}),
]);

// The threshold that the slider sets.
let limit = report.best_f1.distance;
// The operating point there: the last of the curve's that is not farther.
const pointAt = () => {
  let found = report.roc[0];
  for (const point of report.roc)
    if (point.distance !== null && point.distance <= limit) found = point;
  return found;
};
const least = Math.max(1e-4, Math.min(1e-2, 10 ** Math.floor(Math.log10(1 / Math.max(report.different, 1)))));
const percentTick = value => `${+(100 * value).toPrecision(3)} %`;
const powers = (value, index, ticks) => Math.abs(Math.log10(value) - Math.round(Math.log10(value))) < 1e-9 ? percentTick(value) : '';
const curve = (id, title, x, y, points, place, label) => {
  const dot = () => [place(pointAt())];
  const chart = draw(id, {
    type: 'scatter',
    data: {datasets: [
      line('trained network', points, {borderColor: inks[0], showLine: true}),
      {label: 'threshold', data: dot(), pointRadius: 6, pointStyle: 'rectRot', backgroundColor: inks[1], borderColor: inks[1]},
    ]},
    options: {scales: {x, y}, plugins: {title: {display: true, text: title}, legend: {labels: {usePointStyle: true}}, tooltip: {callbacks: {label: item => label(item.raw)}}}},
  });
  followers.limit.push(() => {
    chart.data.datasets[1].data = dot();
    chart.update();
  });
};
const rocPlace = p => ({x: Math.max(p.false_accept_rate, least), y: p.true_accept_rate, point: p});
const pointText = raw => raw.point
  ? `distance ${raw.point.distance === null ? '∞' : fixed(raw.point.distance)}: accepts ${percentTick(raw.point.true_accept_rate)} of one person, ${percentTick(raw.point.false_accept_rate)} of two`
  : '';
curve('roc-chart', 'ROC', axis('pairs of two people accepted', {type: 'logarithmic', min: least, max: 1, ticks: {callback: powers}}),
  axis('pairs of one person accepted', {min: 0, max: 1, ticks: {callback: percentTick}}), report.roc.map(rocPlace), rocPlace, pointText);

// Over normal deviates, where two normal distributions give a straight line.
const detAxis = title => axis(title, {
  min: report.ticks[0].deviate, max: report.ticks.at(-1).deviate,
  afterBuildTicks: scale => { scale.ticks = report.ticks.map(({share, deviate}) => ({value: deviate, label: percentTick(share)})); },
  ticks: {callback: (_, index) => percentTick(report.ticks[index].share)},
});
const detPlace = p => ({x: p.deviates[0], y: p.deviates[1], point: p});
const [{share: leastShare}, {share: mostShare}] = [report.ticks[0], report.ticks.at(-1)];
const inside = share => share >= leastShare && share <= mostShare;
curve('det-chart', 'Detection-error trade-off', detAxis('pairs of two people accepted'), detAxis('pairs of one person rejected'),
  report.roc.filter(p => inside(p.false_accept_rate) && inside(1 - p.true_accept_rate)).map(detPlace), detPlace, pointText);

draw('cmc-chart', {
  type: 'line',
  data: {datasets: [line('trained network', report.cmc.map((share, i) => ({x: i + 1, y: share})), {borderColor: inks[0], pointRadius: 3})]},
  options: {
    scales: {x: axis('nearest people looked at', {min: 1, max: Math.max(2, report.cmc.length), ticks: {precision: 0}}), y: axis('photos whose person is among them', {min: Math.floor(9.99 * report.cmc[0]) / 10, max: 1, ticks: {callback: percentTick}})},
    plugins: {title: {display: true, text: 'CMC'}, legend: {display: false, labels: {}}},
  },
});
