// Writes the results for the terminal and for bench/results: as Markdown to read, as JSON to compare runs.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Machine } from './machine.ts';
import type { Row } from './measure.ts';
import type { Compared } from './scenarios.ts';
import { median } from './statistics.ts';

/** The results of one scenario. */
export type Outcome = {
  readonly scenario: Compared;
  readonly rows: readonly Row[];
  /** How many bytes of body each program's client gets; absent: as many from each. */
  readonly sizes?: readonly number[];
};

/** The results of a whole run. */
export type Report = { readonly machine: Machine; readonly outcomes: readonly Outcome[] };

const COLUMNS = ['min', 'req/s', 'p50 ms', 'p99 ms', 'RSS MiB'];

/** One scenario as a Markdown table. */
export function scenarioTable({ scenario, rows, sizes }: Outcome): string {
  const references = rows.filter(({ program }) => scenario.references.includes(program));
  const names = references.map(({ program }) => program).join(' and ');
  const ratioTitle = `ratio to ${references.length > 1 ? 'the better of ' : ''}${names}`;
  const shared = ['program', `CPU/${scenario.unit ?? 'request'} µs (user + sys)`, ...COLUMNS];
  const compared = references.length === 0 ? [] : [ratioTitle, 'of minima', 'by round'];
  const columns = [...shared, ...compared, ...(sizes === undefined ? [] : ['body bytes'])];
  const lines = rows.map((row, at) => [
    ...cells(row),
    ...(references.length === 0 ? [] : ratios(row, references)),
    ...(sizes === undefined ? [] : [String(sizes[at])]),
  ]);
  return [`### ${scenario.title} (\`${scenario.name}\`)`, '', ...markdownTable(columns, lines)].join('\n');
}

// Compares within each round: other work of the machine lasts longer than a round, so it affects both programs alike.
function ratios(row: Row, references: readonly Row[]): readonly string[] {
  const best = references.toSorted((a, b) => a.cpu - b.cpu)[0];
  const least = Math.min(...references.map(({ cpuMinimum }) => cpuMinimum));
  const ratio = byRound(row.costs, best.costs);
  return [row.cpu / best.cpu, row.cpuMinimum / least, ratio].map((value) => value.toFixed(3));
}

/** The median of the ratios within each round. */
export function byRound(values: readonly number[], references: readonly number[]): number {
  return median(values.map((value, round) => value / references[round]));
}

/** The whole run as a Markdown document. */
function markdown({ machine, outcomes }: Report, table: (outcome: Outcome) => string): string {
  return `# Benchmark results

Written by \`${machine.command}\` on ${machine.date}; CPU ${machine.cpu}, kernel ${machine.kernel}.
Programs: ${machine.versions.join(', ')}.

${machine.method.map((line) => `- ${line}`).join('\n')}

${outcomes.map(table).join('\n\n')}
`;
}

/** Writes the report as Markdown and as JSON. */
export function save(
  report: Report,
  to: { readonly output: string; readonly name: string },
  table: (outcome: Outcome) => string = scenarioTable,
): void {
  const file = join(to.output, to.name);
  mkdirSync(to.output, { recursive: true });
  const scenarios = report.outcomes.map(({ scenario, rows }) => ({ name: scenario.name, rows: rows.map(rounded) }));
  writeFileSync(`${file}.md`, markdown(report, table));
  writeFileSync(`${file}.json`, `${JSON.stringify({ ...report.machine, scenarios }, null, 2)}\n`);
}

/** A line for each row with failed requests, whose other figures are not valid. */
export function complaints(outcomes: readonly Outcome[]): readonly string[] {
  return outcomes.flatMap(({ scenario, rows }) =>
    rows
      .filter(({ errors }) => errors > 0)
      .map(
        ({ program, errors }) => `${scenario.name}: ${program} FAILED ${errors} REQUESTS; its figures are not valid`,
      ),
  );
}

/** A Markdown table, first column left, the others right, padded so that it can be read as it is. */
export function markdownTable(columns: readonly string[], rows: readonly (readonly string[])[]): readonly string[] {
  const widths = columns.map((column, at) => Math.max(column.length, ...rows.map((row) => row[at].length)));
  const line = (row: readonly string[]): string =>
    `| ${row.map((cell, at) => (at === 0 ? cell.padEnd(widths[at]) : cell.padStart(widths[at]))).join(' | ')} |`;
  const rule = line(widths.map((width, at) => (at === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`)));
  return [line(columns), rule, ...rows.map(line)];
}

function cells(row: Row): readonly string[] {
  const errors = row.errors === 0 ? '' : ` (${row.errors} ERRORS)`;
  return [
    row.program + errors,
    `${short(row.cpu)} (${short(row.user)} + ${short(row.system)})`,
    short(row.cpuMinimum),
    String(Math.round(row.requestsPerSecond)),
    milliseconds(row.p50),
    milliseconds(row.p99),
    (row.residentBytes / 1024 ** 2).toFixed(0),
  ];
}

// The load does not always tell.
function milliseconds(micros: number): string {
  return Number.isNaN(micros) ? '–' : (micros / 1000).toFixed(2);
}

function short(micros: number): string {
  return micros >= 1000 ? micros.toFixed(0) : micros.toFixed(1);
}

function rounded(row: Row): Record<string, unknown> {
  const round = (value: unknown): unknown => (typeof value === 'number' ? Math.round(value * 100) / 100 : value);
  return Object.fromEntries(
    Object.entries(row).map(([key, value]) => [key, Array.isArray(value) ? value.map(round) : round(value)]),
  );
}
