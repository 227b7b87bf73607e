// keystone token create: a new token for the admin API.
import { randomBytes } from 'node:crypto';
import { digestOf } from '../config/digest.ts';
import { type Command, type CommandInput, type ExitCode, type Terminal, typed } from './contract.ts';

// 256 bits. The beginning lets people, and programs that look for secrets, see what it is.
const BYTES = 32;
const BEGINNING = 'kst_';

const SCOPES = ['read', 'operate', 'admin'];
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

export const token: Command = {
  name: 'token',
  summary: 'Make a token for the admin API. It is printed once; the configuration gets its hash.',
  operands: '<create>',
  options: [
    { name: 'name', value: 'NAME', summary: 'who has it, as the log and the audit log say' },
    { name: 'scope', value: 'SCOPE', summary: 'what it allows: read, operate or admin (default: read)' },
    { name: 'tenant', value: 'NAME', isList: true, summary: 'it sees only this tenant; may be repeated' },
  ],
  examples: ['keystone token create --name ci --scope operate --tenant shop'],
  run: (input, terminal) => Promise.resolve(runToken(input, terminal)),
};

function runToken(input: CommandInput, terminal: Terminal): ExitCode {
  const [word = ''] = input.positionals;
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
  if (word !== 'create') return `${word} is nothing that it does; "create" is`;
  if (!NAME.test(name)) return '--name says who has it: 1 to 64 of A-Z, a-z, 0-9, ".", "_" and "-"';
  if (!SCOPES.includes(scope)) return `--scope ${scope} is not known; expected ${SCOPES.join(', ')}`;
  const odd = tenants.find((one) => !NAME.test(one));
  return odd === undefined ? null : `--tenant ${odd} is not the name of a tenant`;
}
