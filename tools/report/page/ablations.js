// SPDX-License-Identifier: MIT
'use strict';

const MAX_SERIES = 8;

// A metric against one field, a line for each setting of the others.
function ablationChart(data, ablation, index) {
  const metric = data.metrics[index];
  const series = ablation.series.slice(0, MAX_SERIES);
  const points = series.flatMap((one, line) => one.points.map(({value, group}) => ({
    line, label: one.label, value, ...data.groups[group].metrics[index],
  }))).filter((point) => isNumber(point.mean));
  if (points.length < 2) return null;
  const digits = digitsFor(points.map((point) => point.mean));
  const place = new Map(ablation.values.map((value, i) => [value, i]));
  points.sort((a, b) => a.line - b.line || place.get(a.value) - place.get(b.value));
  const left = ablation.series.length - series.length;
  const single = series.length === 1;
  return chart({
    title: `${metricName(metric.name)} against ${ablation.field}`,
    label: `${metricName(metric.name)} against ${ablation.field}: ` + points.map((point) =>
        `${single ? '' : point.label + ', '}${point.value}: ${formatNumber(point.mean, digits)}`).join('; '),
    caption: 'Means with 95 % intervals; everything else equal along a line' +
        (points.some((point) => point.n === 1) ? '. A point without a bar is a single run' : '') +
        (left > 0 ? `. ${left} more lines are not drawn` : ''),
    table: () => plainTable([ablation.field, ...(single ? [] : ['line']), 'n', 'mean', 'sd', '95 % interval'],
      points.map((point) => [point.value, ...(single ? [] : [point.label]), String(point.n),
        formatNumber(point.mean, digits), formatNumber(point.deviation, digits),
        isNumber(point.low) ? `${formatNumber(point.low, digits)} to ${formatNumber(point.high, digits)}` : NONE])),
    spec: (width) => plotSpec(width, 230, {
      data: [{name: 'points', values: points},
             {name: 'bars', source: 'points', transform: [{type: 'filter', expr: 'isValid(datum.low)'}]}],
      scales: [
        {name: 'x', type: 'point', domain: ablation.values, range: 'width', padding: 0.4},
        {name: 'y', type: 'linear', zero: false, domain: domainOf(points.flatMap((point) => [point.mean, point.low, point.high])), range: 'height'},
        {name: 'paint', type: 'ordinal', domain: DASHES.map((_, i) => i), range: DASHES.map((_, i) => theme.series(i))},
        {name: 'dash', type: 'ordinal', domain: DASHES.map((_, i) => i), range: DASHES},
        {name: 'label', type: 'ordinal', domain: series.map((_, i) => i), range: series.map((one) => one.label)},
      ],
      legends: single ? [] : [{stroke: 'paint', strokeDash: 'dash', symbolType: 'stroke', orient: 'bottom', columns: width > 420 ? 2 : 1,
        values: series.map((_, i) => i), labelLimit: Math.min(300, width - 40), labelColor: theme.color('text'),
        labelFont: getComputedStyle(document.body).fontFamily, symbolStrokeWidth: 2.2,
        encode: {labels: {update: {text: {signal: "scale('label', datum.value)"}}}}}],
      axes: [
        {orient: 'left', scale: 'y', grid: true, domain: false, ticks: false, tickCount: 5},
        {orient: 'bottom', scale: 'x', ticks: false, title: ablation.field, labelLimit: 120},
      ],
      marks: [
        {type: 'rule', from: {data: 'bars'}, encode: {update: {
          x: {scale: 'x', field: 'value'}, y: {scale: 'y', field: 'low'}, y2: {scale: 'y', field: 'high'},
          stroke: {scale: 'paint', field: 'line'}, strokeWidth: {value: 2.2}}}},
        {type: 'group', from: {facet: {name: 'line', data: 'points', groupby: 'line'}}, marks: [
          {type: 'line', from: {data: 'line'}, encode: {update: {
            x: {scale: 'x', field: 'value'}, y: {scale: 'y', field: 'mean'}, strokeWidth: {value: 1.8},
            stroke: {scale: 'paint', field: 'line'}, strokeDash: {scale: 'dash', field: 'line'}}}},
          {type: 'symbol', from: {data: 'line'}, encode: {update: {
            x: {scale: 'x', field: 'value'}, y: {scale: 'y', field: 'mean'}, size: {value: 70},
            fill: {scale: 'paint', field: 'line'}, stroke: {value: theme.color('page')},
            tooltip: {signal: "datum.value + ': ' + datum.mean + ' (n = ' + datum.n + ')'"}}}},
        ]},
      ],
    }),
  });
}

