// Finds and reads the configuration that a command is about.
import { stat } from 'node:fs/promises';
import { loadConfig } from '../config/load.ts';
import { type Problem, formatProblem } from '../config/problems.ts';
import type { Config } from '../config/schema.ts';
import type { World } from '../world.ts';
import { bytes } from '../core/units.ts';
import { problemList } from './problem-list.ts';
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
  terminal: Pick<Terminal, 'error' | 'isErrorInteractive'>,
): Promise<Config | null> {
  const loaded = await loadConfig(file, world.environment, world.readFile);
  if (!loaded.ok) {
    await printProblems(file, loaded.error, world, terminal);
    return null;
  }
  for (const warning of loaded.value.warnings) terminal.error(`${formatProblem(warning)}\n`);
  return loaded.value.config;
}

/** Prints why a configuration is refused; on a terminal with the lines that it is about. */
export async function printProblems(
  file: string,
  problems: readonly Problem[],
  { readFile }: Pick<World, 'readFile'>,
  terminal: Pick<Terminal, 'error' | 'isErrorInteractive'>,
): Promise<void> {
  const text = terminal.isErrorInteractive ? await textOf(file, readFile) : null;
  terminal.error(problemList(file, problems, text));
}

const LARGEST_SHOWN = bytes(1024 * 1024);

// Null: it cannot be read a second time, as a pipe cannot. The problems say what is wrong with the file.
async function textOf(file: string, readFile: World['readFile']): Promise<string | null> {
  const isFile = await stat(file).then(
    (found) => found.isFile(),
    () => false,
  );
  if (!isFile) return null;
  return readFile(file, LARGEST_SHOWN).then(
    (content) => new TextDecoder().decode(content),
    () => null,
  );
}
