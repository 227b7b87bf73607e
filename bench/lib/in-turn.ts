// Measures the programs under test one after the other, with the same origins.
import { assignCores, type Cores } from './cpu.ts';
import { gateway } from './gateway-program.ts';
import { startOrigins } from './origins.ts';
import type { Stage } from './processes.ts';
import { installedPeers, type Program } from './proxies.ts';
import type { Words } from './words.ts';

/** Which programs are measured, how the gateway is started, and where the report goes. */
export type Choice = { readonly only: readonly string[]; readonly gateway: string; readonly output: string };

/** Where a program runs. */
export type Place = { readonly stage: Stage; readonly cores: Cores; readonly origins: readonly number[] };

/** Reads the choice from the command line. */
export function readChoice(words: Words): Choice {
  return { only: words.list('only'), gateway: words.of('gateway'), output: words.of('output') };
}

/** The rows of `measure` for each chosen program that is installed. */
export async function inTurn<Row>(
  stage: Stage,
  choice: Choice,
  measure: (program: Program, place: Place) => Promise<Row>,
): Promise<readonly Row[]> {
  const cores = assignCores();
  const origins = await startOrigins(stage, { kind: null, core: cores.origins });
  const programs = [...installedPeers(), gateway('keystone', choice.gateway)];
  const rows: Row[] = [];
  for (const program of programs.filter(({ name }) => choice.only.includes(name))) {
    rows.push(await measure(program, { stage, cores, origins: origins.ports }));
  }
  return rows;
}
