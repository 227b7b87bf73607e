// Whether a failed attempt is followed by another: a pure decision.
import type { Failure } from '../core/failure.ts';
import type { MethodClass } from '../message/head.ts';

/** What the decision depends on. */
export type AttemptFacts = {
  readonly failure: Failure;
  readonly method: MethodClass;
  /** Nothing of the body has been passed on that could not be sent again. */
  readonly isReplayable: boolean;
  readonly hasResponded: boolean;
  /** Attempts made that count: not those over an idle connection that turned out to be dead. */
  readonly attempts: number;
  readonly maxAttempts: number;
};

/** RFC 9110 9.2.2: what is not idempotent is never sent twice; nothing is repeated once a response has begun. */
export function mayRetry(facts: AttemptFacts): boolean {
  if (facts.hasResponded || !facts.isReplayable || facts.attempts >= facts.maxAttempts) return false;
  switch (facts.failure.retry) {
    case 'yes':
      return true;
    case 'if_idempotent':
      return facts.method !== 'once';
    case 'no':
      return false;
  }
}
