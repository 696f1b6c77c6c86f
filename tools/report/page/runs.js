// SPDX-License-Identifier: MIT
'use strict';

const openRuns = new Set();  // by name: stay open when the page is filled again
let runFilter = '';
const MAX_RUNS = 100;

function fact(term, value) {
  return value === '' || value === null || value === undefined ? [] : [el('dt', {}, term), el('dd', {}, value)];
}

function runDetail(data, run, columns) {
  const difference = run.difference.length === 0 ?
      el('p', {class: 'note'}, 'Its spec is what most runs here have, but for seed and name.') :
      el('div', {class: 'scroll', role: 'region', tabindex: 0, 'aria-label': `Spec of ${run.run}`}, el('table', {},
        el('thead', {}, el('tr', {}, ['field', 'this run', 'most runs'].map((title) => el('th', {scope: 'col'}, title)))),
        el('tbody', {}, run.difference.map((field) => el('tr', {}, el('td', {class: 'path'}, field.path),
          el('td', {class: 'path'}, field.value || NONE), el('td', {class: 'path'}, field.common || NONE))))));
  return el('tr', {class: 'detail'}, el('td', {colspan: columns}, el('div', {class: 'inner'},
    el('dl', {},
       fact('question', run.question), fact('ended', run.reason),
       fact('steps done', run.last_step >= 0 ? formatCount(run.last_step) : 'none recorded'),
       fact('started', formatTime(run.started)),
       fact('resumed', run.resumed.map((step) => `after step ${formatCount(step)}`).join(', ')),
       fact('host', [run.host, run.device].filter(Boolean).join(', ')),
       fact('commit', run.commit && el('span', {}, el('code', {}, run.commit), run.dirty ? ', with uncommitted changes' : '')),
       fact('folder', el('code', {}, run.folder))),
    el('h4', {}, 'Spec'), difference,
    el('h4', {}, 'Notes'),
    run.notes.length === 0 ? el('p', {class: 'note'}, 'The watch found nothing, and nothing else was noted.') :
      el('ul', {}, run.notes.map((note) => el('li', {}, note.text))),
    el('h4', {}, 'Artifacts'),
    run.artifacts.length === 0 ? el('p', {class: 'note'}, 'None recorded.') :
      el('ul', {}, run.artifacts.map((artifact) =>
        el('li', {}, `${artifact.kind}: `, el('code', {}, artifact.path), ` (${formatBytes(artifact.bytes)})`))),
    el('h4', {}, 'Last values'),
    el('dl', {class: 'values'}, Object.entries(run.metrics).map(([name, value]) =>
      el('div', {}, fact(name, formatNumber(value, digitsFor([value])))))))));
}

function runsTable(data, rows) {
  const metrics = data.metrics.slice(0, 3);
  const columns = [
    {title: 'run', head: true, value: (run) => run.run, show: (run) => el('button', {
      type: 'button', class: 'run', 'aria-expanded': openRuns.has(run.run) ? 'true' : 'false', 'data-key': `run-${run.run}`,
      onclick: () => {
        if (!openRuns.delete(run.run)) openRuns.add(run.run);
        frame.refill();
        frame.querySelector(`[data-key="${CSS.escape(`run-${run.run}`)}"]`).focus({preventScroll: true});
      }}, run.run)},
    {title: 'status', value: (run) => run.status,
     show: (run) => el('span', {class: `status ${run.status}`, title: run.reason || null}, run.status)},
    {title: 'group', value: (run) => data.groups[run.group].label, show: (run) => groupName(data, run.group)},
    {title: 'seed', number: true, value: (run) => run.seed, show: (run) => String(run.seed)},
    ...metrics.map((metric) => {
      const digits = digitsFor(data.runs.map((run) => run.metrics[metric.name]));
      return {title: metricName(metric.name), number: true, value: (run) => run.metrics[metric.name],
              show: (run) => formatNumber(run.metrics[metric.name], digits)};
    }),
    {title: 'time', number: true, value: (run) => run.seconds, show: (run) => formatSeconds(run.seconds)},
    {title: 'notes', number: true, value: (run) => run.notes.length, show: (run) => run.notes.length ? String(run.notes.length) : ''},
    {title: 'host', value: (run) => run.host, show: (run) => run.host},
    {title: 'commit', value: (run) => run.commit, help: '* with uncommitted changes',
     show: (run) => el('code', {}, run.commit.slice(0, 8) + (run.dirty ? '*' : ''))},
  ];
  const frame = sortedTable({
    name: 'runs', caption: 'Open a run for its spec, notes and artifacts', columns, rows,
    after: (run) => openRuns.has(run.run) && runDetail(data, run, columns.length),
    limit: MAX_RUNS,
  });
  return frame;
}

function fillRuns(data) {
  const section = document.getElementById('runs');
  if (data.runs.length === 0) return refill(section);
  const table = el('div');
  const fill = () => {
    const wanted = runFilter.toLowerCase().split(/\s+/).filter(Boolean);
    const rows = data.runs.filter((run) => {
      const text = [run.run, run.status, data.groups[run.group].label, run.host, run.commit].join(' ').toLowerCase();
      return wanted.every((word) => text.includes(word));
    });
    table.replaceChildren(rows.length > 0 ? runsTable(data, rows) : el('p', {class: 'note'}, 'No run has these words.'));
  };
  fill();
  refill(section, el('h2', {id: 'runs-title'}, 'Runs'),
         el('div', {class: 'tools'}, el('label', {for: 'filter'}, 'Find'),
            el('input', {id: 'filter', type: 'search', 'data-key': 'filter', value: runFilter, placeholder: 'name, status, group, host',
              oninput: (event) => { runFilter = event.target.value; fill(); }})),
         table);
}
