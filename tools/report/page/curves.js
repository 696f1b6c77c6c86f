// SPDX-License-Identifier: MIT
'use strict';

function legend(data, groups) {
  return el('ul', {class: 'legend', 'aria-label': 'Groups'},
            groups.map((group) => el('li', {}, groupName(data, group))));
}

// One metric over training: each run thin, each group's mean over its seeds with
// a band of one standard deviation.
function curveChart(data, curve) {
  const lines = curve.lines.flatMap((line) => {
    const alone = line.counted && !curve.groups.some((group) => group.group === line.group);
    return line.x.map((x, i) => ({
      x, y: line.y[i], run: line.run, name: data.runs[line.run].run, counted: line.counted, alone,
      color: colorOf(data, line.group),
    }));
  });
  const means = curve.groups.flatMap((group) => group.x.map((x, i) => ({
    x, y: group.mean[i], low: group.mean[i] - group.deviation[i], high: group.mean[i] + group.deviation[i],
    group: group.group, label: data.groups[group.group].label, color: colorOf(data, group.group),
  })));
  const yDomain = domainOf([...lines.map((point) => point.y), ...means.flatMap((point) => [point.low, point.high])]);
  const last = (list) => list.length ? list[list.length - 1] : null;
  const ends = curve.groups.map((group) =>
      `${data.groups[group.group].label} ends at ${formatNumber(last(group.mean), digitsFor([last(group.mean)]))}`);
  const thinned = curve.shown < curve.recorded ?
      `${formatCount(curve.shown)} of ${formatCount(curve.recorded)} points, lows and highs kept` : null;
  const left = curve.lines_left_out > 0 ? `${plural(curve.lines_left_out, 'single run')} not drawn` : null;
  // Curves of a few points show where they were measured.
  const isSparse = lines.length <= 40 * curve.lines.length;
  const paint = (name) => ({signal: `scale('paint', datum.${name})`});
  return chart({
    title: metricName(curve.metric),
    label: `${metricName(curve.metric)} over ${curve.x}s: ${plural(curve.lines.length, 'run')}` +
        (ends.length ? `; ${ends.join('; ')}` : ''),
    caption: [thinned, left].filter(Boolean).join('; ') || null,
    table: () => plainTable(['run', 'first', 'lowest', 'highest', 'last'], curve.lines.map((line) => {
      const numbers = line.y.filter(isNumber), digits = digitsFor(numbers);
      const format = (value) => formatNumber(value, digits);
      return [data.runs[line.run].run, format(numbers[0]),
              format(numbers.length ? numbers.reduce((a, b) => Math.min(a, b)) : null),
              format(numbers.length ? numbers.reduce((a, b) => Math.max(a, b)) : null), format(last(numbers))];
    })),
    spec: (width) => plotSpec(width, Math.round(Math.min(260, 120 + width * 0.25)), {
      data: [{name: 'lines', values: lines}, {name: 'means', values: means},
             {name: 'known', source: 'lines', transform: [{type: 'filter', expr: 'isValid(datum.y)'}]}],
      scales: [
        {name: 'x', type: 'linear', zero: false, domain: extent([...lines, ...means].map((point) => point.x)), range: 'width'},
        {name: 'y', type: 'linear', zero: false, domain: yDomain, range: 'height'},
        {name: 'paint', type: 'ordinal', domain: DASHES.map((_, i) => i), range: DASHES.map((_, i) => theme.series(i))},
        {name: 'dash', type: 'ordinal', domain: DASHES.map((_, i) => i), range: DASHES},
      ],
      axes: [
        {orient: 'left', scale: 'y', grid: true, domain: false, ticks: false, tickCount: 5},
        {orient: 'bottom', scale: 'x', ticks: false, tickCount: Math.max(3, width / 90), title: `${curve.x}s`},
      ],
      marks: [
        {type: 'group', clip: true, from: {facet: {name: 'band', data: 'means', groupby: 'group'}},
         encode: {update: {width: {signal: 'width'}, height: {signal: 'height'}}},
         marks: [{type: 'area', from: {data: 'band'}, encode: {update: {
           x: {scale: 'x', field: 'x'}, y: {scale: 'y', field: 'low'}, y2: {scale: 'y', field: 'high'},
           fill: paint('color'), fillOpacity: {value: theme.dark ? 0.22 : 0.15}}}}]},
        {type: 'group', clip: true, from: {facet: {name: 'line', data: 'lines', groupby: 'run'}},
         encode: {update: {width: {signal: 'width'}, height: {signal: 'height'}}},
         marks: [{type: 'line', from: {data: 'line'}, encode: {update: {
           x: {scale: 'x', field: 'x'}, y: {scale: 'y', field: 'y'}, defined: {signal: 'isValid(datum.y)'},
           stroke: paint('color'), strokeWidth: {signal: 'datum.alone ? 2 : 1'},
           strokeDash: {signal: "datum.counted ? (datum.alone ? scale('dash', datum.color) : []) : [1, 3]"},
           strokeOpacity: {signal: 'datum.alone ? 1 : datum.counted ? 0.4 : 0.9'},
           tooltip: {field: 'name'}}}}]},
        {type: 'group', clip: true, from: {facet: {name: 'mean', data: 'means', groupby: 'group'}},
         encode: {update: {width: {signal: 'width'}, height: {signal: 'height'}}},
         marks: [{type: 'line', from: {data: 'mean'}, encode: {update: {
           x: {scale: 'x', field: 'x'}, y: {scale: 'y', field: 'y'}, stroke: paint('color'), strokeWidth: {value: 2.2},
           strokeDash: {signal: "scale('dash', datum.color)"}, tooltip: {field: 'label'}}}}]},
        ...(isSparse ? [{type: 'symbol', from: {data: 'known'}, encode: {update: {
          x: {scale: 'x', field: 'x'}, y: {scale: 'y', field: 'y'}, size: {value: 14}, fill: paint('color'),
          opacity: {value: 0.75}, tooltip: {signal: "datum.name + ': ' + datum.y"}}}}] : []),
      ],
    }),
  });
}

function extent(values) {
  const numbers = values.filter(isNumber);
  return [numbers.reduce((a, b) => Math.min(a, b), Infinity), numbers.reduce((a, b) => Math.max(a, b), -Infinity)];
}

function fillCurves(data) {
  const section = document.getElementById('curves');
  if (data.curves.length === 0) return refill(section);
  const wanted = new Set(data.metrics.map((metric) => metric.name));
  const first = data.curves.filter((curve) => wanted.has(curve.metric));
  if (first.length === 0) first.push(...data.curves.slice(0, 2));
  const rest = data.curves.filter((curve) => !first.includes(curve));
  const charts = (curves) => el('div', {class: 'charts'}, curves.map((curve) => curveChart(data, curve)));
  const more = rest.length > 0 && el('details', {ontoggle: () => {
    if (more.open && more.childElementCount === 1) more.append(charts(rest));
  }}, el('summary', {'data-key': 'more-curves'}, plural(rest.length, 'more metric')));
  const drawn = data.drawn.length < data.groups.length ?
      ` The ${data.drawn.length} best of ${data.groups.length} groups are drawn; choose others with --where.` : '';
  refill(section, el('h2', {id: 'curves-title'}, 'Learning curves'),
         el('p', {class: 'note'}, 'Thick lines are means over a group\u2019s finished runs, where all of them have a value; ' +
            'the band is one standard deviation over seeds. Thin lines are single runs, dotted where a run has not finished.' + drawn),
         legend(data, data.drawn), charts(first), more);
}
