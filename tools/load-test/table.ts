// Renders the report for a terminal.
import { count, latency, percent } from '../../src/cli/charts.ts';
import type { ChangeReport, Report, ShareReport, StageHealth, StageReport } from './report.ts';
import { precisePercent } from './verdict.ts';

type Column = { readonly title: string; readonly show: (stage: StageReport) => string };

const COLUMNS: readonly Column[] = [
  { title: 'STAGE', show: ({ name }) => name },
  { title: 'CONNECTIONS', show: ({ connections }) => count(connections) },
  { title: 'REQUESTS', show: ({ requests }) => count(requests) },
  { title: 'PER SECOND', show: ({ requests_per_second }) => count(requests_per_second) },
  { title: 'P50', show: ({ latency_ms }) => latency(latency_ms.p50) },
  { title: 'P90', show: ({ latency_ms }) => latency(latency_ms.p90) },
  { title: 'P99', show: ({ latency_ms }) => latency(latency_ms.p99) },
  { title: 'MAX', show: ({ latency_ms }) => latency(latency_ms.max) },
  { title: 'LOST', show: ({ lost }) => count(lost) },
  { title: 'BALANCE', show: ({ balance }) => (balance === null ? '-' : precisePercent(balance)) },
];

/** The whole report, each line with its line end. */
export function renderReport(report: Report): string {
  const stages = report.stages.flatMap(stageLines);
  const { passed, rules } = report.verdict;
  const judged = rules.map((rule) => `  ${rule.passed ? 'ok  ' : 'FAIL'}  ${rule.rule.padEnd(9)} ${rule.detail}`);
  const notes = report.notes.map((note) => `  note  ${note}`);
  const verdict = `verdict: ${passed ? 'PASSED' : 'FAILED'}`;
  return `${[...tableLines(report.stages), '', ...stages, '', verdict, ...judged, ...notes].join('\n')}\n`;
}

/** One stage in one line, shown when it ends. */
export function summarise(stage: StageReport): string {
  const { requests, requests_per_second, latency_ms, lost } = stage;
  const speed = `${count(requests_per_second)} a second`;
  return `${count(requests)} requests, ${speed}, p50 ${latency(latency_ms.p50)}, p99 ${latency(latency_ms.p99)}, ${count(lost)} lost`;
}

/** `b is out`, in the words of the admin API. */
export function describeChange({ tenant, backend, state, reason }: ChangeReport): string {
  const name = backend === null ? tenant : `${tenant}/${backend}`;
  return reason === null ? `${name} is ${state}` : `${name} is ${reason}`;
}

// `a 33 %, c 67 %`; empty: the tenant had no requests.
function describeShares(shares: readonly ShareReport[], tenant: string): string {
  const own = shares.filter((share) => share.tenant === tenant && share.requests > 0);
  return own
    .map(({ backend, share, steady }) => `${backend} ${percent(share)}${steady ? '' : ' (not all the time)'}`)
    .join(', ');
}

/** `5xx 12, timeout 3`. */
export function describeErrors({ errors }: StageReport): string {
  return Object.entries(errors)
    .map(([kind, number]) => `${kind} ${count(number)}`)
    .join(', ');
}

const SILENCE = 'no answer';

/** The reported health before, during and after a stage. */
export function describeHealth({ before, changes, after }: StageHealth): string {
  const during =
    changes.length === 0 ? 'no change' : `${changes.length} ${changes.length === 1 ? 'change' : 'changes'}`;
  return `${before?.status ?? SILENCE} before, ${during}, ${after?.status ?? SILENCE} after`;
}

function tenantsOf(shares: readonly ShareReport[]): readonly string[] {
  return [...new Set(shares.map(({ tenant }) => tenant))];
}

function tableLines(stages: readonly StageReport[]): readonly string[] {
  const cells = COLUMNS.map(({ title, show }) => [title, ...stages.map(show)]);
  const widths = cells.map((column) => Math.max(...column.map((cell) => cell.length)));
  return Array.from({ length: stages.length + 1 }, (_, row) =>
    cells
      .map((column, at) => (at === 0 ? column[row].padEnd(widths[at]) : column[row].padStart(widths[at])))
      .join('  '),
  );
}

function stageLines(stage: StageReport): readonly string[] {
  const { shares, health, lost } = stage;
  const lines = [
    ...(lost === 0 ? [] : [`lost: ${describeErrors(stage)}`]),
    ...tenantsOf(shares ?? []).flatMap((tenant) => {
      const text = describeShares(shares ?? [], tenant);
      return text === '' ? [] : [`shares of ${tenant}: ${text}`];
    }),
    ...(health === null ? [] : [`health: ${describeHealth(health)}`]),
    ...(health?.changes ?? []).map((change) => `  after ${seconds(change.at)}: ${describeChange(change)}`),
  ];
  return lines.length === 0 ? [] : [stage.name, ...lines.map((line) => `  ${line}`)];
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(2)}s`;
}
