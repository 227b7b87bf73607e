// Finds and reads the configuration that a command is about.
import { loadConfig } from '../config/load.ts';
import { formatProblem } from '../config/problems.ts';
import type { Config } from '../config/schema.ts';
import type { World } from '../world.ts';
import type { CommandInput, CommandOption, Terminal } from './contract.ts';

const DEFAULT_FILE = './keystone.yaml';

export const CONFIG_OPTION: CommandOption = {
  name: 'config',
  short: 'c',
  value: 'FILE',
  summary: `the configuration (default: $KEYSTONE_CONFIG, or ${DEFAULT_FILE})`,
};

export function configFile(input: CommandInput): string {
  const { config } = input.options;
  return typeof config === 'string' ? config : (input.environment['KEYSTONE_CONFIG'] ?? DEFAULT_FILE);
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
