// Counts what has come of requests, and says which of those that failed could have been saved.
import type { Outcome } from './connection.ts';

/** A request, as it was when it failed. */
export type Failed = {
  readonly what: string;
  /** It may be asked again of another backend. */
  readonly isRepeatable: boolean;
  readonly outcome: Outcome;
  /** The process that served its connection was killed. */
  readonly wasKilled: boolean;
  /** A backend went away since the request was sent. */
  readonly wasBackendLost: boolean;
};

/** Why a request failed, in words, and whether it could have been saved. */
export type Cause = { readonly cause: string; readonly couldBeSaved: boolean };

/** A killed process takes its own connections with it, and a backend that goes away what only it can answer: what must not be
 * asked twice, and the rest of an answer that has begun. Everything else is the gateway's to save. */
export function causeOf({ what, isRepeatable, outcome, wasKilled, wasBackendLost }: Failed): Cause {
  if (wasKilled) return { cause: 'lost with a killed worker', couldBeSaved: false };
  const isBegun = outcome.kind === 'broken' && outcome.at === 'answering';
  if (wasBackendLost && isBegun) return { cause: `${what}: cut, since the backend went away`, couldBeSaved: false };
  if (wasBackendLost && !isRepeatable && outcome.kind === 'answered')
    return { cause: `${what}: ${outcome.status}, since the backend went away`, couldBeSaved: false };
  const how = outcome.kind === 'answered' ? `status ${outcome.status}` : `broken off, ${outcome.at}`;
  return { cause: `${what}: ${how}`, couldBeSaved: true };
}

/** What has happened, and how often. */
export class Ledger {
  private readonly counts = new Map<string, number>();
  private readonly lines: string[] = [];

  count(what: string, times = 1): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + times);
  }

  failed(failed: Failed): void {
    const { cause, couldBeSaved } = causeOf(failed);
    this.count(cause);
    if (couldBeSaved) this.complain(cause);
  }

  /** What must not be. */
  complain(problem: string): void {
    this.lines.push(`${new Date().toISOString()} ${problem}`);
  }

  get complaints(): readonly string[] {
    return this.lines;
  }

  get rows(): readonly (readonly [string, string])[] {
    return [...this.counts]
      .toSorted(([one], [other]) => one.localeCompare(other))
      .map(([what, count]) => [what, String(count)]);
  }
}
