// SPDX-License-Identifier: MIT
'use strict';

function costTable(data) {
  const rows = data.groups.map((_, group) => group).filter((group) => Object.keys(data.groups[group].cost).length > 0);
  if (rows.length === 0) return null;
  const column = (title, name, format, help) => ({
    title, number: true, help, value: (row) => data.groups[row].cost[name],
    show: (row) => format(data.groups[row].cost[name]),
  });
  const digits = (name) => digitsFor(rows.map((row) => data.groups[row].cost[name]));
  return sortedTable({
    name: 'cost', caption: 'Means over the finished runs of a group',
    columns: [
      {title: 'group', head: true, value: (row) => data.groups[row].label, show: (row) => groupName(data, row)},
      column('images/s', 'images_per_second', (value) => formatNumber(value, digits('images_per_second')), 'while training'),
      column('time', 'seconds', formatSeconds, 'from the first start to the end, pauses included'),
      column('peak memory', 'peak_memory_mib', (value) => isNumber(value) ? `${formatNumber(value, 0)} MiB` : NONE,
             'the most resident memory that the process held'),
    ],
    rows, limit: MAX_ROWS, first: {column: 1, descending: true},
  });
}

// What a run reached against what it took.
function costChart(data) {
  const metric = data.metrics[0];
  if (!metric) return null;
  const points = data.runs.filter((run) => run.status === 'finished' && isNumber(run.seconds) && isNumber(run.metrics[metric.name]))
      .map((run) => ({minutes: run.seconds / 60, value: run.metrics[metric.name], name: run.run,
                      color: colorOf(data, run.group), label: data.groups[run.group].label}));
  if (points.length < 2) return null;
  return chart({
    title: `${metricName(metric.name)} against time`,
    label: `${metricName(metric.name)} against the time of ${plural(points.length, 'finished run')}; the same numbers are in the table of runs.`,
    caption: 'One mark a finished run',
    spec: (width) => plotSpec(width, 230, {
      data: [{name: 'points', values: points.map((point) => ({...point,
        paint: point.color >= 0 ? theme.series(point.color) : theme.color('quiet'),
        shape: SHAPES[Math.max(0, point.color) % SHAPES.length]}))}],
      scales: [
        {name: 'x', type: 'linear', zero: false, domain: domainOf(points.map((point) => point.minutes)), range: 'width'},
        {name: 'y', type: 'linear', zero: false, domain: domainOf(points.map((point) => point.value)), range: 'height'},
      ],
      axes: [
        {orient: 'left', scale: 'y', grid: true, domain: false, ticks: false, tickCount: 5},
        {orient: 'bottom', scale: 'x', ticks: false, tickCount: Math.max(3, width / 90), title: 'minutes'},
      ],
      marks: [{type: 'symbol', from: {data: 'points'}, encode: {update: {
        x: {scale: 'x', field: 'minutes'}, y: {scale: 'y', field: 'value'}, size: {value: 70},
        fill: {field: 'paint'}, shape: {field: 'shape'}, fillOpacity: {value: 0.85}, stroke: {value: theme.color('page')},
        tooltip: {signal: "datum.name + ' (' + datum.label + '): ' + datum.value"}}}}],
    }),
  });
}

function fillCost(data) {
  const table = costTable(data);
  const plot = costChart(data);
  if (!table && !plot) return refill(document.getElementById('cost'));
  refill(document.getElementById('cost'), el('h2', {id: 'cost-title'}, 'Speed and cost'),
         table, plot && el('div', {class: 'charts'}, plot));
}
