// Reads the plan that the gateway starts with.
import { stat } from 'node:fs/promises';
import { loadConfig } from '../config/load.ts';
import { bytes } from '../core/units.ts';
import { compile } from '../plan/compile.ts';
import type { World } from '../world.ts';
import { type ReadPlan, readPlanAside } from './read-aside.ts';

// About four hundred tenants. Reading a smaller file takes less time than starting another process, and leaves no more than
// some megabytes of garbage.
const SMALL = bytes(128 * 1024);

/** Reads a small file in this process, and has a large one read by another. */
export async function readPlan(file: string, world: World): Promise<ReadPlan> {
  if (await isLarge(file)) return readPlanAside(file);
  const loaded = await loadConfig(file, world.environment, world.readFile);
  if (!loaded.ok) return { plan: null, problems: loaded.error };
  return { plan: compile(loaded.value.config), problems: loaded.value.warnings };
}

// A pipe such as /dev/stdin has no size. It can be read only once, and another process may not be able to open it.
async function isLarge(file: string): Promise<boolean> {
  const found = await stat(file).catch(() => null);
  return found !== null && found.isFile() && found.size > SMALL;
}
