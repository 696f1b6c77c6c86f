// SPDX-License-Identifier: MIT
'use strict';

// Colours that most colour-blind readers can tell apart (after Okabe and Ito);
// dashes tell the lines apart once more.
const DASHES = [[], [7, 3], [2, 2], [9, 3, 2, 3], [5, 2], [1, 3], [12, 3], [4, 4]];
const SHAPES = ['circle', 'square', 'triangle-up', 'diamond', 'cross', 'triangle-down'];

const theme = {
  dark: false,
  listeners: [],
  color(name) {
    return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
  },
  series(index) { return this.color(`s${index % 8}`); },
  dash(index) { return DASHES[index % DASHES.length]; },
  set(dark) {
    this.dark = dark;
    document.documentElement.classList.toggle('dark', dark);
    const button = document.getElementById('theme');
    button.textContent = dark ? 'Light' : 'Dark';
    button.setAttribute('aria-label', dark ? 'Use light colours' : 'Use dark colours');
    for (const listener of this.listeners) listener();
  },
  start() {
    const system = window.matchMedia('(prefers-color-scheme: dark)');
    let chosen = false;
    this.set(system.matches);
    system.addEventListener('change', () => { if (!chosen) this.set(system.matches); });
    document.getElementById('theme').addEventListener('click', () => {
      chosen = true;
      this.set(!this.dark);
    });
    // Paper is white.
    let before = false;
    window.addEventListener('beforeprint', () => { before = this.dark; if (before) this.set(false); });
    window.addEventListener('afterprint', () => { if (before) this.set(true); });
  },
};

// A short line as a group is drawn: colour and dashes.
function swatch(index) {
  const ns = 'http://www.w3.org/2000/svg';
  const svg = document.createElementNS(ns, 'svg');
  svg.setAttribute('class', 'swatch');
  svg.setAttribute('viewBox', '0 0 26 11');
  svg.setAttribute('aria-hidden', 'true');
  const line = document.createElementNS(ns, 'line');
  for (const [name, value] of Object.entries({x1: 0, y1: 6, x2: 26, y2: 6, 'stroke-width': 3})) {
    line.setAttribute(name, value);
  }
  line.setAttribute('stroke-dasharray', theme.dash(index).join(' '));
  line.style.stroke = `var(--s${index % 8})`;
  svg.append(line);
  return svg;
}
