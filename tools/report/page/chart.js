// SPDX-License-Identifier: MIT
'use strict';

// Every chart on the page, to be drawn anew when its width or the colours change.
const charts = new Map();

function chartConfig() {
  const text = theme.color('text'), quiet = theme.color('quiet'), line = theme.color('line');
  const font = getComputedStyle(document.body).fontFamily;
  return {
    background: null,
    axis: {
      labelColor: quiet, titleColor: quiet, gridColor: line, tickColor: line,
      domainColor: line, labelFont: font, titleFont: font, labelFontSize: 11.5,
      titleFontSize: 11.5, titleFontWeight: 'normal', labelPadding: 5, titlePadding: 8,
    },
    text: {fill: text, font, fontSize: 11.5},
    symbol: {size: 40},
  };
}

// A figure whose plot `spec(width)` describes for Vega. `label` says in a
// sentence what is seen, for readers who do not see it; `table` gives the numbers
// as an element, made when it is opened.
function chart({title, caption, label, spec, table, level = 'h3'}) {
  const plot = el('div', {class: 'plot', role: 'img', 'aria-label': label});
  const figure = el('figure', {}, title && el(level, {}, title), plot,
                    caption && el('figcaption', {}, caption));
  if (table) {
    const details = el('details', {ontoggle: () => {
      if (details.open && details.childElementCount === 1) details.append(table());
    }}, el('summary', {'data-key': `numbers-${title}`}, 'Numbers'));
    figure.append(details);
  }
  charts.set(plot, {spec, width: 0, view: null});
  requestAnimationFrame(() => drawChart(plot));
  return figure;
}

async function drawChart(plot) {
  const entry = charts.get(plot);
  if (!entry) return;
  if (!plot.isConnected) {
    if (entry.view) entry.view.finalize();
    charts.delete(plot);
    return;
  }
  const width = Math.floor(plot.clientWidth);
  if (width < 60) return;  // in a closed part of the page: drawn when it opens
  entry.width = width;
  const box = el('div');
  try {
    // The interpreter evaluates Vega's expressions without making functions of
    // texts, which the page's security policy forbids.
    const runtime = vega.parse(entry.spec(width), chartConfig(), {ast: true});
    const view = new vega.View(runtime, {
      renderer: 'svg', container: box, hover: true, expr: vega.expressionInterpreter,
      logLevel: vega.Error,
    });
    await view.runAsync();
    if (entry.view) entry.view.finalize();
    entry.view = view;
    plot.replaceChildren(box);
    for (const svg of plot.querySelectorAll('svg')) svg.setAttribute('aria-hidden', 'true');
  } catch (error) {
    plot.replaceChildren(el('p', {class: 'note'}, `This chart cannot be drawn: ${error.message}`));
    console.error(error);
  }
}

function drawAllCharts(onlyResized) {
  for (const [plot, entry] of charts) {
    if (!onlyResized || Math.floor(plot.clientWidth) !== entry.width) drawChart(plot);
  }
}

function watchCharts() {
  let timer = 0;
  window.addEventListener('resize', () => {
    clearTimeout(timer);
    timer = setTimeout(() => drawAllCharts(true), 120);
  });
  document.addEventListener('toggle', () => drawAllCharts(true), true);
  theme.listeners.push(() => drawAllCharts(false));
}

// What all plots with two axes share.
function plotSpec(width, height, rest) {
  return {
    $schema: 'https://vega.github.io/schema/vega/v5.json',
    width, height, padding: {left: 0, right: 8, top: 6, bottom: 0},
    autosize: {type: 'fit', contains: 'padding'},
    ...rest,
  };
}

// A domain a little wider than the values.
function domainOf(values) {
  const numbers = values.filter(isNumber);
  if (numbers.length === 0) return [0, 1];
  let low = Infinity, high = -Infinity;
  for (const value of numbers) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  const margin = (high - low) * 0.04 || Math.abs(high) * 0.05 || 1;
  return [low - margin, high + margin];
}
