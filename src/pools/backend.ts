// One address in a pool: what is known of it, and the one reason why it may not receive a request.
import type { ConnectAddress } from '../core/connector.ts';
import type { Failure } from '../core/failure.ts';
import { combine, hashText } from '../core/hash.ts';
import { type TrafficCounters, UNMEASURED } from '../core/observer.ts';
import { Timed } from '../core/timer-wheel.ts';
import { type Millis, millis } from '../core/units.ts';
import type { CheckOptions } from '../config/resolve.ts';
import type { CheckKind, ProbeAdvice, ProbeResult, ProbeTools, Schedule } from '../probing/contract.ts';
import { checks } from '../probing/registry.ts';
import {
  type Admission,
  type EligibilityFacts,
  type Ineligibility,
  OPEN,
  ineligibility,
} from '../standing/eligibility.ts';
import { type Ejection, OutlierTracker } from '../standing/outlier.ts';
import type { ProbeOutcome, Probed } from '../probing/scheduler.ts';
import { type HealthState, UNKNOWN } from '../standing/state-machine.ts';
import { Timeline } from '../standing/timeline.ts';
import { EMPTY, ascii } from '../message/bytes.ts';
import type { OriginFacts } from '../message/contract.ts';
import { probeTarget } from '../plan/backends.ts';
import type { BackendPlan, CheckPlan } from '../plan/plan.ts';
import type { Transport, TransportTarget, TransportTools } from '../upstream/contract.ts';
import { createTransport } from '../upstream/registry.ts';

/** What a backend asks of the pool it is in. */
export interface BackendOwner {
  probed(backend: Backend, outcome: ProbeOutcome): void;
  /** Its ejection is over. */
  readmit(backend: Backend): void;
  /** An attempt has failed, and it was the backend's doing. */
  noteFailure(backend: Backend, why: Failure): void;
  /** A backend has begun to answer; `latency` 0: it was not measured. True: well, as far as can be seen. */
  noteAnswer(backend: Backend, status: number, latency: Millis): boolean;
  /** Such an answer has come to its end. */
  noteWhole(backend: Backend): void;
  /** Its standing or weight has changed. */
  refresh(): void;
  /** A request has left the backend. */
  release(backend: Backend): void;
}

/** The owner of a backend that has left its pool and still serves what it had begun. */
export const DEPARTED: BackendOwner = {
  probed() {},
  readmit() {},
  noteFailure() {},
  noteAnswer: () => true,
  noteWhole() {},
  refresh() {},
  release(backend) {
    backend.inFlight--;
  },
};

let nextId = 0;

/** One address in a pool. */
export class Backend extends Timed implements Probed, EligibilityFacts, TransportTarget {
  readonly id = nextId++;
  /** The same in every process and after a restart, so that a key finds its backend again. */
  readonly identityHash: number;
  origin: OriginFacts;
  readonly traffic: TrafficCounters = { requests: 0, failures: 0, latency: UNMEASURED };
  readonly timeline = new Timeline();
  /** Ways to it. */
  readonly transport: Transport;
  /** Requests being served now. */
  inFlight = 0;
  /** Of these, connections that have changed their protocol. */
  tunnels = 0;
  /** Of the requests that it had when its trial began, those that may be left. */
  beforeTrial = 0;
  /** As balancers see it: with what people, the backend itself and a slow start make of it. */
  weight: number;
  state: HealthState = UNKNOWN;
  downSince: Millis | null = null;
  admission: Admission = OPEN;
  /** Set by a person in place of the configured one; null: not. */
  ownWeight: number | null = null;
  advice: ProbeAdvice | null = null;
  ejection: Ejection | null = null;
  /** When it last came back, for its slow start; null: it never was away. */
  returnedAt: Millis | null = null;
  /** What traffic says of it; null: it may say nothing. */
  tracker: OutlierTracker | null;

  constructor(
    public options: BackendPlan,
    /** Changes on a reload that keeps the backend. */
    public owner: BackendOwner,
    tools: TransportTools,
  ) {
    super();
    this.transport = createTransport(options.transport, this, tools);
    this.origin = originFacts(options);
    this.weight = options.weight;
    this.tracker = options.outlier === null ? null : new OutlierTracker(options.outlier);
    this.identityHash = combine(hashText(options.name), hashText(options.url.safe));
  }

