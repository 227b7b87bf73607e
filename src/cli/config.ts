// keystone config: all that there is to do with the configuration of the running gateway.
import { ADDRESS_OPTIONS } from './admin-address.ts';
import { type AdminClient, type ConfigText, openAdmin } from './admin-client.ts';
import { type AdminFailure, describeFailure, exitCodeOf } from './admin-failure.ts';
import type { ConfigDifference, ConfigInForce, ConfigOutcome } from './config-answers.ts';
import { configFile } from './config-option.ts';
import { type Command, type CommandInput, type ExitCode, type Terminal, typed } from './contract.ts';
import { history } from './history.ts';
import { tellOutcome } from './reload.ts';
import { rollback } from './rollback.ts';
import { readText, readTexts } from './texts-to-send.ts';

const OPTIONS: Command['options'] = [
  { name: 'json', summary: 'print the answer of the admin API' },
  {
    name: 'as',
    value: 'FILE',
    summary: 'check, apply: the file of the configuration that one text is for (the main one)',
  },
  { name: 'if-version', value: 'NUMBER', summary: 'apply: only in the place of this version, as show --json has it' },
  { name: 'overwrite', summary: 'apply: replace a file also where it was changed since it was put in force' },
  { name: 'exit-code', summary: 'diff: exit with 1 where there are differences' },
  ...ADDRESS_OPTIONS,
];

export const config: Command = {
  name: 'config',
  summary: 'Show, check, compare and replace the configuration of the running gateway, secrets masked.',
  operands: '<show|diff|check|apply|history|rollback> [file|version|show] [file|version…]',
  options: OPTIONS,
  examples: [
    'keystone config show',
    'keystone config diff',
    'keystone config check new.yaml',
    'keystone config apply new.yaml --if-version 12',
    'keystone config apply keystone.yaml tenants.d/shop.yaml',
    'keystone config history',
    'keystone config rollback 12',
  ],
  run: runConfig,
};

async function runConfig(input: CommandInput, terminal: Terminal): Promise<ExitCode> {
  const [word = '', ...rest] = input.positionals;
  const after = { ...input, positionals: rest };
  switch (word) {
    case 'history':
      return history.run(after, terminal);
    case 'rollback':
      return rollback.run(after, terminal);
    case 'show':
      return rest.length > 0 ? tooMuch(word, terminal) : ask(after, terminal, show);
    case 'diff':
      return rest.length > 0 ? tooMuch(word, terminal) : ask(after, terminal, diff);
    case 'check':
    case 'apply':
      return ask(after, terminal, word === 'check' ? check : apply);
    default:
      terminal.error(
        `keystone config: ${word} is nothing that it does; expected ${config.operands.split(' ')[0] ?? ''}\n`,
      );
      return 2;
  }
}

function tooMuch(word: string, terminal: Terminal): ExitCode {
  terminal.error(`keystone config ${word}: there is a word too many; keystone help config tells what it takes\n`);
  return 2;
}

/** What a subcommand has to work with. `fail` says why there is no answer. */
type Asked = {
  readonly input: CommandInput;
  readonly terminal: Terminal;
  readonly client: AdminClient;
  readonly isJson: boolean;
  readonly fail: (failure: AdminFailure) => ExitCode;
};

async function ask(
  input: CommandInput,
  terminal: Terminal,
  subcommand: (asked: Asked) => Promise<ExitCode>,
): Promise<ExitCode> {
  const opened = await openAdmin(input, terminal);
  if (!opened.ok) return opened.error;
  const client = opened.value;
  const fail = (failure: AdminFailure): ExitCode => {
    terminal.error(describeFailure(failure, client.address, null));
    return exitCodeOf(failure);
  };
  return subcommand({ input, terminal, client, isJson: input.options['json'] === true, fail });
}

async function show({ client, terminal, isJson, fail }: Asked): Promise<ExitCode> {
  const answer = await client.config();
  if (!answer.ok) return fail(answer.error);
  if (isJson) terminal.out(jsonOf(answer.value));
  else if (answer.value.files.length === 0) {
    terminal.error(`keystone: ${answer.value.read_only ?? 'the texts in force are not known'}\n`);
    return 1;
  } else terminal.out(textsOf(answer.value));
  return 0;
}

