// SPDX-License-Identifier: MIT
'use strict';

// How each table is sorted, by its name: kept when the page is filled again.
const sortings = new Map();

// Tables of which a reader wanted to see every row.
const wholeTables = new Set();

// A table that its headings sort. A column is { title, value(row), show(row),
// number, head, className, help }: `value` sorts, `show` gives a text or an
// element, `head` makes it the row's heading. `after(row)` may give a row's
// further table row.
function sortedTable({name, caption, columns, rows, first, rowClass, after, limit = Infinity}) {
  const body = el('tbody');
  const headings = columns.map((column, index) => {
    const button = el('button', {
      type: 'button', title: column.help, 'data-key': `sort-${name}-${index}`,
      onclick: () => sortBy(index),
    }, column.title);
    return el('th', {scope: 'col', class: column.number ? 'number' : column.className}, button);
  });
  if (!sortings.has(name) && first) sortings.set(name, first);

  function compare(a, b) {
    const {column, descending} = sortings.get(name);
    const x = columns[column].value(a), y = columns[column].value(b);
    const missing = (value) => value === null || value === undefined || Number.isNaN(value);
    // What is missing stays at the end, whichever way.
    if (missing(x) || missing(y)) return missing(x) - missing(y);
    const order = typeof x === 'number' && typeof y === 'number' ?
        x - y : String(x).localeCompare(String(y), 'en', {numeric: true});
    return descending ? -order : order;
  }

  function fill() {
    const sorting = sortings.get(name);
    const sorted = sorting ? [...rows].sort(compare) : rows;
    headings.forEach((heading, index) => {
      if (sorting && sorting.column === index) {
        heading.setAttribute('aria-sort', sorting.descending ? 'descending' : 'ascending');
      } else {
        heading.removeAttribute('aria-sort');
      }
    });
    const shown = wholeTables.has(name) ? sorted : sorted.slice(0, limit);
    more.hidden = shown.length === sorted.length;
    body.replaceChildren(...shown.flatMap((row) => {
      const line = el('tr', {class: rowClass ? rowClass(row) : null}, columns.map((column) =>
        el(column.head ? 'th' : 'td', {
          scope: column.head ? 'row' : null,
          class: [column.number ? 'number' : '', column.className || ''].join(' ').trim() || null,
        }, column.show(row))));
      const detail = after && after(row);
      return detail ? [line, detail] : [line];
    }));
  }

  const more = el('p', {class: 'note'}, `${formatCount(Math.min(limit, rows.length))} of ${formatCount(rows.length)} rows. `,
    el('button', {type: 'button', 'data-key': `all-${name}`, onclick: () => { wholeTables.add(name); fill(); }}, 'Show all'));

  function sortBy(index) {
    const sorting = sortings.get(name);
    const again = sorting && sorting.column === index;
    sortings.set(name, {column: index, descending: again ? !sorting.descending : !!columns[index].number});
    fill();
  }

  fill();
  const table = el('table', {}, el('thead', {}, el('tr', {}, headings)), body);
  // The caption stands outside the frame that scrolls, so that it can be read.
  const frame = el('div', {}, caption && el('p', {class: 'caption'}, caption),
                   el('div', {class: 'scroll', role: 'region', tabindex: 0, 'data-key': `table-${name}`,
                              'aria-label': caption || name}, table), more);
  frame.refill = fill;
  return frame;
}

// Numbers behind a chart, plain.
function plainTable(titles, rows) {
  return el('div', {class: 'scroll', role: 'region', tabindex: 0, 'aria-label': 'Numbers of the chart'},
            el('table', {}, el('thead', {}, el('tr', {}, titles.map((title, index) =>
              el('th', {scope: 'col', class: index > 0 ? 'number' : null}, title)))),
              el('tbody', {}, rows.map((row) => el('tr', {}, row.map((cell, index) =>
                el(index === 0 ? 'th' : 'td', {scope: index === 0 ? 'row' : null,
                                               class: index > 0 ? 'number' : null}, cell)))))));
}
