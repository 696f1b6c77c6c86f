// SPDX-License-Identifier: MIT
'use strict';

// Where the reader is: kept when the page is filled again.
const inside = {run: null, frame: null};

// A rule for each sheet, so that its picture stands in the page once.
function sheetRule(index, sheet) {
  const style = document.getElementById('sheets') || document.head.appendChild(el('style', {id: 'sheets'}));
  const rule = `.sheet-${index} { background-image: url("${sheet}"); }`;
  if (/^data:image\/jpeg;base64,[A-Za-z0-9+/=]*$/.test(sheet)) style.append(rule);
}

function tile(shown, index, picture) {
  const {tile_px: size, columns} = shown;
  const name = shown.classes[shown.labels[picture]];
  const piece = el('span', {
    class: `tile sheet-${index}`, role: 'img',
    'aria-label': `${name ? `${name}, ` : ''}${shown.names[picture]}`, title: `${name ? `${name}: ` : ''}${shown.names[picture]}`,
  });
  piece.style.width = piece.style.height = `${size}px`;
  piece.style.backgroundPosition = `${-(picture % columns) * size}px ${-Math.floor(picture / columns) * size}px`;
  return piece;
}

// Of all neighbours of a snapshot: how many have the image's own class, and which
// share of the positiveness they get.
function agreement(shown, frame) {
  let same = 0, all = 0, sameWeight = 0, allWeight = 0;
  for (const sample of frame.neighbors) {
    sample.index.forEach((picture, i) => {
      const equal = shown.labels[picture] >= 0 && shown.labels[picture] === shown.labels[sample.picture];
      const weight = sample.positiveness[i];
      all += 1;
      allWeight += weight;
      if (equal) { same += 1; sameWeight += weight; }
    });
  }
  return {epoch: frame.epoch, share: all ? 100 * same / all : null, weighted: allWeight > 0 ? 100 * sameWeight / allWeight : null};
}

// The share that neighbours picked blindly would have.
function chance(shown) {
  const counts = new Map();
  for (const label of shown.labels) counts.set(label, (counts.get(label) || 0) + 1);
  const shares = shown.samples.map((sample) => (counts.get(shown.labels[sample]) - 1) / (shown.labels.length - 1));
  return 100 * shares.reduce((a, b) => a + b, 0) / shares.length;
}

function agreementChart(shown) {
  const rows = shown.frames.filter((frame) => frame.neighbors.length > 0).map((frame) => agreement(shown, frame));
  if (rows.length < 2 || shown.classes.length < 2) return null;
  const blind = chance(shown);
  const points = rows.flatMap((row) => [{x: row.epoch, y: row.share, line: 0}, {x: row.epoch, y: row.weighted, line: 1}]);
  const names = ['of the neighbours', 'of their positiveness'];
  return chart({
    title: 'Share with the image\u2019s own class, %',
    label: `Share of neighbours with the image's own class: from ${rows[0].share.toFixed(0)} to ` +
        `${rows[rows.length - 1].share.toFixed(0)} percent; by chance ${blind.toFixed(0)} percent`,
    caption: `Over the ${shown.samples.length} images shown. Labels are used here alone, never in training. Grey: chance, ${blind.toFixed(1)} %`,
    table: () => plainTable(['epoch', ...names], rows.map((row) =>
      [formatNumber(row.epoch, 1), formatNumber(row.share, 1), formatNumber(row.weighted, 1)])),
    spec: (width) => plotSpec(width, 200, {
      data: [{name: 'points', values: points}, {name: 'chance', values: [{y: blind}]}],
      scales: [
        {name: 'x', type: 'linear', zero: false, domain: extent(rows.map((row) => row.epoch)), range: 'width'},
        {name: 'y', type: 'linear', zero: false, domain: [0, 100], range: 'height'},
        {name: 'paint', type: 'ordinal', domain: [0, 1], range: [theme.series(0), theme.series(1)]},
        {name: 'dash', type: 'ordinal', domain: [0, 1], range: [DASHES[0], DASHES[1]]},
      ],
      legends: [{stroke: 'paint', strokeDash: 'dash', symbolType: 'stroke', orient: 'bottom', direction: 'horizontal',
                 labelColor: theme.color('text'), labelFont: getComputedStyle(document.body).fontFamily, symbolStrokeWidth: 2.2,
                 encode: {labels: {update: {text: {signal: `datum.value === 0 ? '${names[0]}' : '${names[1]}'`}}}}}],
      axes: [
        {orient: 'left', scale: 'y', grid: true, domain: false, ticks: false, tickCount: 5},
        {orient: 'bottom', scale: 'x', ticks: false, tickCount: Math.max(3, width / 90), title: 'epochs'},
      ],
      marks: [
        {type: 'rule', from: {data: 'chance'}, encode: {update: {x: {value: 0}, x2: {signal: 'width'},
          y: {scale: 'y', field: 'y'}, stroke: {value: theme.color('quiet')}, strokeDash: {value: [2, 3]}}}},
        {type: 'group', from: {facet: {name: 'line', data: 'points', groupby: 'line'}}, marks: [
          {type: 'line', from: {data: 'line'}, encode: {update: {
            x: {scale: 'x', field: 'x'}, y: {scale: 'y', field: 'y'}, defined: {signal: 'isValid(datum.y)'},
            stroke: {scale: 'paint', field: 'line'}, strokeDash: {scale: 'dash', field: 'line'}, strokeWidth: {value: 2.2}}}}]},
      ],
    }),
  });
}

