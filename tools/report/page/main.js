// SPDX-License-Identifier: MIT
'use strict';

const SECTIONS = [
  ['answer', 'Answer', fillAnswer], ['curves', 'Curves', fillCurves], ['ablations', 'Settings', fillAblations],
  ['neighbors', 'Inside', fillNeighbors], ['cost', 'Cost', fillCost], ['runs', 'Runs', fillRuns],
];

function fillHeader(data, live) {
  const counts = new Map();
  for (const run of data.runs) counts.set(run.status, (counts.get(run.status) || 0) + 1);
  const order = ['running', 'finished', 'stopped', 'interrupted', 'failed'];
  const states = order.filter((status) => counts.has(status)).map((status) => `${formatCount(counts.get(status))} ${status}`);
  const questions = data.questions;
  const title = questions.length === 1 ? questions[0].text : data.runs.length === 0 ? 'No runs' : `What ${plural(data.runs.length, 'run')} came to`;
  document.getElementById('title').textContent = title;
  document.title = `${title} \u2013 SNCLR report`;
  document.getElementById('source').replaceChildren(
    live ? el('span', {class: 'live', id: 'live'}, 'live') : 'SNCLR report', ` \u00b7 ${plural(data.runs.length, 'run')}: ${states.join(', ')}` +
    (data.where.length ? ` \u00b7 where ${data.where.join(' and ')}` : ''));
  const asked = document.getElementById('asked');
  if (asked) asked.remove();
  if (questions.length > 1) {
    const list = el('details', {id: 'asked', open: questions.length <= 3}, el('summary', {}, plural(questions.length, 'question')),
      el('ul', {}, questions.map((question) => el('li', {}, `${question.text} `, el('span', {class: 'quiet'}, `(${question.names.join(', ')})`)))));
    document.getElementById('title').after(list);
  }
  const links = SECTIONS.filter(([id]) => !document.getElementById(id).hidden);
  document.getElementById('sections').replaceChildren(el('ul', {}, links.map(([id, name]) => el('li', {}, el('a', {href: `#${id}`}, name)))));
  document.getElementById('footer').replaceChildren(el('p', {},
    `${live ? 'Read' : 'Written'} ${formatTime(data.generated)} from `, el('code', {}, data.source),
    '. Deviations are sample standard deviations; intervals and p-values are Student\u2019s t and speak of seeds alone.'));
}

// What each section was last made of: only what has changed is made again.
const made = new Map();

function partsOf(id, data) {
  const shared = [data.groups, data.drawn, data.metrics, data.baseline];
  return JSON.stringify({
    answer: [shared, data.answer, data.cautions, data.warnings, data.runs.map((run) => run.metrics)],
    curves: [shared, data.curves], ablations: [shared, data.ablations, data.runs.map((run) => [run.fields, run.metrics, run.status])],
    neighbors: data.snapshots, cost: [shared, data.runs.map((run) => [run.seconds, run.metrics])], runs: [shared, data.runs],
  }[id]);
}

function fillPage(data, live) {
  for (const [id, , fill] of SECTIONS) {
    const parts = partsOf(id, data);
    if (made.get(id) === parts) continue;
    made.set(id, parts);
    try {
      fill(data);
    } catch (error) {
      console.error(error);
      refill(document.getElementById(id), el('p', {class: 'note'}, `This part cannot be shown: ${error.message}`));
    }
  }
  fillHeader(data, live);
}

// The board: asks again and again; an unchanged answer is empty (304).
async function follow() {
  const message = document.getElementById('message');
  let tag = null;
  for (;;) {
    let wait = 3000;
    try {
      const answer = await fetch('/api/report', {headers: tag ? {'If-None-Match': tag} : {}, cache: 'no-store'});
      if (answer.status === 200) {
        tag = answer.headers.get('ETag');
        const data = await answer.json();
        fillPage(data, true);
        message.textContent = data.runs.length === 0 ? 'No runs yet; they show here once they start.' : '';
      } else if (answer.status !== 304) {
        message.textContent = `The board cannot read the tracker: ${await answer.text()}`;
      }
      const live = document.getElementById('live');
      if (live) { live.classList.remove('lost'); live.textContent = 'live'; }
    } catch (error) {
      wait = 5000;
      const live = document.getElementById('live');
      if (live) { live.classList.add('lost'); live.textContent = 'the board has stopped; numbers are the last ones'; }
      else message.textContent = 'The board does not answer.';
    }
    // Nobody looks at a hidden page.
    do await new Promise((resolve) => setTimeout(resolve, wait)); while (document.hidden);
  }
}

theme.start();
watchCharts();
const recorded = JSON.parse(document.getElementById('data').textContent);
if (recorded === null) follow();
else fillPage(recorded, false);
