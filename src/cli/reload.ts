// keystone reload: has the running gateway read its configuration again, and says what has come of it.
import { formatProblem } from '../config/problems.ts';
import { ADDRESS_OPTIONS } from './admin-address.ts';
import { openAdmin } from './admin-client.ts';
import type { ReloadAnswer } from './admin-answers.ts';
import { describeFailure, exitCodeOf } from './admin-failure.ts';
import { type Command, type CommandInput, type ExitCode, type Terminal, typed } from './contract.ts';
import { signalTo } from './pid-file.ts';
import { someOf } from './reloader.ts';

export const reload: Command = {
  name: 'reload',
  summary: 'Have the running gateway read its configuration again, and say what is new, changed or wrong.',
  operands: '',
  options: [
    { name: 'pid-file', value: 'FILE', summary: 'send SIGHUP to the process in it instead; the log says how it went' },
    { name: 'dry-run', summary: 'only say what it would change' },
    ...ADDRESS_OPTIONS,
  ],
  examples: ['keystone reload', 'keystone reload --dry-run', 'keystone reload --pid-file /run/keystone.pid'],
  run: runReload,
};

/** What an outcome is called. `foreseen`: where nothing was put in force, as nobody wanted that. */
type OutcomeWords = { readonly done: string; readonly failed: string; readonly foreseen?: string };

const WORDS: OutcomeWords = { done: 'reloaded', failed: 'not reloaded' };

async function runReload(input: CommandInput, terminal: Terminal): Promise<ExitCode> {
  const pidFile = typed(input, 'pid-file');
  if (pidFile !== null) return signalTo(pidFile, 'SIGHUP', 'reads its configuration again', terminal);
  const opened = await openAdmin(input, terminal);
  if (!opened.ok) return opened.error;
  const answer = await opened.value.reload(input.options['dry-run'] === true);
  if (answer.ok) return tellOutcome(answer.value, terminal);
  terminal.error(describeFailure(answer.error, opened.value.address, null));
  return exitCodeOf(answer.error);
}

/** Says what has come of a reload. */
export function tellOutcome(answer: ReloadAnswer, terminal: Terminal, words = WORDS): ExitCode {
  const { kind, added, changed, removed, changes, quarantined, problems } = answer;
  const broken = quarantined.flatMap((one) => one.problems);
  for (const line of new Set([...broken, ...problems].map(formatProblem))) terminal.error(`${line}\n`);
  if (kind !== 'reloaded' && kind !== 'would_reload') {
    terminal.error(`keystone: ${words.failed}: ${reasonOf(answer)}; the gateway serves as before\n`);
    return 1;
  }
  const parts = [describe('new', added), describe('changed', changed), describe('gone', removed)];
  const tenants = parts.filter((part) => part !== '').join('; ') || 'no tenant has changed';
  const lines = changes.map((line) => `  ${line}\n`).join('');
  terminal.out(`${kind === 'reloaded' ? words.done : (words.foreseen ?? 'a reload would give')}: ${tenants}\n${lines}`);
  // Whoever has just changed one of these has not got what he wanted.
  for (const one of quarantined) terminal.error(`keystone: ${describeQuarantined(one)}\n`);
  return quarantined.length === 0 ? 0 : 1;
}

function describeQuarantined({ tenant, file, serves }: ReloadAnswer['quarantined'][number]): string {
  const what = serves === 'last_good' ? 'keeps its last good version' : 'is left out';
  return tenant === null ? `what ${file} holds ${what}` : `tenant ${tenant} of ${file} ${what}`;
}

function reasonOf({ kind, reason }: ReloadAnswer): string {
  if (kind === 'refused') return 'the configuration has problems';
  return reason ?? 'another configuration has taken its place, or the gateway ends';
}

function describe(word: string, names: readonly string[]): string {
  return names.length === 0 ? '' : `${names.length} ${word} (${someOf(names)})`;
}
