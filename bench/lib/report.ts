// Tables for the terminal and for bench/results: Markdown to read and quote, JSON to compare runs by.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Machine } from './machine.ts';
import type { Row } from './measure.ts';
import type { Scenario } from './scenarios.ts';

/** What one scenario gave. */
export type Outcome = { readonly scenario: Scenario; readonly rows: readonly Row[] };

/** One whole run. */
export type Report = { readonly machine: Machine; readonly outcomes: readonly Outcome[] };

const COLUMNS = ['program', 'CPU/request µs (user + sys)', 'min', 'req/s', 'p50 ms', 'p99 ms', 'RSS MiB'];

/** One scenario as a Markdown table. */
export function scenarioTable({ scenario, rows }: Outcome): string {
  const references = rows.filter(({ program }) => scenario.references.includes(program));
  const better = (pick: (row: Row) => number): number => Math.min(...references.map(pick));
  const measure = { cpu: better((row) => row.cpu), cpuMinimum: better((row) => row.cpuMinimum) };
  const names = references.map(({ program }) => program).join(' and ');
  const ratioTitle = `ratio to ${references.length > 1 ? 'the better of ' : ''}${names}`;
  const columns = references.length === 0 ? COLUMNS : [...COLUMNS, ratioTitle, 'of minima'];
  const lines = rows.map((row) => {
    const ratios = [(row.cpu / measure.cpu).toFixed(2), (row.cpuMinimum / measure.cpuMinimum).toFixed(2)];
    return references.length === 0 ? cells(row) : [...cells(row), ...ratios];
  });
  return [`### ${scenario.title} (\`${scenario.name}\`)`, '', ...markdownTable(columns, lines)].join('\n');
}

/** The whole run as a Markdown document. */
function markdown({ machine, outcomes }: Report): string {
  return `# Benchmark results

Written by \`${machine.command}\` on ${machine.date}; CPU ${machine.cpu}, kernel ${machine.kernel}.
Programs: ${machine.versions.join(', ')}.

${machine.method.map((line) => `- ${line}`).join('\n')}

${outcomes.map(scenarioTable).join('\n\n')}
`;
}

/** Writes latest.md and latest.json. */
export function save(report: Report, directory: string): void {
  mkdirSync(directory, { recursive: true });
  const scenarios = report.outcomes.map(({ scenario, rows }) => ({ name: scenario.name, rows: rows.map(rounded) }));
  writeFileSync(join(directory, 'latest.md'), markdown(report));
  writeFileSync(join(directory, 'latest.json'), `${JSON.stringify({ ...report.machine, scenarios }, null, 2)}\n`);
}

/** The rows with failed requests, one line each: their other figures mean nothing. */
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
    (row.p50 / 1000).toFixed(2),
    (row.p99 / 1000).toFixed(2),
    (row.residentBytes / 1024 ** 2).toFixed(0),
  ];
}

function short(micros: number): string {
  return micros >= 1000 ? micros.toFixed(0) : micros.toFixed(1);
}

function rounded(row: Row): Record<string, number | string> {
  const entries = Object.entries(row).map(([key, value]) => [
    key,
    typeof value === 'number' ? Math.round(value * 100) / 100 : value,
  ]);
  return Object.fromEntries(entries);
}