function mapPoints(shown, frame) {
  return frame.x.map((x, i) => ({
    x, y: frame.y[i], paint: theme.series(Math.max(0, shown.labels[i]) % 8),
    shape: SHAPES[Math.max(0, shown.labels[i]) % SHAPES.length],
    name: `${shown.classes[shown.labels[i]] || 'no label'}: ${shown.names[i]}`,
  }));
}

function mapChart(shown, place) {
  const frame = shown.frames[place];
  const reach = 1.05 * Math.max(1e-6, ...shown.frames.flatMap((one) => [...one.x, ...one.y].map(Math.abs)));
  const shares = frame.shares.map((share) => `${(100 * share).toFixed(0)} %`);
  return chart({
    title: 'Map of the features',
    label: `Map of ${shown.names.length} training images in the plane of most variance after ${epochWords(frame)}, coloured by class`,
    caption: `${shown.names.length} training images, a mark each; colour and shape are the class. The two directions hold ` +
        `${shares[0]} and ${shares[1]} of the variance`,
    spec: (width) => {
      const side = Math.min(width, 420);
      return {
        ...plotSpec(side, side, {}), padding: 4,
        data: [{name: 'points', values: mapPoints(shown, frame)}],
        scales: [
          {name: 'x', type: 'linear', zero: false, domain: [-reach, reach], range: 'width'},
          {name: 'y', type: 'linear', zero: false, domain: [-reach, reach], range: 'height'},
        ],
        marks: [
          {type: 'rect', encode: {update: {x: {value: 0}, y: {value: 0}, width: {signal: 'width'}, height: {signal: 'height'},
            stroke: {value: theme.color('line')}, fill: {value: 'transparent'}}}},
          {type: 'symbol', from: {data: 'points'}, encode: {update: {
            x: {scale: 'x', field: 'x'}, y: {scale: 'y', field: 'y'}, fill: {field: 'paint'}, shape: {field: 'shape'},
            size: {value: 42}, fillOpacity: {value: 0.8}, tooltip: {field: 'name'}}}},
        ],
      };
    },
  });
}

function classLegend(shown) {
  if (shown.classes.length === 0 || shown.classes.length > 24) return null;
  const ns = 'http://www.w3.org/2000/svg';
  return el('ul', {class: 'legend classes', 'aria-label': 'Classes'}, shown.classes.map((name, label) => {
    const svg = document.createElementNS(ns, 'svg');
    svg.setAttribute('viewBox', '-6 -6 12 12');
    svg.setAttribute('width', 12);
    svg.setAttribute('height', 12);
    svg.setAttribute('aria-hidden', 'true');
    const path = document.createElementNS(ns, 'path');
    path.setAttribute('d', symbolPath(SHAPES[label % SHAPES.length]));
    path.style.fill = `var(--s${label % 8})`;
    svg.append(path);
    return el('li', {}, svg, ' ', name);
  }));
}

// The marks of the map, as Vega draws them.
function symbolPath(shape) {
  return {
    'circle': 'M-4,0a4,4 0 1 0 8,0a4,4 0 1 0 -8,0Z',
    'square': 'M-4,-4h8v8h-8Z',
    'triangle-up': 'M0,-5L5,4H-5Z',
    'diamond': 'M0,-5L5,0L0,5L-5,0Z',
    'cross': 'M-5,-2h3v-3h4v3h3v4h-3v3h-4v-3h-3Z',
    'triangle-down': 'M0,5L5,-4H-5Z',
  }[shape];
}

const epochWords = (frame) => `${formatNumber(frame.epoch, Number.isInteger(frame.epoch) ? 0 : 1)} ` +
    `epoch${frame.epoch === 1 ? '' : 's'}`;