// Every finished run as a line through its fields to its result.
function parallelChart(data) {
  const metric = data.metrics[0];
  const runs = data.runs.filter((run) => run.status === 'finished' && isNumber(run.metrics[metric.name]));
  const fields = data.group_by.filter((field) => new Set(runs.map((run) => run.fields[field])).size > 1).slice(0, 8);
  if (fields.length < 2 || runs.length < 3) return null;
  const axes = [...fields.map((field) => {
    const values = [...new Set(runs.map((run) => run.fields[field]))]
        .sort((a, b) => (a === '') - (b === '') || a.localeCompare(b, 'en', {numeric: true}));
    return {name: field.slice(field.lastIndexOf('.') + 1),
            at: (run) => values.length === 1 ? 0.5 : values.indexOf(run.fields[field]) / (values.length - 1),
            ticks: values.length > 12 ? [] : values.map((value, i) => [i / (values.length - 1), value || NONE])};
  }), (() => {
    const [low, high] = extent(runs.map((run) => run.metrics[metric.name]));
    const digits = digitsFor([low, high]);
    return {name: metricName(metric.name), at: (run) => high > low ? (run.metrics[metric.name] - low) / (high - low) : 0.5,
            ticks: [[0, formatNumber(low, digits)], [1, formatNumber(high, digits)]]};
  })()];
  const last = axes[axes.length - 1];
  const points = runs.flatMap((run, line) => axes.map((axis, i) =>
      ({line, x: i, y: axis.at(run), result: last.at(run), name: run.run, value: run.metrics[metric.name]})));
  const ticks = axes.flatMap((axis, x) => axis.ticks.map(([y, text]) => ({x, y, text})));
  const ramp = theme.dark ? ['#3d4a6b', '#4f9db0', '#f0e24a'] : ['#c9cfe6', '#3f8fa8', '#2b1152'];
  return chart({
    title: 'Settings and results, one line a run',
    label: `Parallel coordinates of ${plural(runs.length, 'finished run')}: ` +
        `${axes.map((axis) => axis.name).join(', ')}. The same numbers are in the table of runs.`,
    caption: `Darker lines end higher in ${metricName(metric.name)}`.replace('Darker', theme.dark ? 'Brighter' : 'Darker'),
    spec: (width) => ({
      ...plotSpec(width, 300, {}),
      padding: {left: 4, right: 4, top: 6, bottom: 4},
      data: [{name: 'points', values: points}, {name: 'ticks', values: ticks},
             {name: 'axes', values: axes.map((axis, x) => ({x, name: axis.name}))}],
      scales: [
        {name: 'x', type: 'point', domain: axes.map((_, i) => i), range: [Math.min(40, width / 12), width - Math.min(60, width / 8)]},
        {name: 'y', type: 'linear', zero: false, domain: [0, 1], range: [262, 14]},
        {name: 'paint', type: 'linear', domain: [0, 0.5, 1], range: ramp},
      ],
      marks: [
        {type: 'rule', from: {data: 'axes'}, encode: {update: {
          x: {scale: 'x', field: 'x'}, y: {scale: 'y', value: 0}, y2: {scale: 'y', value: 1},
          stroke: {value: theme.color('line')}}}},
        {type: 'group', from: {facet: {name: 'line', data: 'points', groupby: 'line'}}, marks: [
          {type: 'line', from: {data: 'line'}, encode: {update: {
            x: {scale: 'x', field: 'x'}, y: {scale: 'y', field: 'y'}, interpolate: {value: 'monotone'},
            stroke: {scale: 'paint', field: 'result'}, strokeWidth: {value: runs.length > 200 ? 1 : 1.8},
            strokeOpacity: {value: runs.length > 200 ? 0.35 : 0.8},
            tooltip: {signal: "datum.name + ': ' + datum.value"}}}}]},
        {type: 'text', from: {data: 'ticks'}, encode: {update: {
          x: {scale: 'x', field: 'x', offset: 5}, y: {scale: 'y', field: 'y'}, text: {field: 'text'},
          baseline: {value: 'middle'}, fontSize: {value: 11}, limit: {value: Math.max(40, width / axes.length - 12)},
          stroke: {value: theme.color('page')}, strokeWidth: {value: 3}}}},
        {type: 'text', from: {data: 'ticks'}, encode: {update: {
          x: {scale: 'x', field: 'x', offset: 5}, y: {scale: 'y', field: 'y'}, text: {field: 'text'},
          baseline: {value: 'middle'}, fontSize: {value: 11}, limit: {value: Math.max(40, width / axes.length - 12)},
          fill: {value: theme.color('text')}}}},
        {type: 'text', from: {data: 'axes'}, encode: {update: {
          x: {scale: 'x', field: 'x'}, y: {value: 288}, text: {field: 'name'}, fill: {value: theme.color('quiet')},
          align: {signal: `datum.x === 0 ? 'left' : datum.x === ${axes.length - 1} ? 'right' : 'center'`},
          dx: {signal: `datum.x === ${axes.length - 1} ? ${Math.min(60, width / 8)} : datum.x === 0 ? -${Math.min(40, width / 12)} : 0`},
          limit: {value: Math.max(50, width / axes.length - 6)}}}},
      ],
    }),
  });
}

function fillAblations(data) {
  const section = document.getElementById('ablations');
  if (data.metrics.length === 0) return refill(section);
  const main = data.ablations.map((ablation) => ablationChart(data, ablation, 0)).filter(Boolean);
  const others = data.metrics.slice(1).flatMap((_, index) =>
      data.ablations.map((ablation) => ablationChart(data, ablation, index + 1))).filter(Boolean);
  const parallel = parallelChart(data);
  if (main.length + others.length === 0 && !parallel) return refill(section);
  refill(section, el('h2', {id: 'ablations-title'}, 'What a setting does'),
         el('div', {class: 'charts'}, main, parallel),
         others.length > 0 && el('details', {}, el('summary', {'data-key': 'more-ablations'}, 'Against the other metrics'),
           el('div', {class: 'charts'}, others)));
}
