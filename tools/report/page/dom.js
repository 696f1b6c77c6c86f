// SPDX-License-Identifier: MIT
'use strict';

// An element with attributes and children; texts become text nodes, so nothing
// that a run recorded is ever read as HTML. Attributes "on..." are listeners.
function el(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else if (name === 'class') element.className = value;
    else element.setAttribute(name, value === true ? '' : String(value));
  }
  for (const child of children.flat()) {
    if (child === null || child === undefined || child === false) continue;
    element.append(child);
  }
  return element;
}

const isNumber = (value) => typeof value === 'number' && Number.isFinite(value);

// Digits after the point with which all these values can be told apart to about
// three digits of their size: a column's numbers share one precision.
function digitsFor(values) {
  const sizes = values.filter(isNumber).map(Math.abs).filter((size) => size > 0);
  if (sizes.length === 0) return 2;
  const largest = Math.max(...sizes);
  return Math.min(8, Math.max(0, 3 - Math.floor(Math.log10(largest)) - (largest >= 10 ? 0 : 1)));
}

const MINUS = '\u2212';
const NONE = '\u2013';

function formatNumber(value, digits) {
  if (!isNumber(value)) return NONE;
  if (value !== 0 && Math.abs(value) < 1e-4) {
    return value.toExponential(1).replace(/-/g, MINUS);
  }
  return value.toLocaleString('en', {minimumFractionDigits: digits, maximumFractionDigits: digits})
      .replace('-', MINUS);
}

const formatSigned = (value, digits) =>
    !isNumber(value) ? NONE : (value > 0 ? '+' : '') + formatNumber(value, digits);

const formatP = (p) => !isNumber(p) ? NONE : p < 0.001 ? '< 0.001' : p.toPrecision(2);

function formatSeconds(seconds) {
  if (!isNumber(seconds)) return NONE;
  if (seconds < 60) return `${seconds.toFixed(seconds < 10 ? 1 : 0)} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${Math.floor(seconds / 60)} min ${Math.floor(seconds % 60)} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

function formatBytes(bytes) {
  if (bytes < 1e3) return `${bytes} B`;
  if (bytes < 1e6) return `${(bytes / 1e3).toFixed(1)} kB`;
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

const formatCount = (count) => count.toLocaleString('en');

const formatTime = (seconds) =>
    new Date(seconds * 1000).toISOString().slice(0, 16).replace('T', ' ') + ' UTC';

const plural = (count, noun) => `${formatCount(count)} ${noun}${count === 1 ? '' : 's'}`;

// What a metric is called, in words where it is a known one.
const METRIC_NAMES = {
  knn_top1: 'k-NN top-1, %',
  knn_top5: 'k-NN top-5, %',
  knn_top1_untrained: 'k-NN top-1 of the untrained encoder, %',
  linear_top1: 'linear probe top-1, %',
  images_per_second: 'images/s',
  peak_memory_mib: 'peak memory, MiB',
};
const metricName = (name) => METRIC_NAMES[name] || name;

// Replaces what is in a section, without the page jumping and without taking the
// place from a reader: the element with the same data-key gets the focus back, and
// what was open stays open.
function refill(section, ...children) {
  const open = [...section.querySelectorAll('details[open] > summary[data-key]')].map((summary) => summary.dataset.key);
  const focused = section.contains(document.activeElement) ?
      document.activeElement.dataset.key : null;
  section.style.minHeight = `${section.offsetHeight}px`;
  section.replaceChildren(...children.flat().filter(Boolean));
  section.hidden = section.childElementCount === 0;
  for (const summary of section.querySelectorAll('details > summary[data-key]')) {
    if (open.includes(summary.dataset.key)) summary.parentElement.open = true;
  }
  if (focused) {
    const again = section.querySelector(`[data-key="${CSS.escape(focused)}"]`);
    if (again) again.focus({preventScroll: true});
  }
  // Charts fill in at once or soon; then the height is the content's own.
  setTimeout(() => { section.style.minHeight = ''; }, 600);
}
