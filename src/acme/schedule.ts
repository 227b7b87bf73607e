// When which certificate is ordered, and when an authority is asked for its advice. Pure: the time is a parameter.
import type { AcmeProblem, AcmeResult, RenewalAdvice } from './contract.ts';

/** Milliseconds since 1970. `lot`: in [0, 1), by which certificates of the same hour are renewed at different times. */
export type CertificateTimes = { readonly validFrom: number; readonly expires: number; readonly lot: number };

/** What is known of one host. */
export type HostState = {
  /** Null: it has none. */
  readonly times: CertificateTimes | null;
  readonly advice: RenewalAdvice | null;
  /** When to ask for it. */
  readonly adviceAt: number;
  /** How often nothing has come of asking for it, one time after the other. */
  readonly unadvised: number;
  /** Orders that have failed since the last good one. */
  readonly failures: number;
  /** Nothing is ordered before that; 0: at once. */
  readonly notBefore: number;
};

export const UNKNOWN_HOST: HostState = {
  times: null,
  advice: null,
  adviceAt: Infinity,
  unadvised: 0,
  failures: 0,
  notBefore: 0,
};

export type Job = { readonly kind: 'order' | 'advice'; readonly host: string };

const RENEWED_AT = 2 / 3;
const SPREAD = 1 / 20;
// Whatever an authority advises: there is time for some tries before the end, and a certificate is not replaced all the time.
const LATEST = 9 / 10;
const EARLIEST = 1 / 50;
// Where it has to revoke certificates, that may be within a day of their issue (Baseline Requirements 4.9.1.1).
const EARLIEST_WAIT = 6 * 3_600_000;

/** When a certificate is due for renewal. */
function renewalAt({ validFrom, expires, lot }: CertificateTimes, advice: RenewalAdvice | null): number {
  const lifetime = expires - validFrom;
  if (advice === null) return validFrom + lifetime * (RENEWED_AT + SPREAD * lot);
  const advised = advice.start + (advice.end - advice.start) * lot;
  const earliest = validFrom + Math.min(lifetime * EARLIEST, EARLIEST_WAIT);
  return Math.min(Math.max(advised, earliest), validFrom + lifetime * LATEST);
}

/** When the next order for a host is due. */
export function orderAt({ times, advice, notBefore }: HostState): number {
  return times === null ? notBefore : Math.max(notBefore, renewalAt(times, advice));
}

/** What a host waits for next. */
function dueAt(state: HostState): number {
  return Math.min(orderAt(state), state.times === null ? Infinity : state.adviceAt);
}

/** What to do now, the most urgent first: hosts that have none, then those whose certificates end first; advice comes last. */
export function dueJobs(states: ReadonlyMap<string, HostState>, now: number): readonly Job[] {
  const orders: (Job & { readonly expires: number })[] = [];
  const advice: Job[] = [];
  for (const [host, state] of states) {
    if (orderAt(state) <= now) orders.push({ kind: 'order', host, expires: state.times?.expires ?? 0 });
    else if (dueAt(state) <= now) advice.push({ kind: 'advice', host });
  }
  const sorted = orders.toSorted((one, other) => one.expires - other.expires);
  return [...sorted.map(({ kind, host }) => ({ kind, host })), ...advice];
}

const LONGEST_WAIT = 12 * 3_600_000;
const MOST_DOUBLINGS = 20;
// Nothing will be better before somebody has changed something.
const REFUSED_WAITS = 12;

/** `retryAfter`: the wait after the first failure; `random` in [0, 1) makes it up to a quarter longer. */
export function afterFailure(
  state: HostState,
  { kind, notBefore }: Pick<AcmeProblem, 'kind' | 'notBefore'>,
  { now, retryAfter, random }: { readonly now: number; readonly retryAfter: number; readonly random: number },
): HostState {
  const first = kind === 'refused' ? retryAfter * REFUSED_WAITS : retryAfter;
  const wait = Math.min(first * 2 ** Math.min(state.failures, MOST_DOUBLINGS), Math.max(LONGEST_WAIT, first));
  const own = now + wait * (1 + random / 4);
  return { ...state, failures: state.failures + 1, notBefore: Math.max(own, notBefore ?? 0) };
}

/** Its advice is asked for at once. */
export function afterSuccess(times: CertificateTimes, now: number): HostState {
  return { times, advice: null, adviceAt: now, unadvised: 0, failures: 0, notBefore: 0 };
}

const NO_ADVICE_AGAIN = 6 * 3_600_000;
const FIRST_ADVICE_WAIT = 5 * 60_000;

/** What an authority has advised before stays where it cannot be asked (RFC 9773 4.3.3); null is what one says that gives no advice. */
export function afterAdvice(
  state: HostState,
  asked: AcmeResult<RenewalAdvice | null>,
  { now, random }: { readonly now: number; readonly random: number },
): HostState {
  if (asked.ok) {
    const adviceAt = asked.value?.askAgain ?? now + NO_ADVICE_AGAIN;
    return { ...state, advice: asked.value, adviceAt, unadvised: 0 };
  }
  const wait = Math.min(FIRST_ADVICE_WAIT * 2 ** Math.min(state.unadvised, MOST_DOUBLINGS), NO_ADVICE_AGAIN);
  const adviceAt = Math.max(now + wait * (1 + random / 4), asked.error.notBefore ?? 0);
  return { ...state, adviceAt, unadvised: state.unadvised + 1 };
}

const PERIOD = 3 * 3_600_000;

/** How many orders may still be begun. */
export class OrderAllowance {
  private begun: number[] = [];

  /** When one may be begun: now or later. `most`: in three hours. */
  freeAt(most: number, now: number): number {
    this.begun = this.begun.filter((time) => time > now - PERIOD);
    const first = this.begun[this.begun.length - most];
    return first === undefined ? now : first + PERIOD;
  }

  take(now: number): void {
    this.begun.push(now);
  }

  /** The latest has come to no authority. */
  giveBack(): void {
    this.begun.pop();
  }
}
