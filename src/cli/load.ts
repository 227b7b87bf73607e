// Finds and reads the configuration that a command is about.
import { loadConfig } from '../config/load.ts';
import { formatProblem } from '../config/problems.ts';
import type { Config } from '../config/schema.ts';
import type { World } from '../world.ts';
import { type CommandInput, type CommandOption, type Terminal, typed, variable } from './contract.ts';

const DEFAULT_FILE = './keystone.yaml';

export const CONFIG_OPTION: CommandOption = {
  name: 'config',
  short: 'c',
  value: 'FILE',
  summary: `the configuration (default: $KEYSTONE_CONFIG, or $GATEWAY_CONFIG, or ${DEFAULT_FILE})`,
};

/** The file that the configuration is in. */
export function configFile(input: CommandInput): string {
  return typed(input, 'config') ?? configOfEnvironment(input.environment) ?? DEFAULT_FILE;
}

/** The file that a variable names, ours before the original's; null: none does. */
export function configOfEnvironment(environment: CommandInput['environment']): string | null {
  return variable(environment, 'KEYSTONE_CONFIG') ?? variable(environment, 'GATEWAY_CONFIG');
}

/** The configuration, or null after every problem has been printed. Warnings are printed too. */
export async function readConfig(
  file: string,
  world: World,
  terminal: Pick<Terminal, 'error'>,
): Promise<Config | null> {
  const loaded = await loadConfig(file, world.environment, world.readFile);
  if (!loaded.ok) {
    for (const problem of loaded.error) terminal.error(`${formatProblem(problem)}\n`);
    return null;
  }
  for (const warning of loaded.value.warnings) terminal.error(`${formatProblem(warning)}\n`);
  return loaded.value.config;
}
