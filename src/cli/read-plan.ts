// Reads the plan that the gateway starts with.
import { stat } from 'node:fs/promises';
import { loadTolerantly } from '../config/load.ts';
import { FileWitness } from '../config/seen-files.ts';
import { isModule } from '../config/module.ts';
import { bytes } from '../core/units.ts';
import { compileTolerant } from '../plan/compile.ts';
import { fingerprintOfTenant } from '../plan/compile-tenant.ts';
import { lastGoodOf } from '../plan/last-good.ts';
import type { Plan } from '../plan/plan.ts';
import { stampOf } from '../world/look-at-files.ts';
import type { World } from '../world.ts';
import { configFiles } from './config-files.ts';
import { ConfigTexts } from './config-texts.ts';
import { type ReadPlan, readPlanAside } from './read-aside.ts';

// About four hundred tenants. Reading a smaller file takes less time than starting another process, and leaves no more than
// some megabytes of garbage.
const SMALL = bytes(128 * 1024);

/** Reads a small file in this process, and has a large one read by another. So is one that may include others, or that is a
 * program. `lastGood`: what was served last, by a gateway before this one; null: nobody knows. */
export async function readPlan(file: string, world: World, lastGood: Plan | null = null): Promise<ReadPlan> {
  if (isModule(file) || (await isLarge(file, world))) return readPlanAside(file, lastGood);
  const witness = new FileWitness(configFiles(world), stampOf);
  const texts = new ConfigTexts(witness.through);
  const loaded = await loadTolerantly(file, world.environment, texts.files, {
    lastGood: () => Promise.resolve(lastGood === null ? [] : [...lastGoodOf(lastGood)]),
    fingerprintOf: fingerprintOfTenant,
  });
  const { seen } = witness;
  if (!loaded.ok) return { plan: null, problems: loaded.error, texts: null, seen };
  const known = new Map(lastGood?.tenants.map((tenant) => [tenant.fingerprint, tenant]));
  const plan = compileTolerant(loaded.value, known);
  return { plan, problems: loaded.value.warnings, texts: texts.pack(), seen };
}

// A pipe such as /dev/stdin has no size. It can be read only once, and another process may not be able to open it.
async function isLarge(file: string, { readFile }: World): Promise<boolean> {
  const found = await stat(file).catch(() => null);
  if (found === null || !found.isFile()) return false;
  if (found.size > SMALL) return true;
  const text = await readFile(file, SMALL).catch(() => new Uint8Array());
  return /\binclude\b/.test(new TextDecoder().decode(text));
}
