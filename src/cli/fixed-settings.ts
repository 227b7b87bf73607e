// What a reload can not change, and what it can not do.
import { type Problem, fileProblem } from '../config/problems.ts';
import type { Plan } from '../plan/plan.ts';

const FIXED = [
  ['user', 'user'],
  ['group', 'group'],
  ['state_dir', 'stateDir'],
] as const;

/** The settings that differ although they are read at the start only. */
export function fixedProblems(file: string, inForce: Plan, next: Plan): readonly Problem[] {
  const [old, now] = [inForce.gateway.start, next.gateway.start];
  return FIXED.filter(([, key]) => old[key] !== now[key]).map(([name]) => ({
    ...fileProblem(file, `${name} is read at the start, and cannot be changed by a reload`, 'a restart'),
    path: name,
  }));
}

/** Why a gateway that has become another user cannot read what it could read at its start. None, if that is not the reason. */
export function lostRights(
  file: string,
  { gateway: { start } }: Plan,
  problems: readonly Problem[],
): readonly Problem[] {
  const who = start.user ?? start.group;
  if (who === null || !problems.some(({ message }) => message.includes('permission denied'))) return [];
  const why = `the gateway became ${start.user === null ? `a member of ${who}` : who} when it had started, and may read only what ${who} may`;
  return [fileProblem(file, why, `files that ${who} may read, or a restart`)];
}
