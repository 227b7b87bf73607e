// Backends are probed for the owner of their standing: what a probe asks comes from a backend's plan, and what it brings
// goes to the owner.
import type { CheckOptions } from '../config/resolve.ts';
import type { Slot } from '../core/cells.ts';
import { maskSecrets } from '../core/secrets.ts';
import type { Millis } from '../core/units.ts';
import type { ProbeCounter } from '../observe/metrics/probe-counter.ts';
import { probeTarget } from '../plan/backends.ts';
import type { BackendPlan, CheckPlan } from '../plan/pool-plan.ts';
import type { CheckKind, ProbeResult, ProbeTools, Schedule } from '../probing/contract.ts';
import { checks } from '../probing/registry.ts';
import type { HealthScheduler, ProbeOutcome, Probed } from '../probing/scheduler.ts';
import type { Probes } from '../standing/contract.ts';
import type { Standing } from '../standing/standing.ts';
import { type HealthState, UNKNOWN } from '../standing/state-machine.ts';

/** `standing`: whom it is for, which is made with it. */
export function probesBy(
  scheduler: HealthScheduler,
  standing: () => Standing<BackendPlan>,
  counter: ProbeCounter,
): Probes<BackendPlan> {
  return {
    watch: (slot, plan) => {
      if (plan.check === null) scheduler.forget(slot);
      else scheduler.add(new Subject(slot, { plan, check: plan.check, standing: standing(), counter }));
    },
    soon: (slot) => scheduler.probeSoon({ id: slot }),
    ask: (slot, timeout) => scheduler.ask({ id: slot }, timeout),
    anew: (slot) => scheduler.anew({ id: slot }),
    end: (slot) => {
      scheduler.forget(slot);
      counter.forget(slot);
    },
  };
}

type SubjectParts = {
  readonly plan: BackendPlan;
  readonly check: CheckPlan;
  readonly standing: Standing<BackendPlan>;
  readonly counter: ProbeCounter;
};

class Subject implements Probed {
  constructor(
    readonly id: Slot,
    private readonly parts: SubjectParts,
  ) {}

  get schedule(): Schedule {
    return this.parts.check.schedule;
  }

  get probeKey(): string {
    return this.parts.check.key;
  }

  get state(): HealthState {
    return this.parts.standing.healthOf(this.id)?.state ?? UNKNOWN;
  }

  get downSince(): Millis | null {
    return this.parts.standing.healthOf(this.id)?.downSince ?? null;
  }

  probe(tools: ProbeTools): Promise<ProbeResult> {
    const { type, options } = this.parts.check;
    const kinds: readonly CheckKind<CheckOptions>[] = checks;
    const kind = kinds.find((candidate) => candidate.type === type) ?? kinds[0];
    return kind.probe(options, probeTarget(this.parts.plan), tools);
  }

  report(outcome: ProbeOutcome): void {
    this.count(outcome);
    this.parts.standing.probed(this.id, this.fitToShow(outcome));
  }

  answer(outcome: ProbeOutcome): void {
    this.count(outcome);
    this.parts.standing.answered(this.id, this.fitToShow(outcome));
  }

  private count({ passed, duration }: ProbeOutcome): void {
    this.parts.counter.count(this.id, passed, duration);
  }

  // A page or a program may tell what it was told.
  private fitToShow(outcome: ProbeOutcome): ProbeOutcome {
    const { secrets } = this.parts.plan.url;
    if (secrets.length === 0) return outcome;
    const { detail, excerpt } = outcome;
    return {
      ...outcome,
      detail: maskSecrets(detail, secrets),
      excerpt: excerpt === null ? null : maskSecrets(excerpt, secrets),
    };
  }
}
