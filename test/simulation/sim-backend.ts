// A simulated backend: an origin that works off requests one after the other at its capacity, and what the gateway keeps
// about it.
import type { Candidate } from '../../src/balance/contract.ts';
import { mix32 } from '../../src/core/hash.ts';
import type { Millis } from '../../src/core/units.ts';
import { type OutlierSettings, OutlierTracker } from '../../src/standing/outlier.ts';
import { type HealthState, UNKNOWN } from '../../src/standing/state-machine.ts';

/** What an origin does with a request. */
export type OriginState = 'up' | 'refusing' | 'hanging';

/** How and when a request ends. */
export type Reply = { readonly at: number; readonly kind: 'answered' | 'refused' | 'timeout'; readonly status: number };

export type OriginSettings = {
  /** Requests per second that it can work off. */
  readonly capacity: number;
  /** Average time that a request takes in addition to its wait. */
  readonly latency: Millis;
  readonly random: () => number;
};

const REFUSAL_TIME = 0.5;
// A cold origin (empty caches, empty pools, code not compiled) needs this many times the work for a request …
const COLD_FACTOR = 10;
// … and is warm after about this many of them.
const WARM_AFTER = 400;

/** The program behind a backend. */
export class Origin {
  state: OriginState = 'up';
  /** The share of requests that it answers with 503. */
  errorShare = 0;
  slowness = 1;
  private busyUntil = 0;
  private served = Number.POSITIVE_INFINITY;

  constructor(private readonly settings: OriginSettings) {}

  /** Begins cold, with no request waiting. */
  restart(now: Millis): void {
    this.state = 'up';
    this.busyUntil = now;
    this.served = 0;
  }

  /** Takes a request. The origin does its work even if the gateway has stopped waiting for it. */
  serve(now: Millis, timeout: Millis): Reply {
    const { capacity, latency, random } = this.settings;
    switch (this.state) {
      case 'refusing':
        return { at: now + REFUSAL_TIME, kind: 'refused', status: 0 };
      case 'hanging':
        return { at: now + timeout, kind: 'timeout', status: 0 };
      case 'up': {
        const coldness = 1 + (COLD_FACTOR - 1) * Math.exp(-this.served / WARM_AFTER);
        this.served++;
        this.busyUntil = Math.max(now, this.busyUntil) + (1000 / capacity) * this.slowness * coldness;
        const at = this.busyUntil - Math.log(1 - random()) * latency * this.slowness;
        if (at - now > timeout) return { at: now + timeout, kind: 'timeout', status: 0 };
        return { at, kind: 'answered', status: random() < this.errorShare ? 503 : 200 };
      }
    }
  }

  /** A probe waits in the queue like a request, but adds no work to it. */
  probe(now: Millis, timeout: Millis): { readonly passed: boolean; readonly duration: number } {
    if (this.state === 'refusing') return { passed: false, duration: REFUSAL_TIME };
    const wait =
      this.state === 'hanging' ? Number.POSITIVE_INFINITY : Math.max(0, this.busyUntil - now) + this.settings.latency;
    return { passed: wait <= timeout, duration: Math.min(wait, timeout) };
  }
}

/** One backend of the simulated gateway. */
export class SimBackend implements Candidate {
  readonly identityHash: number;
  weight = 1;
  inFlight = 0;
  health: HealthState = UNKNOWN;
  readonly outlier: OutlierTracker;
  /** Null: it has never been away. */
  returnedAt: Millis | null = null;
  attempts = 0;

  constructor(
    readonly id: number,
    readonly origin: Origin,
    outlier: OutlierSettings,
  ) {
    this.identityHash = mix32(id + 1);
    this.outlier = new OutlierTracker(outlier);
  }

  get key(): string {
    return `backend ${this.id}`;
  }

  isEligible(now: Millis): boolean {
    return this.health.health === 'healthy' && this.outlier.ejected(now) === null;
  }
}

/** Makes equal backends. */
export function backendsOf(count: number, origin: OriginSettings, outlier: OutlierSettings): SimBackend[] {
  return Array.from({ length: count }, (_, id) => new SimBackend(id, new Origin(origin), outlier));
}