function neighborRows(shown, index, frame) {
  const most = Math.max(1e-9, ...frame.neighbors.flatMap((sample) => sample.positiveness));
  return frame.neighbors.map((sample) => {
    const own = shown.labels[sample.picture];
    return el('div', {class: 'neighbor-row'}, el('div', {class: 'anchor'}, tile(shown, index, sample.picture)),
      el('ol', {'aria-label': `Neighbours of ${shown.names[sample.picture]}`}, sample.index.slice(0, 12).map((picture, i) => {
        const weight = sample.positiveness[i];
        const bar = el('i');
        bar.style.width = `${Math.round(100 * Math.max(0, weight) / most)}%`;
        return el('li', {class: own >= 0 && shown.labels[picture] === own ? 'same' : null},
          tile(shown, index, picture), el('span', {class: 'weight', 'aria-hidden': 'true'}, bar), weight.toFixed(2));
      })));
  });
}

function fillNeighbors(data) {
  const section = document.getElementById('neighbors');
  const sheets = document.getElementById('sheets');
  if (sheets) sheets.remove();
  if (data.snapshots.length === 0) return refill(section);
  data.snapshots.forEach((shown, index) => sheetRule(index, shown.sheet));
  const names = data.snapshots.map((shown) => data.runs[shown.run].run);
  let index = Math.max(0, names.indexOf(inside.run));
  const body = el('div');

  const fill = () => {
    const shown = data.snapshots[index];
    const frames = shown.frames;
    const place = inside.frame === null ? frames.length - 1 : Math.min(inside.frame, frames.length - 1);
    const has = frames.some((frame) => frame.neighbors.length > 0);
    const output = el('output', {for: 'frame'});
    const map = el('div');
    const rows = el('div', {class: 'neighbor-rows'});
    const show = (at) => {
      output.textContent = `after ${epochWords(frames[at])}, step ${formatCount(frames[at].step)}`;
      map.replaceChildren(mapChart(shown, at));
      rows.replaceChildren(...neighborRows(shown, index, frames[at]));
    };
    const slider = el('input', {
      type: 'range', id: 'frame', min: 0, max: frames.length - 1, step: 1, value: place, 'data-key': 'frame',
      'aria-label': 'Moment of training', oninput: (event) => {
        inside.frame = Number(event.target.value);
        if (inside.frame === frames.length - 1) inside.frame = null;  // follow a run that goes on
        show(Number(event.target.value));
      }});
    slider.setAttribute('value', place);
    slider.value = place;
    show(place);
    body.replaceChildren(
      el('div', {class: 'scrub'}, slider, output),
      el('div', {class: 'inside'},
        el('div', {}, map, classLegend(shown), has && agreementChart(shown)),
        has ? el('div', {}, el('h3', {}, 'Soft neighbours and their positiveness'),
                 el('p', {class: 'note'}, `Left an image, then its nearest images${shown.frames[place].neighbors.length && shown.frames[place].neighbors[0].index.length > 12 ? ', the first 12' : ''}` +
                    ', most similar first. The number is the positiveness, its bar relative to the largest here; ringed ones have the image\u2019s own class.'),
                 rows) :
              el('p', {class: 'note'}, 'This run\u2019s method shows no soft neighbours.')));
  };
  fill();
  const choose = names.length > 1 && el('div', {class: 'tools'}, el('label', {for: 'inside-run'}, 'Run'),
    el('select', {id: 'inside-run', 'data-key': 'inside-run', onchange: (event) => {
      index = Number(event.target.value);
      inside.run = names[index];
      fill();
    }}, names.map((name, i) => el('option', {value: i, selected: i === index},
      `${name} (${data.groups[data.runs[data.snapshots[i].run].group].label})`))));
  const shown = data.snapshots[0];
  refill(section, el('h2', {id: 'neighbors-title'}, 'Inside the method, over training'),
    el('p', {class: 'note'}, `What is shown: ${shown.names.length} training images through the evaluation view. The map is the plane of ` +
      'most variance of the encoder\u2019s unit features, made anew each time, then only turned and mirrored to lie as the one before. ' +
      'Neighbours are sought among these images by the cosine of momentum embeddings, since the bank keeps no images; their ' +
      'positiveness is the run\u2019s own formula. ' +
      (names.length > 1 ? 'One run of each group that recorded snapshots' : `The run is ${names[0]}`) +
      (data.snapshots_left_out > 0 ? `, of the ${names.length} best groups: ${data.snapshots_left_out} more have some, ` +
        'which --where can choose.' : '.')),
    choose, body);
}
