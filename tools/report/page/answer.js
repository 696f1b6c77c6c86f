// SPDX-License-Identifier: MIT
'use strict';

// Which colour a group has: its place among the drawn ones; none: -1.
const colorOf = (data, group) => data.drawn.indexOf(group);

function groupName(data, group) {
  const color = colorOf(data, group);
  return el('span', {class: 'group-name'}, color >= 0 && swatch(color), data.groups[group].label);
}

const MAX_ROWS = 20;

function cautionBox(data) {
  const lines = [...data.cautions, ...data.warnings];
  if (lines.length === 0) return null;
  return el('div', {class: 'cautions', role: 'note'}, el('h3', {}, 'Before you believe it'),
            el('ul', {}, lines.map((line) => el('li', {}, line))));
}

// What the encoders of a group's runs had before training.
function untrainedOf(data, group, metric) {
  const values = data.groups[group].runs.map((run) => data.runs[run].metrics[`${metric}_untrained`]).filter(isNumber);
  return values.length ? values.reduce((a, b) => a + b, 0) / values.length : null;
}

// The table's columns for one metric: mean, deviation, interval, and difference
// where there is a baseline.
function metricColumns(data, index) {
  const name = metricName(data.metrics[index].name);
  const all = data.groups.map((group) => group.metrics[index]);
  const digits = digitsFor(all.map((metric) => metric.mean));
  const of = (row) => data.groups[row].metrics[index];
  const columns = [
    {title: name, number: true, className: 'mean', value: (row) => of(row).mean,
     help: 'mean over the runs', show: (row) => formatNumber(of(row).mean, digits)},
    {title: 'sd', number: true, value: (row) => of(row).deviation,
     help: 'sample standard deviation over the runs',
     show: (row) => formatNumber(of(row).deviation, digits)},
    {title: '95 % interval', className: 'interval', value: (row) => of(row).low,
     help: 'of the mean, by Student\u2019s t',
     show: (row) => isNumber(of(row).low) ?
         `${formatNumber(of(row).low, digits)} to ${formatNumber(of(row).high, digits)}` : NONE},
  ];
  const untrained = (row) => untrainedOf(data, row, data.metrics[index].name);
  if (data.groups.some((_, row) => isNumber(untrained(row)))) {
    columns.push({title: 'untrained', number: true, className: 'interval', value: untrained,
                  help: 'the same encoder before training, mean over the runs',
                  show: (row) => formatNumber(untrained(row), digits)});
  }
  if (data.baseline === null || data.groups.length < 2) return columns;
  const difference = (row) => of(row).difference;
  return [...columns,
    {title: 'difference', number: true, help: 'to the baseline, with its 95 % interval',
     value: (row) => difference(row) && difference(row).mean,
     show: (row) => row === data.baseline ? 'baseline' : difference(row) ?
         formatSigned(difference(row).mean, digits) : NONE},
    {title: '95 % interval', className: 'interval', value: (row) => difference(row) && difference(row).low,
     show: (row) => difference(row) && isNumber(difference(row).low) ?
         `${formatSigned(difference(row).low, digits)} to ${formatSigned(difference(row).high, digits)}` : NONE},
    {title: 'p', number: true, help: 'two-sided, of \u201cno difference\u201d, by Holm\u2019s correction over the groups',
     value: (row) => difference(row) && difference(row).p,
     show: (row) => difference(row) ? formatP(difference(row).p) : NONE},
  ];
}

function groupsTable(data, index) {
  const order = data.groups.map((_, group) => group);
  const lower = data.metrics[index].lower_is_better;
  const means = order.map((group) => data.groups[group].metrics[index].mean).filter(isNumber);
  const best = lower ? Math.min(...means) : Math.max(...means);
  return sortedTable({
    name: `groups-${data.metrics[index].name}`,
    caption: `${metricName(data.metrics[index].name)}: ${valueWords(data.value)} of each run; ` +
        `${lower ? 'lower' : 'higher'} is better`,
    columns: [
      {title: 'group', head: true, value: (row) => data.groups[row].label, show: (row) => groupName(data, row)},
      {title: 'n', number: true, value: (row) => data.groups[row].metrics[index].n, help: 'finished runs that have it',
       show: (row) => {
         const out = data.groups[row].left_out.length;
         return `${data.groups[row].metrics[index].n}${out ? ` (+${out})` : ''}`;
       }},
      ...metricColumns(data, index),
    ],
    rows: order,
    first: {column: 2, descending: !lower},
    rowClass: (row) => data.groups[row].metrics[index].mean === best && means.length > 1 ? 'best' : null,
    limit: MAX_ROWS,
  });
}

const valueWords = (value) => value === 'last' ? 'the last value' : value === 'best' ? 'the best value' :
    `the mean of the last ${value.slice(5)} values`;

