// keystone schema: the JSON Schema of the configuration, for editors.
import { configJsonSchema } from '../config/json-schema.ts';
import type { Command } from './contract.ts';

export const schema: Command = {
  name: 'schema',
  summary: 'Print the JSON Schema of the configuration, for editors and other tools.',
  operands: '',
  options: [],
  examples: ['keystone schema > keystone.schema.json'],
  run(_input, terminal) {
    terminal.out(`${JSON.stringify(configJsonSchema(), null, 2)}\n`);
    return Promise.resolve(0);
  },
};
