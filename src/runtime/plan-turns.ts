// Plans are put in force one after the other; of those that come meanwhile, only the last one.
import { errorOf, traceOf } from '../core/error-of.ts';
import type { Result } from '../core/result.ts';
import { inSlices } from '../core/slices.ts';
import type { Difference } from '../plan/difference.ts';
import { type ChangeWords, planChanges } from '../plan/difference-in-words.ts';
import { type Plan, following } from '../plan/plan.ts';
import type { ServedParts } from './gateway-options.ts';
import { tellOfQuarantine } from './quarantine.ts';
import type { PreparedPart } from './two-phases.ts';

/** What has become of a plan that was to be put in force. */
export type Applied =
  | { readonly kind: 'in_force'; readonly change: Difference; readonly words: ChangeWords }
  /** The one before is in force as if nothing had been. */
  | { readonly kind: 'failed'; readonly reason: string }
  /** A later one has taken its place, or the gateway ends. */
  | { readonly kind: 'dropped' };

/** A plan with all that it needs. */
export type PreparedPlan = PreparedPart & { readonly change: Difference };

/** The gateway that the plans are for. */
export type PlanOwner = {
  readonly parts: Pick<ServedParts, 'inForce' | 'pace' | 'log' | 'control' | 'recorder'>;
  readonly isEnding: () => boolean;
  readonly prepare: (plan: Plan) => Promise<Result<PreparedPlan, string>>;
};

const REFUSED = 'the new plan cannot be put in force; the one before stays';

export class PlanTurns {
  private latest: Promise<unknown> = Promise.resolve();
  private wanted: Plan | null = null;

  constructor(private readonly owner: PlanOwner) {}

  apply(plan: Plan): Promise<Applied> {
    this.wanted = plan;
    const turn = this.latest.then(() => this.applyNow(plan));
    this.latest = turn;
    return turn;
  }

  /** Runs a task between plans, unless the gateway ends. */
  between(task: () => Promise<void>): Promise<void> {
    const turn = this.latest.then(() => (this.owner.isEnding() ? undefined : task()));
    this.latest = turn.catch(() => undefined);
    return turn;
  }

  private async applyNow(plan: Plan): Promise<Applied> {
    if (this.wanted !== plan) return { kind: 'dropped' };
    this.wanted = null;
    const { parts, isEnding, prepare } = this.owner;
    const { inForce, pace, log } = parts;
    const before = inForce.plan;
    try {
      const prepared = await prepare(following(before, plan));
      if (isEnding()) {
        if (prepared.ok) prepared.value.drop();
        return { kind: 'dropped' };
      }
      if (!prepared.ok) {
        log('error', REFUSED, { reason: prepared.error });
        return { kind: 'failed', reason: prepared.error };
      }
      const { change } = prepared.value;
      await prepared.value.commit();
      parts.control?.switches.adopt();
      tellOfQuarantine(before.gateway.quarantined, plan.gateway.quarantined, parts.recorder);
      const words = await inSlices(planChanges(before, change), pace, isEnding);
      return { kind: 'in_force', change, words: words ?? { lines: [], more: 0 } };
    } catch (error) {
      log('error', REFUSED, { error: traceOf(error) });
      return { kind: 'failed', reason: errorOf(error).message };
    }
  }
}
