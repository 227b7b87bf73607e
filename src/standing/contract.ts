// What the owner of standing is told of backends, and what it tells. The code that serves requests uses only this.
import type { Slot } from '../core/cells.ts';
import type { PoolName } from '../core/pool-name.ts';
import type { Failure, FailureCode } from '../core/failure.ts';
import type { Millis, Share } from '../core/units.ts';
import type { OutlierCause, OutlierReason, OutlierSettings } from './outlier.ts';
import type { SlowStartSettings } from './slow-start.ts';
import type { Thresholds, Verdict } from './state-machine.ts';
import type { Witness } from './witness.ts';

/** A backend, as far as its standing depends on the configuration. */
export type MemberPlan = {
  readonly name: string;
  /** By name and address: the same before and after a reload. */
  readonly identity: string;
  /** Its host, where that is a name that must be resolved before anybody can connect; null: an address. */
  readonly host: { readonly name: string } | null;
  /** Relative to the others of its pool. */
  readonly weight: number;
  /** Those of a higher tier get requests only while all of the lower ones are out. */
  readonly tier: number;
  /** Null: no check. Such a backend is eligible from the start, and only passive evidence can take it out. */
  readonly check: {
    readonly type: string;
    readonly schedule: Thresholds & { readonly timeout: Millis };
    /** The host that is asked in its place, where that is a name; null: none, or an address. */
    readonly host: { readonly name: string } | null;
  } | null;
  /** Null: traffic never ejects it. */
  readonly outlier: OutlierSettings | null;
};

/** What a backend says of itself by its health page: the part of its weight that it wants (null: it does not say), or
 * that it wants no new requests. */
export type Advice = { readonly weight: Share | null; readonly drain: boolean };

/** How a probe has ended. */
export type ProbeReport = {
  readonly passed: boolean;
  /** One line for people. */
  readonly detail: string;
  /** Null: there was no answer, or none with a status. */
  readonly status: number | null;
  readonly excerpt: string | null;
  readonly advice: Advice | null;
  readonly duration: Millis;
  /** Milliseconds since 1970. */
  readonly at: number;
};

/** What serving requests shows of backends. Bad results are told one by one; good ones are counted in the cells (see
 * `Tally`), and the owner takes them into account before anything else that happens. */
export interface EvidenceSink {
  /** An attempt has failed. It is remembered for people; whether it is evidence, `failed` is told. */
  met(slot: Slot, why: Pick<Failure, 'code' | 'reason'>): void;
  /** An attempt has failed, and its backend may be to blame. */
  failed(slot: Slot, code: FailureCode, witness: Witness): void;
  /** An answer has begun that is held against the backend. */
  answeredBadly(slot: Slot, cause: OutlierCause, witness: Witness): void;
  /** A backend on trial has begun to answer, and well. */
  trialPassed(slot: Slot): void;
  /** Requests wait for the backend, and not a byte has come from it for suspiciously long. */
  fellSilent(slot: Slot): void;
  /** No other backend of the pool is eligible, so a trial with one request at a time would only make requests fail. */
  liftTrial(slot: Slot): void;
  /** The last request has left a backend that takes no new ones. */
  emptied(slot: Slot): void;
  /** The good answers that the cells have counted so far were given before this moment. */
  settle(slot: Slot): void;
}

/** The owner of standing, as pools see it. */
export interface StandingOwner<Plan extends MemberPlan> extends EvidenceSink {
  /** Says which backends a pool has from here on; returns their slots, in the order of the plans. */
  open(
    pool: PoolName,
    settings: { readonly slowStart: SlowStartSettings; readonly leaveWithin: Millis | null },
    plans: readonly Plan[],
  ): readonly Slot[];
  /** The one reason why a backend gets no requests, in one line; null: its standing does not keep requests away. */
  reason(slot: Slot): string | null;
  /** The name of a backend has new addresses. */
  moved(slot: Slot): void;
}

/** What is known of a backend, in a form that outlives the process. */
export type Remembered = {
  /** Null: it has not been probed yet. */
  readonly verdict: Verdict | null;
  /** `until`: milliseconds since 1970. */
  readonly ejection: { readonly until: number; readonly count: number; readonly reason: OutlierReason } | null;
};

/** What an earlier process knew of a backend; null: nothing that still counts. */
export type Recall = (tenant: string, identity: string) => Remembered | null;

/** Probes backends for the owner. `Plan`: what the prober needs to know of a backend. */
export interface Probes<Plan extends MemberPlan> {
  /** From here on the backend is probed as its plan says; not at all where it has no check. */
  watch(slot: Slot, plan: Plan): void;
  /** Requests have met trouble: the next probe is to run now, and not at its time. */
  soon(slot: Slot): void;
  /** One probe is to run now, besides those of the schedule, with a timeout of its own. */
  ask(slot: Slot, timeout: Millis): void;
  /** The backend's name leads elsewhere: a probe that runs counts no more, and another one is to run now. */
  anew(slot: Slot): void;
  /** The backend is to be probed no more. */
  end(slot: Slot): void;
}

/** What the owner tells; the state itself is in the cells. */
export interface StandingEvents {
  /** From here on a pool has this backend, at this slot. */
  entered(pool: PoolName, identity: string, slot: Slot): void;
  /** The word or the weight in the cells has changed. */
  changed(slot: Slot): void;
  /** Requests that wait for an answer of this backend have reason to doubt that it comes. */
  doubted(slot: Slot): void;
  /** All that the backend still has is to be cut off. */
  cut(slot: Slot, why: Failure): void;
}
