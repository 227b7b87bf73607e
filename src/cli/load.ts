// Reads the configuration that a command is about.
import { stat } from 'node:fs/promises';
import { loadConfig } from '../config/load.ts';
import { type Problem, formatProblem } from '../config/problems.ts';
import type { Config } from '../config/schema.ts';
import type { World } from '../world.ts';
import { bytes } from '../core/units.ts';
import { configFiles } from './config-files.ts';
import { problemList } from './problem-list.ts';
import type { Terminal } from './contract.ts';

/** The configuration, or null after every problem has been printed. Warnings are printed too. */
export async function readConfig(
  file: string,
  world: World,
  terminal: Pick<Terminal, 'error' | 'isErrorInteractive'>,
): Promise<Config | null> {
  const loaded = await loadConfig(file, world.environment, configFiles(world));
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
  const texts = terminal.isErrorInteractive ? await textsOf(problems, readFile) : NO_TEXTS;
  terminal.error(problemList(file, problems, texts));
}

const NO_TEXTS: ReadonlyMap<string, Lines> = new Map();

const LARGEST_SHOWN = bytes(1024 * 1024);

type Lines = readonly string[];

// The files that problems are about, as lines.
async function textsOf(problems: readonly Problem[], readFile: World['readFile']): Promise<ReadonlyMap<string, Lines>> {
  const files = [...new Set(problems.filter(({ line }) => line > 0).map(({ file }) => file))];
  const texts = await Promise.all(files.map(async (file) => [file, await linesOf(file, readFile)] as const));
  return new Map(texts);
}

// None: it cannot be read a second time, as a pipe cannot. The problems say what is wrong with the file.
async function linesOf(file: string, readFile: World['readFile']): Promise<Lines> {
  const isFile = await stat(file).then(
    (found) => found.isFile(),
    () => false,
  );
  if (!isFile) return [];
  return readFile(file, LARGEST_SHOWN).then(
    (content) => new TextDecoder().decode(content).split('\n'),
    () => [],
  );
}
