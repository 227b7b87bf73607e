// keystone audit: who has changed what at the running gateway, or has tried to, and what came of it.
import { ADDRESS_OPTIONS } from './admin-address.ts';
import type { AuditRow } from './admin-answers.ts';
import { openAdmin } from './admin-client.ts';
import { describeFailure, exitCodeOf } from './admin-failure.ts';
import { type Command, type CommandInput, type ExitCode, type Terminal, typed } from './contract.ts';
import { screenOptions } from './full-screen.ts';
import { type Line, type Tone, paint, span } from './paint.ts';

const FILTERS = ['tenant', 'by', 'outcome', 'path', 'since', 'limit'] as const;

export const audit: Command = {
  name: 'audit',
  summary: 'Print who has changed what at the running gateway, or has tried to, and what came of it; the latest last.',
  operands: '',
  options: [
    { name: 'tenant', short: 't', value: 'NAME', completes: 'tenants', summary: 'only what was about that tenant' },
    { name: 'by', short: 'b', value: 'WHO', summary: 'only by that token, by its name, or from that address' },
    { name: 'outcome', short: 'o', value: 'OUTCOME', summary: 'only what was done, refused or failed' },
    { name: 'path', short: 'p', value: 'TEXT', summary: 'only with that in its path, such as reload or shop/a' },
    { name: 'since', value: 'DURATION', summary: 'only so long ago at most, such as 24h' },
    { name: 'limit', short: 'n', value: 'COUNT', summary: 'the latest so many (default and most: 1000)' },
    { name: 'json', summary: 'print a JSON object on each line' },
    ...ADDRESS_OPTIONS,
  ],
  examples: ['keystone audit', 'keystone audit --outcome refused --since 24h', 'keystone audit --by ci --json'],
  run: runAudit,
};

async function runAudit(input: CommandInput, terminal: Terminal): Promise<ExitCode> {
  const opened = await openAdmin(input, terminal);
  if (!opened.ok) return opened.error;
  const client = opened.value;
  const answer = await client.audit(filterOf(input));
  if (!answer.ok) {
    terminal.error(describeFailure(answer.error, client.address, null));
    return exitCodeOf(answer.error);
  }
  if (answer.value.entries.length === 0 && input.options['json'] !== true) {
    const isWhole = Object.keys(filterOf(input)).every((name) => name === 'limit');
    terminal.error(`keystone: ${isWhole ? 'nothing has been changed yet' : 'nothing that was changed is like that'}\n`);
    return 0;
  }
  const { color } = screenOptions(terminal, input.environment);
  const format =
    input.options['json'] === true
      ? (entry: AuditRow) => JSON.stringify(entry)
      : (entry: AuditRow) => paint(auditLine(entry), Number.POSITIVE_INFINITY, color);
  terminal.out(answer.value.entries.map((entry) => `${format(entry)}\n`).join(''));
  return 0;
}

function filterOf(input: CommandInput): Readonly<Record<string, string>> {
  const found = FILTERS.flatMap((name) => {
    const value = typed(input, name);
    return value === null ? [] : [[name, value] as const];
  });
  return Object.fromEntries(found);
}

const TONES: Readonly<Record<string, Tone>> = { done: 'good', refused: 'act', failed: 'bad' };
// As the longest, `refused`.
const OUTCOME_WIDTH = 7;

function auditLine({ at, by, outcome, method, path, query, error, left_out: leftOut }: AuditRow): Line {
  const place = by.address === 'unix' ? 'a Unix socket' : by.address;
  return [
    span(`${at}  `, 'faint'),
    span(outcome.padEnd(OUTCOME_WIDTH), TONES[outcome] ?? 'plain'),
    span(`  ${by.token ?? 'no token'}`, 'strong'),
    span(` from ${place}`, 'faint'),
    span(`  ${method} ${path}${query === '' ? '' : `?${query}`}`),
    span(error === null ? '' : `  ${error}`, 'bad'),
    span(leftOut === 0 ? '' : `  (${leftOut} refused before it are not listed)`, 'act'),
  ];
}