// One file is printed as it is, so that it can be changed and applied.
function textsOf({ files }: ConfigInForce): string {
  const [only] = files;
  if (files.length === 1 && only !== undefined) return lineEnded(only.text ?? `# ${only.read_only ?? ''}`);
  return files.map(({ file, text, read_only: why }) => `# ${file}\n${lineEnded(text ?? `# ${why ?? ''}`)}`).join('\n');
}

function lineEnded(text: string): string {
  return text.endsWith('\n') ? text : `${text}\n`;
}

async function diff({ client, input, terminal, isJson, fail }: Asked): Promise<ExitCode> {
  const answer = await client.configDifference();
  if (!answer.ok) return fail(answer.error);
  const { files, read_only: why } = answer.value;
  if (isJson) terminal.out(jsonOf(answer.value));
  else if (why !== null) {
    terminal.error(`keystone: ${why}\n`);
    return 1;
  } else if (files.length === 0) terminal.error('keystone: the files on disk are what is in force\n');
  else terminal.out(files.map(hunksOf).join(''));
  return files.length > 0 && input.options['exit-code'] === true ? 1 : 0;
}

function hunksOf({ file, lines, note }: ConfigDifference['files'][number]): string {
  const head = `--- ${file} (in force)\n+++ ${file} (on disk)\n`;
  return note === null ? head + lines : `${head}# ${note}\n${lines}`;
}

async function check(asked: Asked): Promise<ExitCode> {
  const texts = await textsToSend(asked, null);
  if (typeof texts === 'number') return texts;
  const answer = await asked.client.checkConfig(texts);
  return answer.ok
    ? tell(answer.value, asked, { done: '', failed: 'it could not be put in force' })
    : asked.fail(answer.error);
}

async function apply(asked: Asked): Promise<ExitCode> {
  const { client, input, terminal, fail } = asked;
  const wanted = typed(input, 'if-version');
  if (wanted !== null && !/^[1-9]\d{0,8}$/.test(wanted)) {
    terminal.error(`keystone config apply: --if-version ${wanted} is not the number of a version\n`);
    return 2;
  }
  const inForce = await client.config();
  if (!inForce.ok) return fail(inForce.error);
  const texts = await textsToSend(asked, inForce.value);
  if (typeof texts === 'number') return texts;
  const { etag, version, read_only: why } = inForce.value;
  if (etag === null) return refuse(terminal, why ?? 'the texts in force are not known');
  if (wanted !== null && Number(wanted) !== version)
    return refuse(terminal, `version ${version ?? 'without a number'} is in force, not ${wanted}; nothing was changed`);
  const answer = await client.applyConfig(texts, etag, input.options['overwrite'] === true);
  if (!answer.ok) return fail(answer.error);
  const done = `in force and written to ${texts.length === 1 ? 'its file' : 'their files'}, as version ${answer.value.version ?? 'without a number'}`;
  return tell(answer.value, asked, { done, failed: 'not put in force' });
}

function refuse(terminal: Terminal, reason: string): ExitCode {
  terminal.error(`keystone: ${reason}\n`);
  return 1;
}

/** Says what has come of a text. */
function tell(outcome: ConfigOutcome, { terminal, isJson }: Asked, words: { done: string; failed: string }): ExitCode {
  const { kind = 'failed', added = [], changed = [], removed = [], changes = [], quarantined = [] } = outcome;
  const { error, reason = error, problems = [] } = outcome;
  if (isJson) {
    terminal.out(jsonOf(outcome));
    return kind === 'reloaded' || kind === 'would_reload' ? 0 : 1;
  }
  const whole = {
    kind,
    added,
    changed,
    removed,
    changes,
    quarantined,
    problems,
    ...(reason === undefined ? {} : { reason }),
  };
  return tellOutcome(whole, terminal, { ...words, foreseen: 'it is right, and would give' });
}

/** The texts that were named, or that of the configuration file. `inForce`: null where nobody has asked yet. */
async function textsToSend(
  { input, terminal, client, fail }: Asked,
  inForce: ConfigInForce | null,
): Promise<readonly ConfigText[] | ExitCode> {
  const [name = configFile(input), ...others] = input.positionals;
  const as = typed(input, 'as');
  if (others.length === 0) {
    const text = await readText(name);
    return text.ok ? [{ file: as, text: text.value }] : refuse(terminal, text.error);
  }
  if (as !== null) {
    terminal.error('keystone config: --as names the file that one text is for; several are told by their own names\n');
    return 2;
  }
  const asked = inForce === null ? await client.config() : { ok: true as const, value: inForce };
  if (!asked.ok) return fail(asked.error);
  const texts = await readTexts(
    [name, ...others],
    asked.value.files.map(({ file }) => file),
  );
  return texts.ok ? texts.value : refuse(terminal, texts.error);
}

function jsonOf(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
