// One address in a pool: what is known of it, and the one reason why it may not receive a request.
import type { Failure } from '../core/failure.ts';
import { combine, hashText } from '../core/hash.ts';
import type { TrafficCounters } from '../core/observer.ts';
import { Timed } from '../core/timer-wheel.ts';
import { type Millis, formatDuration, millis } from '../core/units.ts';
import type { BackendUrl } from '../config/backend-url.ts';
import type { ProbeResult, ProbeTools, Schedule } from '../health/contract.ts';
import { type OutlierSettings, OutlierTracker } from '../health/outlier.ts';
import type { Probed } from '../health/scheduler.ts';
import { type Evidence, type HealthState, UNKNOWN, describeEvidence } from '../health/state-machine.ts';
import { EMPTY, ascii } from '../message/bytes.ts';
import type { OriginFacts, Upstream, UpstreamEvents } from '../message/contract.ts';

// Latency buckets: four for each power of two of microseconds; see observe/latency.ts.
const LATENCY_BUCKETS = 128;

/** Why a backend may not receive a request now. */
export type Ineligibility =
  | { readonly reason: 'unknown' }
  | { readonly reason: 'unhealthy'; readonly since: number; readonly evidence: Evidence }
  | { readonly reason: 'ejected'; readonly duration: Millis; readonly detail: string }
  | { readonly reason: 'full'; readonly limit: number };

/** A backend's health check as it is run. */
export type BackendCheck = { readonly schedule: Schedule; probe(tools: ProbeTools): Promise<ProbeResult> };

export type BackendOptions = {
  readonly name: string;
  readonly url: BackendUrl;
  readonly weight: number;
  /** Null: eligible from the start and for ever, but for passive evidence. */
  readonly check: BackendCheck | null;
  /** Says whether two backends, before and after a reload, are the same. */
  readonly identity: string;
  readonly passHost: boolean;
  /** Null: traffic never ejects it. */
  readonly outlier: OutlierSettings | null;
};

/** What a backend asks of the pool it is in. */
export interface BackendOwner {
  /** The most requests that one backend serves at a time. */
  readonly maxRequests: number;
  observe(backend: Backend, evidence: Evidence): void;
  readmit(backend: Backend): void;
  /** An attempt has failed, and it was the backend's doing. */
  noteFailure(backend: Backend, why: Failure): void;
  /** A backend has answered; `latency` 0: it was not measured. */
  noteAnswer(backend: Backend, status: number, latency: Millis): void;
  /** A request has left the backend. */
  release(backend: Backend): void;
}

/** A connection that waits for its next exchange. */
export interface KeptConnection extends Upstream {
  lend(events: UpstreamEvents): void;
  /** Closes it; nobody is told. */
  close(): void;
}

let nextId = 0;

/** One address in a pool. */
export class Backend extends Timed implements Probed {
  readonly id = nextId++;
  /** The same in every process and after a restart, so that a key finds its backend again. */
  readonly identityHash: number;
  origin: OriginFacts;
  readonly traffic: TrafficCounters = { requests: 0, failures: 0, latency: new Uint32Array(LATENCY_BUCKETS) };
  /** Kept connections, the warmest last. */
  readonly idle: KeptConnection[] = [];
  /** Requests being served now. */
  inFlight = 0;
  /** Of these, connections that have changed their protocol. */
  tunnels = 0;
  state: HealthState = UNKNOWN;
  ejection: { readonly duration: Millis; readonly detail: string } | null = null;
  /** What traffic says of it; null: it may say nothing. */
  tracker: OutlierTracker | null;

  constructor(
    public options: BackendOptions,
    /** Changes on a reload that keeps the backend. */
    public owner: BackendOwner,
  ) {
    super();
    this.origin = originFacts(options);
    this.tracker = options.outlier === null ? null : new OutlierTracker(options.outlier);
    this.identityHash = combine(hashText(options.name), hashText(options.url.safe));
  }

  /** A reload has kept this backend, but may have changed what is asked of it. */
  reconfigure(options: BackendOptions): void {
    this.options = options;
    this.origin = originFacts(options);
    if (options.outlier === null) this.tracker = null;
    else this.tracker ??= new OutlierTracker(options.outlier);
  }

  get name(): string {
    return this.options.name;
  }

  get weight(): number {
    return this.options.weight;
  }

  get schedule(): Schedule {
    return this.options.check?.schedule ?? NEVER;
  }

  probe(tools: ProbeTools): Promise<ProbeResult> {
    const { check } = this.options;
    return check === null ? Promise.resolve({ passed: true, detail: 'no check', status: null }) : check.probe(tools);
  }

  report(evidence: Evidence): void {
    this.owner.observe(this, evidence);
  }

  /** Null: eligible. */
  ineligibility(): Ineligibility | null {
    const { state, ejection } = this;
    if (state.health === 'unhealthy') return { reason: 'unhealthy', since: state.since, evidence: state.evidence };
    if (ejection !== null) return { reason: 'ejected', ...ejection };
    if (state.health === 'unknown' && this.options.check !== null) return { reason: 'unknown' };
    const limit = this.owner.maxRequests;
    return this.inFlight >= limit ? { reason: 'full', limit } : null;
  }

  /** An ejection ends. */
  override expired(): void {
    this.owner.readmit(this);
  }
}

/** The one line that status output, admin API, log and error page print. */
export function describeIneligibility(why: Ineligibility): string {
  switch (why.reason) {
    case 'unknown':
      return 'not probed yet';
    case 'unhealthy':
      return `unhealthy: ${describeEvidence(why.evidence)}`;
    case 'ejected':
      return `ejected for ${formatDuration(why.duration)}: ${why.detail}`;
    case 'full':
      return `full: ${why.limit} requests in flight`;
  }
}

const NEVER: Schedule = {
  interval: millis(Number.POSITIVE_INFINITY),
  timeout: millis(0),
  fast_interval: millis(Number.POSITIVE_INFINITY),
  rise: 1,
  fall: 1,
};

function originFacts(options: BackendOptions): OriginFacts {
  const { url } = options;
  return {
    authority: ascii(url.authority),
    ownHost: !options.passHost,
    basePath: ascii(url.base_path),
    query: url.query === '' ? EMPTY : ascii(url.query),
    authorizationLine: url.authorization === null ? EMPTY : ascii(`Authorization: ${url.authorization}\r\n`),
  };
}
