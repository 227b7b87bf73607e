// keystone completion: the script by which a shell completes the words of this program, made of the registry of commands. The
// scripts ask it for the names of tenants and backends.
import { millis } from '../core/units.ts';
import { ADDRESS_OPTIONS } from './admin-address.ts';
import { type AdminClient, openAdmin } from './admin-client.ts';
import type { Command, CommandInput, ExitCode, Terminal } from './contract.ts';
import { bash } from './shells/bash.ts';
import { type Shell, completedCommands } from './shells/contract.ts';
import { fish } from './shells/fish.ts';
import { zsh } from './shells/zsh.ts';

const SHELLS: Readonly<Record<string, Shell>> = { bash, zsh, fish };
// Somebody waits at a prompt.
const PATIENCE = millis(2000);
/** As many as people read. */
const MOST_NAMES = 100;

export const completion: Command = {
  name: 'completion',
  summary: 'Print the script by which bash, zsh or fish completes commands, options and names.',
  operands: '<bash|zsh|fish|tenants|backends> [prefix]',
  completes: [Object.keys(SHELLS)],
  options: ADDRESS_OPTIONS,
  examples: [
    'source <(keystone completion bash)',
    'keystone completion zsh > ~/.zfunc/_keystone',
    'keystone completion fish > ~/.config/fish/completions/keystone.fish',
  ],
  run: runCompletion,
};

async function runCompletion(input: CommandInput, terminal: Terminal): Promise<ExitCode> {
  const [wanted = '', prefix = ''] = input.positionals;
  const shell = Object.hasOwn(SHELLS, wanted) ? SHELLS[wanted] : undefined;
  if (shell !== undefined) {
    terminal.out(shell(completedCommands(input.commands ?? [])));
    return 0;
  }
  if (wanted !== 'tenants' && wanted !== 'backends') {
    terminal.error(`keystone completion: ${wanted} is no shell that it knows; expected bash, zsh or fish\n`);
    return 2;
  }
  const opened = await openAdmin(input, terminal, AbortSignal.timeout(PATIENCE));
  if (!opened.ok) return opened.error;
  const names = await namesFrom(opened.value, wanted, prefix);
  terminal.out(names.map((name) => `${name}\n`).join(''));
  return 0;
}

// A gateway that does not answer knows no names: nobody wants an error at the prompt.
async function namesFrom(
  client: AdminClient,
  wanted: 'tenants' | 'backends',
  prefix: string,
): Promise<readonly string[]> {
  const slash = prefix.indexOf('/');
  if (wanted === 'backends' && slash >= 0) {
    const tenant = prefix.slice(0, slash);
    const found = await client.tenant(tenant);
    const names = found.ok ? found.value.backends.map(({ name }) => `${tenant}/${name}`) : [];
    return names.filter((name) => name.startsWith(prefix));
  }
  const found = await client.summaries({ search: prefix, sort: 'name', order: 'asc', limit: String(MOST_NAMES) });
  const names = found.ok ? found.value.tenants.map(({ name }) => name) : [];
  const fitting = names.filter((name) => name.startsWith(prefix));
  return wanted === 'tenants' ? fitting : fitting.map((name) => `${name}/`);
}
