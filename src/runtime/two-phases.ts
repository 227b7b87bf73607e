// A plan is put in force in two phases: every part of the gateway prepares what it needs, and only when all of them can, all
// change. Several processes that serve together do the same with one another.
import type { Result } from '../core/result.ts';
import { ok } from '../core/result.ts';
import type { Plan } from '../plan/plan.ts';

/** What a part has prepared. It comes to `commit` or to `drop`. */
export type PreparedPart = {
  /** Puts it in force. It fails only by a bug. */
  readonly commit: () => void | Promise<void>;
  /** It will not be put in force: nothing has changed. */
  readonly drop: () => void;
};

/** A part of the gateway that a plan changes: all that can fail does so here. The error is one line for people. */
export type ChangingPart = (plan: Plan) => Promise<Result<PreparedPart, string>>;

/** Has all parts prepare, one after the other. */
export async function prepareAll(parts: readonly ChangingPart[], plan: Plan): Promise<Result<PreparedPart, string>> {
  const prepared: PreparedPart[] = [];
  const drop = (): void => {
    for (const part of prepared.splice(0).toReversed()) part.drop();
  };
  try {
    for (const part of parts) {
      const one = await part(plan);
      if (!one.ok) {
        drop();
        return one;
      }
      prepared.push(one.value);
    }
  } catch (error) {
    drop();
    throw error;
  }
  return ok({ commit: () => commitAll(prepared, drop), drop });
}

// The rest is dropped where one has a bug.
async function commitAll(prepared: PreparedPart[], drop: () => void): Promise<void> {
  try {
    for (let part = prepared.shift(); part !== undefined; part = prepared.shift()) await part.commit();
  } finally {
    drop();
  }
}
