// Takes requests from those that a process serves, for people who watch: those that fit what somebody watches; otherwise those that
// are worth a look (errors, several attempts, slow ones) and now and then any other. Bounded by time: a busy gateway pays for a few
// of them in a second, however many it serves.
import { type Millis, millis } from '../../core/units.ts';
import type { ExchangeObserver, ExchangeRecord } from '../../message/record.ts';
import { type LiveRequest, liveRequestOf } from './live-request.ts';
import { type RequestFilter, passes } from './request-filter.ts';

const SAMPLE_EVERY = millis(250);
const SLOW = millis(1000);
const SECOND = 1000;
/** Taken in a second at most: while somebody watches, and otherwise. One takes 3 µs. */
const MOST_WATCHED = 200;
const MOST_UNWATCHED = 20;

/** What a process has taken. `left_out`: how many more somebody would have seen. */
export type Taken = { readonly requests: readonly LiveRequest[]; readonly leftOut: number };

export class LiveTap implements ExchangeObserver {
  readonly wantsAttempts = false;
  private filters: readonly RequestFilter[] = [];
  private fresh: LiveRequest[] = [];
  private leftOut = 0;
  /** In which second it counts, and how many it has taken in it. */
  private second = 0;
  private taken = 0;
  private sampleAt: Millis = millis(0);

  /** `wall`: milliseconds since 1970. */
  constructor(private readonly wall: () => number) {}

  get isWatched(): boolean {
    return this.filters.length > 0;
  }

  /** Takes what fits any of these from here on. */
  watch(filters: readonly RequestFilter[]): void {
    this.filters = filters;
  }

  exchangeEnded(record: ExchangeRecord): void {
    const { left, begun } = record.times;
    const isWorth = this.isWorthALook(record, left - begun);
    if (!isWorth && (this.filters.length === 0 || !this.mayFit(record, left - begun))) return;
    if (isOwn(record)) return;
    const second = Math.floor(left / SECOND);
    if (second !== this.second) this.taken = 0;
    this.second = second;
    if (this.taken >= (this.isWatched ? MOST_WATCHED : MOST_UNWATCHED)) return this.leave();
    const request = liveRequestOf(record, this.wall());
    if (!isWorth && !this.filters.some((filter) => passes(filter, request))) return;
    this.taken++;
    this.fresh.push(request);
  }

  attemptEnded(): void {
    // The record has all attempts.
  }

  /** What has been taken since the last call. */
  drain(): Taken {
    const { fresh: requests, leftOut } = this;
    this.fresh = [];
    this.leftOut = 0;
    return { requests, leftOut };
  }

  private leave(): void {
    if (this.isWatched) this.leftOut++;
  }

  private isWorthALook({ status, failure, attemptCount, times }: ExchangeRecord, duration: number): boolean {
    if (status >= 500 || attemptCount > 1 || duration > SLOW || (status === 0 && failure !== null)) return true;
    if (times.begun < this.sampleAt) return false;
    this.sampleAt = millis(times.begun + SAMPLE_EVERY);
    return true;
  }

  // By what needs no text to be made.
  private mayFit({ status, tenantName }: ExchangeRecord, duration: number): boolean {
    return this.filters.some(
      ({ tenant, status: range, slower }) =>
        (tenant === null || tenant === tenantName) &&
        (range === null || (status >= range[0] && status <= range[1])) &&
        (slower === null || duration > slower),
    );
  }
}

// What the gateway answers for itself, such as its admin API.
function isOwn({ tenantName, failure, request }: ExchangeRecord): boolean {
  return tenantName === null && failure === null && request !== null;
}
