// What the owner of standing is told of backends, and what it tells. Whoever serves requests knows nothing else of it.
import type { Slot } from '../core/cells.ts';
import type { Failure, FailureCode } from '../core/failure.ts';
import type { Millis, Share } from '../core/units.ts';
import type { OutlierCause, OutlierSettings } from './outlier.ts';
import type { Thresholds } from './state-machine.ts';

/** A backend, as far as its standing depends on the configuration. */
export type MemberPlan = {
  readonly name: string;
  /** By name and address: the same before and after a reload. */
  readonly identity: string;
  /** Relative to the others of its pool. */
  readonly weight: number;
  /** Those of a higher tier get requests only while all of the lower ones are out. */
  readonly tier: number;
  /** Null: eligible from the start and for ever, but for passive evidence. */
  readonly check: { readonly type: string; readonly schedule: Thresholds & { readonly timeout: Millis } } | null;
  /** Null: traffic never ejects it. */
  readonly outlier: OutlierSettings | null;
};

/** What a backend says of itself: the part of its weight that it wants (null: it does not say), or no new requests. */
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
  /** An attempt has failed. */
  failed(slot: Slot, code: FailureCode): void;
  /** An answer has begun that is held against the backend. */
  answeredBadly(slot: Slot, cause: OutlierCause): void;
  /** A backend on trial has begun to answer, and well. */
  trialPassed(slot: Slot): void;
  /** Requests wait for the backend, and not a byte has come from it for suspiciously long. */
  fellSilent(slot: Slot): void;
  /** There is nobody else: a trial of one request at a time would be no help. */
  liftTrial(slot: Slot): void;
  /** The last request has left a backend that takes no new ones. */
  emptied(slot: Slot): void;
  /** What has been counted so far is from before now. */
  settle(slot: Slot): void;
}

/** Who asks backends how they are, for the owner. `Plan`: what the one who asks needs to know of them. */
export interface Probes<Plan extends MemberPlan> {
  /** The backend is to be probed from here on as its plan says, or not at all where it has no check. */
  watch(slot: Slot, plan: Plan): void;
  /** Traffic has seen trouble: a probe is to run now, not at its time. */
  soon(slot: Slot): void;
  /** One probe is to run now, besides those of the schedule, with a timeout of its own. */
  ask(slot: Slot, timeout: Millis): void;
  /** The backend is to be probed no more. */
  end(slot: Slot): void;
}

/** What the owner tells; the state itself is in the cells. */
export interface StandingEvents {
  /** The word or the weight is another one. */
  changed(slot: Slot): void;
  /** Whoever waits for an answer of this backend has reason to doubt that it comes. */
  doubted(slot: Slot): void;
  /** What the backend still does is to end. */
  cut(slot: Slot, why: Failure): void;
}
