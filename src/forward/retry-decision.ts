// Whether a failed attempt is followed by another. Pure: all that counts comes in, one decision goes out.
import type { BackOffSettings, RetryCondition, RetrySettings } from '../config/retry.ts';
import type { Failure, FailureCode } from '../core/failure.ts';
import { type Millis, millis } from '../core/units.ts';

/** How the attempt ended: without an answer, or with one that may not be good enough. */
export type AttemptOutcome =
  | { readonly kind: 'failed'; readonly failure: Failure }
  | { readonly kind: 'answered'; readonly status: number };

/** All that counts. */
export type RetryFacts = {
  readonly outcome: AttemptOutcome;
  /** Attempts made so far, this one included; without those whose retry was free. */
  readonly attempts: number;
  /** The same with those. */
  readonly tries: number;
  /** May be done twice: by its method (RFC 9110 section 9.2.2), or by an Idempotency-Key where that is trusted. */
  readonly isIdempotent: boolean;
  /** Something of the request may have reached the backend. */
  readonly wasSent: boolean;
  /** All of the request that was read from the client is still at hand. */
  readonly canReplay: boolean;
  readonly wasReused: boolean;
  /** This exchange has had its free retry for a connection that closed while idle. */
  readonly hadFreeRetry: boolean;
  readonly hasResponseBegun: boolean;
  /** There is an eligible backend that this exchange has not tried. */
  readonly hasOther: boolean;
  readonly hasBudget: boolean;
  readonly now: Millis;
  /** Until then backends that refuse connections are asked again: they may be about to start. */
  readonly connectDeadline: Millis;
  /** For the first byte of a response, by the limit of the whole exchange. */
  readonly deadline: Millis;
  readonly random: number;
};

/** Why there is no other attempt: for log and metrics. */
export type GiveUpReason =
  | 'response_begun'
  | 'not_upstream'
  | 'not_replayable'
  | 'not_configured'
  | 'not_safe'
  | 'attempts_used'
  | 'no_other'
  | 'budget_used'
  | 'deadline';

export type RetryDecision =
  | {
      readonly kind: 'retry';
      /** `fresh`: the same backend on a new connection. `other`: one that was not tried. `same`: there is no other. */
      readonly target: 'fresh' | 'other' | 'same';
      readonly delay: Millis;
      /** To be taken from the tenant's budget. */
      readonly spendsBudget: boolean;
      /** It does not count as an attempt. */
      readonly isFree: boolean;
    }
  | { readonly kind: 'give_up'; readonly reason: GiveUpReason };

/** Another attempt, or the end. */
export function decideRetry(facts: RetryFacts, settings: RetrySettings): RetryDecision {
  const obstacle = firstObstacle(facts);
  if (obstacle !== null) return giveUp(obstacle);
  // The backend closed an idle connection while the request was on its way: nobody's fault, likely with every keep-alive
  // server, and cured by a new connection. Once, because a second one was new.
  if (isIdleRace(facts)) return { kind: 'retry', target: 'fresh', delay: millis(0), spendsBudget: false, isFree: true };
  if (!isConfigured(facts.outcome, settings)) return giveUp('not_configured');
  const isFree = !facts.wasSent && facts.now < facts.connectDeadline;
  if (!isFree && facts.attempts >= settings.attempts) return giveUp('attempts_used');
  // While not a byte was sent no backend had any work: such a retry adds no load, and a budget has nothing to protect.
  const spendsBudget = facts.wasSent;
  if (spendsBudget && !facts.hasBudget) return giveUp('budget_used');
  if (!facts.hasOther && isAboutLoad(facts.outcome)) return giveUp('no_other');
  const target = facts.hasOther ? 'other' : 'same';
  // Another backend has done nothing to be spared for, unless it is the load that fails them one after the other.
  const isSpared = target === 'same' || (facts.wasSent && facts.tries > 1);
  const delay = isSpared ? backOff(facts.tries, facts.random, settings.back_off) : millis(0);
  if (facts.now + delay >= facts.deadline) return giveUp('deadline');
  return { kind: 'retry', target, delay, spendsBudget, isFree };
}

/** The wait before the next attempt, after `attempts` that failed: anything from nothing to a limit that doubles ("full
 * jitter"), so that requests that failed together do not come back together. `random`: from 0 to below 1. */
export function backOff(attempts: number, random: number, settings: BackOffSettings): Millis {
  return millis(random * Math.min(settings.max, settings.base * 2 ** (attempts - 1)));
}

function giveUp(reason: GiveUpReason): RetryDecision {
  return { kind: 'give_up', reason };
}

function firstObstacle(facts: RetryFacts): GiveUpReason | null {
  if (facts.hasResponseBegun) return 'response_begun';
  if (facts.outcome.kind === 'failed' && facts.outcome.failure.source === 'downstream') return 'not_upstream';
  if (!facts.canReplay) return 'not_replayable';
  if (facts.now >= facts.deadline) return 'deadline';
  return !facts.wasSent || facts.isIdempotent ? null : 'not_safe';
}

function isIdleRace({ outcome, wasReused, hadFreeRetry }: RetryFacts): boolean {
  return outcome.kind === 'failed' && outcome.failure.code === 'reset' && wasReused && !hadFreeRetry;
}

// A backend that answers with an error, or does not get round to it, will not do better for being asked again.
function isAboutLoad(outcome: AttemptOutcome): boolean {
  return outcome.kind === 'answered' || CONDITIONS[outcome.failure.code] === 'timeout';
}

const ABANDONED: ReadonlySet<FailureCode> = new Set<FailureCode>(['backend-doubted', 'drain-deadline']);

// Beyond `retry: 'no'` of a failure goes only what the operator asked for by name: an idempotent request that timed out
// may be given to another backend.
function isConfigured(outcome: AttemptOutcome, settings: RetrySettings): boolean {
  switch (outcome.kind) {
    case 'answered':
      return settings.statuses.has(outcome.status);
    case 'failed': {
      // We ended this attempt ourselves, to save the request.
      if (ABANDONED.has(outcome.failure.code)) return true;
      const condition = CONDITIONS[outcome.failure.code];
      return condition !== null && settings.conditions.has(condition);
    }
  }
}

// Which condition of the configuration a failure is; null: none that a retry could help.
const CONDITIONS: Readonly<Record<FailureCode, RetryCondition | null>> = {
  'connect-refused': 'connect',
  'connect-failed': 'connect',
  'connect-timeout': 'connect',
  'tls-failed': 'connect',
  reset: 'reset',
  'first-byte-timeout': 'timeout',
  'request-stalled': 'timeout',
  'response-malformed': 'malformed',
  'request-malformed': null,
  'request-version': null,
  'request-head-too-large': null,
  'request-target-too-long': null,
  'request-body-too-large': null,
  'request-encoding': null,
  'request-timeout': null,
  'expectation-unknown': null,
  'path-ambiguous': null,
  'method-refused': null,
  'too-many-connections': null,
  'client-gone': null,
  'gateway-full': null,
  'response-cut': null,
  'response-idle': null,
  'backend-doubted': null,
  'drain-deadline': null,
  'no-route': null,
  'none-eligible': null,
  'queue-full': null,
  'queue-timeout': null,
  'exchange-timeout': null,
  'policy-failed': null,
  internal: null,
};
