// keystone key create: a new key for a client of a tenant with api_key.
import { createHash, randomBytes } from 'node:crypto';
import { parseId, parseInstant } from '../policies/auth/key-list.ts';
import { type Command, type CommandInput, type ExitCode, type Terminal, typed } from './contract.ts';

// 256 bits. The beginning lets people, and programs that look for secrets, see what it is.
const BYTES = 32;
const BEGINNING = 'ksk_';

export const key: Command = {
  name: 'key',
  summary: 'Make a key for a client, for the policy api_key. It is printed once; the configuration gets its hash.',
  operands: '<create> <id>',
  completes: [['create']],
  options: [{ name: 'expires', value: 'TIME', summary: 'when it ends, such as 2027-01-31; absent: never' }],
  examples: ['keystone key create shop-app', 'keystone key create partner --expires 2027-01-31'],
  run: (input, terminal) => Promise.resolve(runKey(input, terminal)),
};

function runKey(input: CommandInput, terminal: Terminal): ExitCode {
  const [word = '', id = ''] = input.positionals;
  const expires = typed(input, 'expires');
  const problem = problemIn(word, id, expires);
  if (problem !== null) {
    terminal.error(`keystone key: ${problem}\n`);
    return 2;
  }
  const made = BEGINNING + randomBytes(BYTES).toString('base64url');
  const hash = `sha256:${createHash('sha256').update(made).digest('hex')}`;
  const end = expires === null ? '' : `, expires: "${expires}"`;
  terminal.error('The key, for the client alone; it is not shown again:\n');
  terminal.out(`${made}\n`);
  terminal.error('The line for `keys` of the policy api_key:\n');
  terminal.out(`- { id: ${id}, hash: "${hash}"${end} }\n`);
  return 0;
}

function problemIn(word: string, id: string, expires: string | null): string | null {
  if (word !== 'create') return `${word} is nothing that it does; "create" is`;
  const name = parseId(id);
  if (!name.ok) return name.error;
  const end = expires === null ? null : parseInstant(expires);
  return end === null || end.ok ? null : end.error;
}