  /** A reload has kept this backend, but may have changed what is asked of it. */
  reconfigure(options: BackendPlan): void {
    this.options = options;
    this.origin = originFacts(options);
    if (options.check === null) {
      // What a check has found out counts no more than one that was never made.
      this.state = UNKNOWN;
      this.downSince = null;
      this.advice = null;
    }
    if (options.outlier === null) {
      this.tracker = null;
      this.ejection = null;
    } else if (this.tracker === null) this.tracker = new OutlierTracker(options.outlier);
    else this.tracker.reconfigure(options.outlier);
  }

  get name(): string {
    return this.options.name;
  }

  /** It is back from an ejection, and one request is to tell whether for good. */
  get isOnTrial(): boolean {
    return this.tracker !== null && this.tracker.isOnTrial;
  }

  /** An answer that takes too long counts against it. */
  get hasLatencyLimit(): boolean {
    return Number.isFinite(this.options.outlier?.max_latency);
  }

  /** The most requests that it serves at a time; on trial, one beside those of before, which may be tunnels. */
  get maxRequests(): number {
    const { maxRequests } = this.options;
    return this.isOnTrial ? Math.min(maxRequests, this.beforeTrial + 1) : maxRequests;
  }

  get schedule(): Schedule {
    return this.options.check?.schedule ?? NEVER;
  }

  get probeKey(): string {
    return this.options.check?.key ?? '';
  }

  /** Null: it has no check. */
  get health(): HealthState | null {
    return this.options.check === null ? null : this.state;
  }

  /** The weight that people and the backend itself give it. */
  get fullWeight(): number {
    return (this.ownWeight ?? this.options.weight) * (this.advice?.weight ?? 1);
  }

  get withdrawal(): string | null {
    if (this.advice?.drain === true) return 'its health page asks for none';
    if (this.fullWeight > 0) return null;
    return this.ownWeight === 0 ? 'an operator has set its weight to 0' : 'its health page sets its weight to 0';
  }

  probe(tools: ProbeTools): Promise<ProbeResult> {
    const { check } = this.options;
    return check === null ? Promise.reject(new Error('there is no check')) : askOnce(this.options, check, tools);
  }

  report(outcome: ProbeOutcome): void {
    this.owner.probed(this, outcome);
  }

  /** Null: eligible. */
  ineligibility(): Ineligibility | null {
    return ineligibility(this);
  }

  get address(): ConnectAddress {
    const { hostname, port, tls, serverName } = this.options.url;
    return { hostname, port, tls: tls ? { serverName, rejectUnauthorized: true } : null };
  }

  released(): void {
    this.owner.release(this);
  }

  tunnelBegan(): void {
    this.tunnels++;
  }

  tunnelEnded(): void {
    this.tunnels--;
  }

  /** An ejection ends. */
  override expired(): void {
    this.owner.readmit(this);
  }
}

const NEVER: Schedule = {
  interval: millis(Number.POSITIVE_INFINITY),
  timeout: millis(0),
  fast_interval: millis(Number.POSITIVE_INFINITY),
  down_interval: null,
  rise: 1,
  fall: 1,
};

function askOnce(backend: BackendPlan, { type, options }: CheckPlan, tools: ProbeTools): Promise<ProbeResult> {
  const kinds: readonly CheckKind<CheckOptions>[] = checks;
  const kind = kinds.find((candidate) => candidate.type === type) ?? kinds[0];
  return kind.probe(options, probeTarget(backend), tools);
}

function originFacts(options: BackendPlan): OriginFacts {
  const { url, passHost } = options;
  return {
    authority: ascii(url.authority),
    ownHost: !passHost,
    basePath: ascii(url.base_path),
    query: url.query === '' ? EMPTY : ascii(url.query),
    authorization: url.authorization === null ? EMPTY : ascii(url.authorization),
    isPlain: passHost && url.base_path === '' && url.query === '' && url.authorization === null,
  };
}
