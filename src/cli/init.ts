// keystone init: writes a first configuration for the origins that are named.
import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { configJsonSchema } from '../config/json-schema.ts';
import { type Result, err, ok } from '../core/result.ts';
import { type Command, type CommandInput, type ExitCode, type Terminal, typed } from './contract.ts';
import { type StarterOrigin, parseOrigin, starter } from './starter.ts';

const DEFAULT_FILE = 'keystone.yaml';
const SCHEMA_FILE = 'keystone.schema.json';

export const init: Command = {
  name: 'init',
  summary: 'Write a first configuration, with comments, for the origins that are named. Never overwrites.',
  operands: '[ORIGIN…]',
  options: [
    {
      name: 'output',
      short: 'o',
      value: 'FILE',
      summary: `where to write it (default: ${DEFAULT_FILE}); -: to the standard output`,
    },
  ],
  examples: [
    'keystone init http://127.0.0.1:3000',
    'keystone init http://127.0.0.1:3000 http://127.0.0.1:3001 api=http://127.0.0.1:4000',
    'keystone init shop.example.com=http://127.0.0.1:3000 --output shop.yaml',
  ],
  run: (input, terminal) => Promise.resolve(runInit(input, terminal)),
};

function runInit(input: CommandInput, terminal: Terminal): ExitCode {
  const origins: StarterOrigin[] = [];
  for (const word of input.positionals) {
    const origin = parseOrigin(word);
    if (!origin.ok) {
      terminal.error(`keystone init: ${origin.error}\n`);
      return 2;
    }
    origins.push(origin.value);
  }
  const file = typed(input, 'output') ?? DEFAULT_FILE;
  const text = starter(origins, `./${SCHEMA_FILE}`);
  if (file === '-') {
    terminal.out(text);
    return 0;
  }
  return writeAll(file, text, origins.length === 0, terminal);
}

function writeAll(file: string, text: string, isExample: boolean, terminal: Terminal): ExitCode {
  const written = writeNew(file, text);
  if (!written.ok) {
    const advice =
      written.error.code === 'EEXIST'
        ? 'it is there already, and is left as it is; --output FILE names another'
        : written.error.message;
    terminal.error(`keystone init: ${file} is not written: ${advice}\n`);
    return 1;
  }
  const schema = join(dirname(file), SCHEMA_FILE);
  // One that is there may belong to another version; the configuration is good all the same.
  const isNew = writeNew(schema, `${JSON.stringify(configJsonSchema(), null, 2)}\n`).ok;
  const beside = isNew ? `, and ${schema} for editors` : '';
  const config = file === DEFAULT_FILE ? '' : ` --config ${file}`;
  const example = isExample ? 'It has an origin as an example: http://127.0.0.1:3000\n' : '';
  terminal.out(`wrote ${file}${beside}\n${example}Next: keystone check${config} && keystone run${config}\n`);
  return 0;
}

type WriteFailure = { readonly code: string; readonly message: string };

// The flag is what keeps a file that somebody else writes at the same moment.
function writeNew(file: string, text: string): Result<void, WriteFailure> {
  try {
    return ok(writeFileSync(file, text, { flag: 'wx' }));
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    return err({ code, message: error instanceof Error ? error.message : String(error) });
  }
}