// Every run as a dot, the mean and its interval as a bar: one line a group.
function dotChart(data, index) {
  const metric = data.metrics[index];
  const sign = metric.lower_is_better ? 1 : -1;
  const groups = data.groups.map((_, group) => group)
      .filter((group) => isNumber(data.groups[group].metrics[index].mean))
      .sort((a, b) => sign * (data.groups[a].metrics[index].mean - data.groups[b].metrics[index].mean))
      .slice(0, 16);
  if (groups.length === 0) return null;
  const rows = groups.map((group) => ({
    group, label: data.groups[group].label, color: Math.max(0, colorOf(data, group)),
    known: colorOf(data, group) >= 0, ...data.groups[group].metrics[index],
  }));
  const dots = groups.flatMap((group) => data.groups[group].runs
      .map((run) => ({label: data.groups[group].label, run: data.runs[run].run,
                      value: data.runs[run].metrics[metric.name]}))
      .filter((dot) => isNumber(dot.value)));
  const paint = (row) => row.known ? theme.series(row.color) : theme.color('quiet');
  const domain = domainOf([...rows.flatMap((row) => [row.low, row.high, row.mean]),
                           ...dots.map((dot) => dot.value)]);
  return chart({
    title: metricName(metric.name),
    label: `${metricName(metric.name)}: ` + rows.map((row) =>
        `${row.label} ${formatNumber(row.mean, digitsFor([row.mean]))}`).join('; '),
    caption: 'Dots are runs; the bar is the mean with its 95 % interval' +
        (groups.length < data.groups.length ? `; ${groups.length} of ${data.groups.length} groups` : '') +
        (/loss/.test(metric.name) && groups.length > 1 ?
            '. Losses of different methods and settings have different formulas: a lower one need not be better' : ''),
    spec: (width) => plotSpec(width, 34 + 26 * rows.length, {
      data: [{name: 'rows', values: rows.map((row) => ({...row, paint: paint(row)}))}, {name: 'dots', values: dots},
             {name: 'bars', source: 'rows', transform: [{type: 'filter', expr: 'isValid(datum.low)'}]}],
      scales: [
        {name: 'x', type: 'linear', zero: false, domain, range: 'width'},
        {name: 'y', type: 'band', domain: rows.map((row) => row.label), range: 'height'},
      ],
      axes: [
        {orient: 'bottom', scale: 'x', grid: true, domain: false, ticks: false, tickCount: Math.max(3, width / 90)},
        {orient: 'left', scale: 'y', domain: false, ticks: false, labelLimit: Math.min(260, width * 0.42),
         encode: {labels: {update: {fill: {value: theme.color('text')}}}}},
      ],
      marks: [
        {type: 'rule', from: {data: 'bars'}, encode: {update: {
          y: {scale: 'y', field: 'label', band: 0.5}, x: {scale: 'x', field: 'low'}, x2: {scale: 'x', field: 'high'},
          stroke: {field: 'paint'}, strokeWidth: {value: 2.5}}}},
        {type: 'symbol', from: {data: 'dots'}, encode: {update: {
          y: {scale: 'y', field: 'label', band: 0.5}, x: {scale: 'x', field: 'value'},
          fill: {value: 'transparent'}, stroke: {value: theme.color('quiet')}, size: {value: 34},
          tooltip: {signal: "datum.run + ': ' + datum.value"}}}},
        {type: 'symbol', from: {data: 'rows'}, encode: {update: {
          y: {scale: 'y', field: 'label', band: 0.5}, x: {scale: 'x', field: 'mean'}, shape: {value: 'diamond'},
          fill: {field: 'paint'}, stroke: {value: theme.color('page')}, size: {value: 130},
          tooltip: {signal: "datum.label + ': mean ' + datum.mean"}}}},
      ],
    }),
  });
}

function fillAnswer(data) {
  const left = data.groups.reduce((count, group) => count + group.left_out.length, 0);
  const marked = data.groups.filter((group) => group.metrics.some((metric) => metric.n > 0)).length > 0;
  refill(document.getElementById('answer'),
         el('h2', {id: 'answer-title'}, 'Answer'),
         el('p', {class: 'lead'}, data.answer.replace(/(^|[\s(])-(?=\d)/g, `$1${MINUS}`)),
         data.groups.length > 0 && data.metrics.length > 0 && [
           groupsTable(data, 0),
           el('p', {class: 'note'},
              `Only finished runs count${left ? `; ${plural(left, 'run')} that did not finish ` +
              `${left === 1 ? 'is' : 'are'} shown as (+1) and listed under Runs` : ''}. ` +
              'n = 1 has no deviation, no interval and no p. Differences are paired by seed where both ' +
              'groups have the same seeds, else Welch\u2019s; p-values are Holm\u2019s over the groups.'),
         ],
         cautionBox(data),
         marked && el('div', {class: 'charts'}, data.metrics.map((_, index) => dotChart(data, index))),
         data.metrics.length > 1 && el('details', {}, el('summary', {'data-key': 'more-metrics'}, 'The other metrics as tables'),
           data.metrics.slice(1).map((_, index) => groupsTable(data, index + 1))));
}
