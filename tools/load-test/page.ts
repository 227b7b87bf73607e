// Renders the report as one page that loads nothing else: no script, no font, no picture.
import { count, elapsed, latency, percent } from '../../src/cli/charts.ts';
import { type Html, html, list } from './html.ts';
import { renderTimeline } from './page-timeline.ts';
import { STYLE } from './page-style.ts';
import type { Report, ShareReport, StageReport } from './report.ts';
import { describeChange, describeErrors, describeHealth } from './table.ts';
import { precisePercent } from './verdict.ts';

/** The whole document. */
export function renderPage(report: Report): string {
  const { verdict, stages } = report;
  const outcome = verdict.passed ? 'passed' : 'failed';
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Load test ${outcome}: ${report.started_at}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
${header(report)}
${verdictSection(report)}
<section aria-labelledby="timeline"><h2 id="timeline">Timeline</h2>${renderTimeline(report)}</section>
<section aria-labelledby="stages"><h2 id="stages">Stages</h2>${stageTable(stages)}</section>
${sharesSection(stages)}
${healthSection(stages)}
</main>
</body>
</html>
`;
  return page.text;
}

function header(report: Report): Html {
  const requests = report.stages.reduce((sum, stage) => sum + stage.requests, 0);
  // What the gateway answers itself says nothing of its work as a proxy.
  const proxied = report.stages.filter((stage) => stage.proxied);
  const best = Math.max(...proxied.map((stage) => stage.requests_per_second));
  const gateway = report.gateway === 'own' ? 'a gateway of its own' : (report.stages[0]?.url ?? '');
  const facts = [gateway, `load by ${report.generator}`, `keystone ${report.keystone}`, report.started_at];
  return html`<header>
<h1>Load test</h1>
<p class="facts">${facts.join(' · ')}</p>
<dl class="figures">
${figure('Requests', count(requests))}
${figure('Lost', count(report.stages.reduce((sum, { lost }) => sum + lost, 0)))}
${figure('Best proxied stage', `${count(best)}/s`)}
${figure('Worst p99', latency(Math.max(...proxied.map((stage) => stage.latency_ms.p99))))}
${figure('Duration', elapsed(report.duration_ms))}
</dl>
</header>`;
}

function figure(name: string, value: string): Html {
  return html`<div><dt>${name}</dt><dd>${value}</dd></div>`;
}

function verdictSection({ verdict, notes }: Report): Html {
  const rules = verdict.rules.map(
    ({ rule, passed, detail }) =>
      html`<li class="${passed ? 'good' : 'bad'}"><b>${passed ? '✓' : '✗'} ${rule}</b><span>${detail}</span></li>`,
  );
  const said = notes.map((note) => html`<li class="note"><b>– note</b><span>${note}</span></li>`);
  const word = verdict.passed ? 'Passed' : 'Failed';
  return html`<section class="verdict ${verdict.passed ? 'good' : 'bad'}" aria-labelledby="verdict">
<h2 id="verdict">${word}</h2><ul>${list([...rules, ...said])}</ul></section>`;
}

type Figure = {
  readonly title: string;
  readonly show: (stage: StageReport) => string;
  readonly more?: (stage: StageReport) => string;
};

const FIGURES: readonly Figure[] = [
  { title: 'Connections', show: ({ connections }) => count(connections) },
  { title: 'Requests', show: ({ requests }) => count(requests) },
  { title: 'Per second', show: ({ requests_per_second }) => count(requests_per_second) },
  { title: 'p50', show: ({ latency_ms }) => latency(latency_ms.p50) },
  { title: 'p90', show: ({ latency_ms }) => latency(latency_ms.p90) },
  { title: 'p99', show: ({ latency_ms }) => latency(latency_ms.p99) },
  { title: 'p99.9', show: ({ latency_ms }) => latency(latency_ms.p999) },
  { title: 'Slowest', show: ({ latency_ms }) => latency(latency_ms.max) },
  { title: 'Lost', show: ({ lost }) => count(lost), more: describeErrors },
  { title: 'Balance', show: ({ balance }) => (balance === null ? '–' : precisePercent(balance)) },
];

function stageTable(stages: readonly StageReport[]): Html {
  const titles = FIGURES.map(({ title }) => html`<th scope="col">${title}</th>`);
  const rows = stages.map((stage) => {
    const cells = FIGURES.map(({ show, more }) => html`<td>${show(stage)}<small>${more?.(stage) ?? ''}</small></td>`);
    return html`<tr><th scope="row">${stage.name}<small>${stage.host ?? new URL(stage.url).host}</small></th>${list(cells)}</tr>\n`;
  });
  return html`<div class="scroll"><table><thead><tr><th scope="col">Stage</th>${list(titles)}</tr></thead>
<tbody>${list(rows)}</tbody></table></div>`;
}

function sharesSection(stages: readonly StageReport[]): Html {
  const rows = stages.flatMap(({ name, shares }) =>
    (shares ?? [])
      .filter(({ requests, steady }) => requests > 0 && (steady || requests > 1))
      .map((share) => shareRow(name, share)),
  );
  if (rows.length === 0) return html``;
  const titles = ['Stage', 'Backend', 'Requests', 'Share', ''].map((title) => html`<th scope="col">${title}</th>`);
  return html`<section aria-labelledby="shares"><h2 id="shares">Shares of the backends</h2>
<div class="scroll"><table class="shares"><thead><tr>${list(titles)}</tr></thead><tbody>${list(rows)}</tbody></table></div></section>`;
}

function shareRow(stage: string, { tenant, backend, requests, share, steady }: ShareReport): Html {
  const width = `${Math.round(share * 1000) / 10}%`;
  return html`<tr><th scope="row">${stage}</th><td>${tenant}/${backend}${steady ? '' : ' (not all the time)'}</td>
<td>${count(requests)}</td><td>${percent(share)}</td><td><span class="bar"><i style="width:${width}"></i></span></td></tr>\n`;
}

function healthSection(stages: readonly StageReport[]): Html {
  const items = stages.flatMap(({ name, health }) => {
    if (health === null) return [];
    const changes = health.changes.map(
      (change) => html`<li><time>${elapsed(change.at)}</time> ${describeChange(change)}</li>`,
    );
    const shown = changes.length === 0 ? html`` : html`<ol>${list(changes)}</ol>`;
    return [html`<div><dt>${name}</dt><dd>${describeHealth(health)}${shown}</dd></div>\n`];
  });
  if (items.length === 0) return html``;
  return html`<section aria-labelledby="health"><h2 id="health">What health said</h2><dl class="health">${list(items)}</dl></section>`;
}
