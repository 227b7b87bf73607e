// keystone history: the configurations that were in force, and the texts that they were made of.
import { realWorld } from '../world.ts';
import { ADDRESS_OPTIONS } from './admin-address.ts';
import type { HistoryList, VersionRow } from './admin-answers.ts';
import { openAdmin } from './admin-client.ts';
import { describeFailure, exitCodeOf } from './admin-failure.ts';
import { readPacked, unpack } from './config-texts.ts';
import type { Command, CommandInput, ExitCode, Terminal } from './contract.ts';
import { errorOf } from '../core/error-of.ts';
import { historyOnDisk } from './history-on-disk.ts';

export const history: Command = {
  name: 'history',
  summary: 'List the configurations that were in force, or show one with the texts that it was made of.',
  operands: '[show] [version]',
  completes: [['show']],
  options: [{ name: 'json', summary: 'print JSON' }, ...ADDRESS_OPTIONS],
  examples: ['keystone history', 'keystone history --json'],
  run: runHistory,
};

async function runHistory(input: CommandInput, terminal: Terminal): Promise<ExitCode> {
  const [word, wanted] = input.positionals;
  const isAsked = word === 'show' && wanted !== undefined && /^[1-9]\d{0,8}$/.test(wanted);
  if (word !== undefined && !isAsked) {
    terminal.error('keystone: expected nothing, or show and the number of a version: keystone history show 12\n');
    return 2;
  }
  const found = await findHistory(input, terminal);
  if (typeof found === 'number') return found;
  if (found.directory === null) {
    terminal.error('keystone: the gateway has no state directory, and keeps no history\n');
    return 1;
  }
  const isJson = input.options['json'] === true;
  if (isAsked) return show(found, Number(wanted), { terminal, isJson });
  if (found.versions.length === 0 && !isJson) terminal.error('keystone: no configuration has been kept yet\n');
  terminal.out(isJson ? `${JSON.stringify(found, null, 2)}\n` : listing(found));
  return 0;
}

// Of the running gateway; where none runs, what it has left.
async function findHistory(input: CommandInput, terminal: Terminal): Promise<HistoryList | ExitCode> {
  const opened = await openAdmin(input, terminal);
  if (!opened.ok) return opened.error;
  const answer = await opened.value.history();
  if (answer.ok) return answer.value;
  const isAway = answer.error.kind === 'unreachable' && opened.value.address.isLoopback;
  const left = isAway ? await historyOnDisk(input, realWorld()) : null;
  if (left !== null) return left;
  terminal.error(describeFailure(answer.error, opened.value.address, null));
  return exitCodeOf(answer.error);
}

function listing({ versions, current }: HistoryList): string {
  return versions
    .toReversed()
    .map((version) => `${lineOf(version, version.number === current)}\n`)
    .join('');
}

const MOST_CHANGES = 3;

function lineOf(version: VersionRow, isCurrent: boolean): string {
  const { number, at, changes, tenants } = version;
  const more = changes.length > MOST_CHANGES ? '; …' : '';
  const what =
    changes.length === 0
      ? `${tenants} ${tenants === 1 ? 'tenant' : 'tenants'}`
      : changes.slice(0, MOST_CHANGES).join('; ') + more;
  return `${isCurrent ? '*' : ' '} ${String(number).padStart(4)}  ${at}  ${causeOf(version)}  ${what}`;
}

function causeOf({ source, operator, of }: VersionRow): string {
  const what = of === null ? source : `${source} to ${of}`;
  return operator === null ? what : `${what} by ${operator.token ?? 'an operator'} from ${operator.address}`;
}

type Output = { readonly terminal: Terminal; readonly isJson: boolean };

async function show({ versions }: HistoryList, number: number, output: Output): Promise<ExitCode> {
  const { terminal, isJson } = output;
  const version = versions.find((one) => one.number === number);
  if (version === undefined) {
    terminal.error(`keystone: there is no version ${number}; keystone history lists them\n`);
    return 1;
  }
  try {
    const texts = unpack(await readPacked(version.texts)).map(({ path, content }) => ({
      path,
      text: new TextDecoder().decode(content),
    }));
    terminal.out(isJson ? `${JSON.stringify({ ...version, files: texts }, null, 2)}\n` : shown(version, texts));
    return 0;
  } catch (error) {
    terminal.error(`keystone: the texts of version ${number} cannot be read: ${errorOf(error).message}\n${ADVICE}\n`);
    return 1;
  }
}

const ADVICE =
  'They may hold secrets, so that only the user of the gateway, on its machine, may read them; the admin API does not show them.';

function shown(version: VersionRow, texts: readonly { readonly path: string; readonly text: string }[]): string {
  const head = [`version ${version.number}, ${version.at}, ${causeOf(version)}`, ...version.changes];
  const bodies = texts.map(({ path, text }) => `\n# ${path}\n${text.endsWith('\n') ? text : `${text}\n`}`);
  return head.map((line) => `# ${line}\n`).join('') + bodies.join('');
}
