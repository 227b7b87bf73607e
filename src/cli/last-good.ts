// At a start: broken tenants are served as they were last, if the history knows that.
import type { Plan } from '../plan/plan.ts';
import type { World } from '../world.ts';
import type { History, Version } from '../state/history.ts';
import { type ReadPlan, readPlanAgain } from './read-aside.ts';
import { readPlan } from './read-plan.ts';

/** What was read, where it is no mistake. */
export type ReadWhole = ReadPlan & { readonly plan: Plan };

/** The configuration, with the last good versions of tenants that are broken in it and would be left out. */
export async function withLastGood(
  read: ReadWhole,
  history: History | null,
  file: string,
  world: World,
): Promise<ReadWhole> {
  const { gateway } = read.plan;
  const version = soundest(history?.versions ?? [], gateway.quarantined.length);
  const isLeftOut = gateway.quarantined.some(({ serves }) => serves === 'nothing');
  if (!isLeftOut || history === null || version === null) return read;
  const what = { file: version.file, from: history.textsOf(version) };
  const earlier = await readPlanAgain(what, { gateway, tenants: [] }, () => Promise.resolve());
  const again = earlier.plan === null ? null : await readPlan(file, world, earlier.plan);
  return again === null || again.plan === null ? read : { ...again, plan: again.plan };
}

// The latest of those with the fewest broken tenants: one that was never sound must not cost the others theirs. Null: none is
// sounder than what was read.
function soundest(versions: readonly Version[], present: number): Version | null {
  const fewest = Math.min(...versions.map(({ quarantined }) => quarantined));
  return fewest < present ? (versions.findLast(({ quarantined }) => quarantined === fewest) ?? null) : null;
}
