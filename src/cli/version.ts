// keystone version.
import { VERSION } from '../core/version.ts';
import type { Command } from './contract.ts';

export const version: Command = {
  name: 'version',
  summary: 'Print the version.',
  operands: '',
  options: [],
  examples: ['keystone version'],
  run(_input, terminal) {
    terminal.out(`keystone ${VERSION}\n`);
    return Promise.resolve(0);
  },
};
