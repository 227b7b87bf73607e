// keystone version.
import { VERSION } from '../core/version.ts';
import type { Command } from './contract.ts';
import { LICENCES } from './licences.ts';

export const version: Command = {
  name: 'version',
  summary: 'Print the version, or the licences of all that is inside.',
  operands: '',
  options: [{ name: 'licences', summary: 'print the licences of the gateway, its runtime and its libraries' }],
  examples: ['keystone version', 'keystone version --licences'],
  run({ options }, terminal) {
    terminal.out(options['licences'] === true ? LICENCES : `keystone ${VERSION}\n`);
    return Promise.resolve(0);
  },
};
