// Decides whether another attempt follows a failed one. Pure: the facts come in, one decision goes out.
import type { BackOffSettings, RetryCondition, RetrySettings } from '../config/retry.ts';
import { type Failure, type FailureCode, failure, failureBecause } from '../core/failure.ts';
import { type Millis, millis } from '../core/units.ts';

/** How the attempt ended: without an answer, or with one that a retry may improve. */
export type AttemptOutcome =
  | { readonly kind: 'failed'; readonly failure: Failure }
  | { readonly kind: 'answered'; readonly status: number };

/** All facts that the decision depends on. */
export type RetryFacts = {
  readonly outcome: AttemptOutcome;
  /** Attempts made so far, this one included, without those that were free. */
  readonly attempts: number;
  /** Attempts made so far, without those over idle connections that were dead. */
  readonly tries: number;
  /** The request may be sent twice: by its method (RFC 9110 9.2.2), or by an Idempotency-Key if the tenant trusts it. */
  readonly isIdempotent: boolean;
  /** Something of the request may have reached the backend. */
  readonly wasSent: boolean;
  /** The gateway still has all of the request that it has read from the client. */
  readonly canReplay: boolean;
  readonly wasReused: boolean;
  /** This exchange has had its free retry for a connection that closed while idle. */
  readonly hadFreeRetry: boolean;
  readonly hasResponseBegun: boolean;
  /** There is an eligible backend that this exchange has not tried. */
  readonly hasOther: boolean;
  readonly hasBudget: boolean;
  readonly now: Millis;
  /** Until then a backend that refuses connections is asked again: it may be about to start. */
  readonly connectDeadline: Millis;
  /** When a response must have begun, by the limit of the whole exchange. */
  readonly endsAt: Millis;
  readonly random: number;
};

/** Why no other attempt is made, for log and metrics. */
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
      /** The retry is taken from the tenant's budget. */
      readonly spendsBudget: boolean;
      /** The retry does not count as an attempt. */
      readonly isFree: boolean;
    }
  | { readonly kind: 'give_up'; readonly reason: GiveUpReason };

/** Decides for another attempt, or for the end. */
export function decideRetry(facts: RetryFacts, settings: RetrySettings): RetryDecision {
  const obstacle = firstObstacle(facts);
  if (obstacle !== null) return giveUp(obstacle);
  // The backend closed an idle connection while the request was on its way, or ended a connection and said that it had not
  // looked at the request. Every server may do so, and a new connection cures it. Only once: the second attempt has a new one.
  if (isIdleRace(facts) || (isUnprocessed(facts.outcome) && !facts.hadFreeRetry))
    return { kind: 'retry', target: 'fresh', delay: millis(0), spendsBudget: false, isFree: true };
  if (!isConfigured(facts.outcome, settings)) return giveUp('not_configured');
  const wasSent = facts.wasSent && !isUnprocessed(facts.outcome);
  const isFree = !wasSent && facts.now < facts.connectDeadline;
  if (!isFree && facts.attempts >= settings.attempts) return giveUp('attempts_used');
  // As long as no byte was sent, no backend had work. A retry then adds no load that the budget must limit.
  const spendsBudget = wasSent;
  if (spendsBudget && !facts.hasBudget) return giveUp('budget_used');
  if (!facts.hasOther && isAboutLoad(facts.outcome)) return giveUp('no_other');
  const target = facts.hasOther ? 'other' : 'same';
  // Wait before the same backend is asked again. Another one is asked at once, unless load may be making the backends fail
  // one after the other.
  const isSpared = target === 'same' || (wasSent && facts.tries > 1);
  const delay = isSpared ? backOff(facts.tries, facts.random, settings.back_off) : millis(0);
  if (facts.now + delay >= facts.endsAt) return giveUp('deadline');
  return { kind: 'retry', target, delay, spendsBudget, isFree };
}

/** What the client is told when no other attempt follows a failed one. */
export function lastWord(reason: GiveUpReason, why: Failure): Failure {
  if (why.code === 'gateway-exhausted') return failureBecause('gateway-full', why.reason ?? why.detail);
  return reason === 'deadline' ? failure('exchange-timeout') : why;
}

/** The wait before the next attempt, after `attempts` that failed: a random time below a limit that doubles ("full
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
  if (facts.now >= facts.endsAt) return 'deadline';
  return !facts.wasSent || facts.isIdempotent || isUnprocessed(facts.outcome) ? null : 'not_safe';
}

// The backend has said that it has not looked at the request (RFC 9113 8.7): it may be sent again, whatever its method.
function isUnprocessed(outcome: AttemptOutcome): boolean {
  return outcome.kind === 'failed' && outcome.failure.code === 'stream-refused';
}

function isIdleRace({ outcome, wasReused, hadFreeRetry }: RetryFacts): boolean {
  return outcome.kind === 'failed' && outcome.failure.code === 'reset' && wasReused && !hadFreeRetry;
}

// A backend that answers with an error, or too late, will hardly do better when it is asked again at once.
function isAboutLoad(outcome: AttemptOutcome): boolean {
  return outcome.kind === 'answered' || CONDITIONS[outcome.failure.code] === 'timeout';
}

const ABANDONED: ReadonlySet<FailureCode> = new Set<FailureCode>([
  'backend-doubted',
  'drain-deadline',
  'gateway-exhausted',
]);

// The operator names the failures and statuses that are worth a retry.
function isConfigured(outcome: AttemptOutcome, settings: RetrySettings): boolean {
  switch (outcome.kind) {
    case 'answered':
      return settings.statuses.has(outcome.status);
    case 'failed': {
      // The gateway itself ended this attempt, to save the request, or could not make it.
      if (ABANDONED.has(outcome.failure.code)) return true;
      const condition = CONDITIONS[outcome.failure.code];
      return condition !== null && settings.conditions.has(condition);
    }
  }
}

// The condition of the configuration that a failure belongs to; null: a retry could not help.
const CONDITIONS: Readonly<Record<FailureCode, RetryCondition | null>> = {
  'connect-refused': 'connect',
  'connect-failed': 'connect',
  'connect-timeout': 'connect',
  'tls-failed': 'connect',
  'name-not-resolved': 'connect',
  reset: 'reset',
  'stream-refused': 'connect',
  'first-byte-timeout': 'timeout',
  'request-stalled': 'timeout',
  'response-malformed': 'malformed',
  'response-head-too-large': null,
  'request-malformed': null,
  'plain-http': null,
  misdirected: null,
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
  unauthenticated: null,
  forbidden: null,
  dropped: null,
  'rate-limited': null,
  'concurrency-limited': null,
  'request-invalid': null,
  'request-type-unsupported': null,
  'client-gone': null,
  'gateway-full': null,
  'gateway-exhausted': null,
  'response-cut': null,
  'response-idle': null,
  'tunnel-cut': null,
  'tunnel-idle': null,
  'backend-doubted': null,
  'drain-deadline': null,
  'no-route': null,
  'none-eligible': null,
  'queue-full': null,
  'queue-timeout': null,
  'exchange-timeout': null,
  'deadline-exceeded': null,
  'call-unavailable': null,
  'loop-detected': null,
  'auth-unavailable': null,
  maintenance: null,
  overloaded: null,
  'tenant-full': null,
  'tenant-rate-limited': null,
  'policy-timeout': null,
  'policy-failed': null,
  internal: null,
};
