// What exchanges use of the gateway.
import type { Overload } from '../admit/overload.ts';
import type { Clock } from '../core/clock.ts';
import type { Failure } from '../core/failure.ts';
import type { TimerWheel } from '../core/timer-wheel.ts';
import type { TurnClock } from '../core/turn.ts';
import type { Head } from '../message/head.ts';
import type { OwnMarks } from '../message/own-marks.ts';
import type { RequestIds } from '../message/request-id.ts';
import type { ExchangeObserver } from '../message/record.ts';
import type { TracingRules } from '../message/tracing-rules.ts';
import type { DecidingBy } from './decided.ts';

/** A request that has failed, for the log. */
export type FailedRequest = {
  readonly tenant: string;
  readonly backend: string | null;
  readonly head: Head;
  readonly why: Failure;
};

/** Shared by all exchanges. */
export type ExchangeTools = DecidingBy & {
  /** For what happens later. */
  readonly clock: Clock;
  /** For the times of records. */
  readonly turnClock: TurnClock;
  readonly wheel: TimerWheel;
  readonly overload: Overload;
  readonly observer: ExchangeObserver;
  readonly ids: RequestIds;
  readonly marks: OwnMarks;
  readonly tracing: TracingRules;
  /** In [0, 1). */
  readonly random: () => number;
  /** Told of what cannot be: a bug of the gateway's. */
  readonly reportBug: (error: Error) => void;
  /** A request has failed for a reason of the inside. */
  readonly reportFailure: (failed: FailedRequest) => void;
  /** Says what this process does from here on, for whoever finds that it hangs; see core/crumb.ts. */
  readonly leaveCrumb: (crumb: number) => void;
  /** A policy of that type has thrown, or its promise was rejected. */
  readonly reportPolicyFault: (tenant: string, type: string, error: Error) => void;
};
