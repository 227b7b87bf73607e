// keystone token create: a new token for the admin API. keystone token list: those of the configuration, but for what they are.
import { randomBytes } from 'node:crypto';
import { digestOf } from '../config/digest.ts';
import { tokenName } from '../plan/compile.ts';
import { realWorld } from '../world.ts';
import { CONFIG_OPTION, configFile } from './config-option.ts';
import { readConfig } from './load.ts';
import { type Command, type CommandInput, type ExitCode, type Terminal, typed } from './contract.ts';

// 256 bits. The beginning lets people, and programs that look for secrets, see what it is.
const BYTES = 32;
const BEGINNING = 'kst_';

const SCOPES = ['read', 'operate', 'admin'];
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

export const token: Command = {
  name: 'token',
  summary:
    'Make a token for the admin API, which is printed once while the configuration gets its hash; or list those there are.',
  operands: '<create|list>',
  completes: [['create', 'list']],
  options: [
    { name: 'name', value: 'NAME', summary: 'who has it, as the log and the audit log say' },
    {
      name: 'scope',
      value: 'SCOPE',
      completes: SCOPES,
      summary: 'what it allows: read, operate or admin (default: read)',
    },
    {
      name: 'tenant',
      value: 'NAME',
      isList: true,
      completes: 'tenants',
      summary: 'it sees only this tenant; may be repeated',
    },
    { name: 'json', summary: 'print the list as JSON' },
    CONFIG_OPTION,
  ],
  examples: ['keystone token create --name ci --scope operate --tenant shop', 'keystone token list'],
  run: runToken,
};

async function runToken(input: CommandInput, terminal: Terminal): Promise<ExitCode> {
  const [word = ''] = input.positionals;
  return word === 'list' ? await list(input, terminal) : create(word, input, terminal);
}

/** A token of the configuration. `kept`: what of it stands there. */
type TokenRow = {
  readonly name: string;
  readonly scope: string;
  readonly tenants: readonly string[] | null;
  readonly kept: 'hash' | 'token';
};

async function list(input: CommandInput, terminal: Terminal): Promise<ExitCode> {
  const config = await readConfig(configFile(input), realWorld(), terminal);
  if (config === null) return 1;
  const rows = config.admin.tokens.map(
    ({ name, scope, tenants = null, hash }, at): TokenRow => ({
      name: name ?? tokenName(at),
      scope,
      tenants,
      kept: hash === undefined ? 'token' : 'hash',
    }),
  );
  terminal.out(input.options['json'] === true ? `${JSON.stringify({ tokens: rows }, null, 2)}\n` : table(rows));
  return 0;
}

const TITLES = { name: 'NAME', scope: 'SCOPE', kept: 'KEPT AS' };

function table(rows: readonly TokenRow[]): string {
  if (rows.length === 0) return 'There are no tokens: programs on this machine need none, and others are not served.\n';
  const width = Math.max(TITLES.name.length, ...rows.map(({ name }) => name.length));
  const line = ({ name, scope, kept }: Record<keyof typeof TITLES, string>, tenants: string): string =>
    `${name.padEnd(width)}  ${scope.padEnd(7)}  ${kept.padEnd(7)}  ${tenants}\n`;
  return line(TITLES, 'TENANTS') + rows.map((row) => line(row, row.tenants?.join(', ') ?? 'all')).join('');
}

function create(word: string, input: CommandInput, terminal: Terminal): ExitCode {
  const name = typed(input, 'name') ?? '';
  const scope = typed(input, 'scope') ?? 'read';
  const tenants = input.lists['tenant'] ?? [];
  const problem = problemIn(word, name, scope, tenants);
  if (problem !== null) {
    terminal.error(`keystone token: ${problem}\n`);
    return 2;
  }
  const made = BEGINNING + randomBytes(BYTES).toString('base64url');
  const bound = tenants.length === 0 ? '' : `, tenants: [${tenants.map((one) => `"${one}"`).join(', ')}]`;
  terminal.error('The token; it is not shown again:\n');
  terminal.out(`${made}\n`);
  terminal.error('The line for admin.tokens:\n');
  terminal.out(`- { name: "${name}", hash: "sha256:${digestOf(made)}", scope: ${scope}${bound} }\n`);
  return 0;
}

function problemIn(word: string, name: string, scope: string, tenants: readonly string[]): string | null {
  if (word !== 'create') return `${word} is nothing that it does; "create" and "list" are`;
  if (!NAME.test(name)) return '--name says who has it: 1 to 64 of A-Z, a-z, 0-9, ".", "_" and "-"';
  if (!SCOPES.includes(scope)) return `--scope ${scope} is not known; expected ${SCOPES.join(', ')}`;
  const odd = tenants.find((one) => !NAME.test(one));
  return odd === undefined ? null : `--tenant ${odd} is not the name of a tenant`;
}
