// Finds the configuration that a command is about.
import { existsSync } from 'node:fs';
import { type CommandInput, type CommandOption, typed, variable } from './contract.ts';

const DEFAULT_FILE = './keystone.yaml';
/** Where there is no file of that name. */
const DEFAULT_MODULES = ['./keystone.config.ts', './keystone.config.js', './keystone.config.mjs'];

export const CONFIG_OPTION: CommandOption = {
  name: 'config',
  short: 'c',
  value: 'FILE',
  summary: `the configuration (default: $KEYSTONE_CONFIG, or $GATEWAY_CONFIG, or ${DEFAULT_FILE}, or ./keystone.config.ts, .js, .mjs)`,
};

/** The file that the configuration is in. */
export function configFile(input: CommandInput): string {
  return typed(input, 'config') ?? configOfEnvironment(input.environment) ?? defaultFile();
}

function defaultFile(): string {
  return [DEFAULT_FILE, ...DEFAULT_MODULES].find((file) => existsSync(file)) ?? DEFAULT_FILE;
}

/** The file that a variable names, ours before the original's; null: none does. */
export function configOfEnvironment(environment: CommandInput['environment']): string | null {
  return variable(environment, 'KEYSTONE_CONFIG') ?? variable(environment, 'GATEWAY_CONFIG');
}
