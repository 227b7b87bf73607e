// Reads the plan that the gateway starts with.
import { stat } from 'node:fs/promises';
import { loadConfig } from '../config/load.ts';
import { bytes } from '../core/units.ts';
import { compile } from '../plan/compile.ts';
import type { World } from '../world.ts';
import { type ReadPlan, readPlanAside } from './read-aside.ts';

// Some hundred tenants. Up to here reading takes less time than the start of another process, and few megabytes.
const SMALL = bytes(128 * 1024);

/** A small file is read here, a large one aside. Rejects only if the process that reads it aside fails. */
export async function readPlan(file: string, world: World): Promise<ReadPlan> {
  if (await isLarge(file)) return readPlanAside(file);
  const loaded = await loadConfig(file, world.environment, world.readFile);
  if (!loaded.ok) return { plan: null, problems: loaded.error };
  return { plan: compile(loaded.value.config), problems: loaded.value.warnings };
}

// What has no size can be read only once, and only by us: `--config /dev/stdin`.
async function isLarge(file: string): Promise<boolean> {
  const found = await stat(file).catch(() => null);
  return found !== null && found.isFile() && found.size > SMALL;
}
