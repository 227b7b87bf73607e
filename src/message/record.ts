// What the data plane tells of exchanges, and to whom. Log, metrics and traces are made of this alone; whoever observes
// implements it, and nothing on a request's way knows them.
import type { FailureCode } from '../core/failure.ts';
import type { TrafficCounters } from '../core/observer.ts';
import type { Millis } from '../core/units.ts';
import type { ClientFacts } from './contract.ts';
import type { Head } from './head.ts';

/** When an exchange reached each step, by the monotonic clock; 0: it never did. */
export type ExchangeTimes = {
  /** Its request's head was complete. */
  readonly begun: Millis;
  /** It was decided where it goes, and nobody refused it. */
  readonly admitted: Millis;
  /** Its first attempt began. */
  readonly attempted: Millis;
  /** The head of the response came from the backend. */
  readonly answered: Millis;
  /** The last byte of the response was handed to the kernel, or the client had gone. */
  readonly left: Millis;
};

/** A backend as records name it. */
export type RecordedBackend = { readonly name: string; readonly traffic: TrafficCounters };

/** One exchange, as it ended: the last that happens of it. Valid during the call only, its head included. */
export interface ExchangeRecord {
  /** Null: no tenant matched. */
  readonly tenantName: string | null;
  /** Of the latest attempt; null: none was tried. */
  readonly backend: RecordedBackend | null;
  /** Null: what came was no request that could be understood. */
  readonly request: Head | null;
  readonly client: ClientFacts;
  /** Of the response as it went to the client; 0: none began. */
  readonly status: number;
  /** Why there was no whole response of a backend; null: there was one, or the gateway was asked for its own. */
  readonly failure: FailureCode | null;
  /** The policy that answered in place of a backend; null: none did. */
  readonly refusedBy: string | null;
  readonly attemptCount: number;
  /** Of the request: its head and its body without framing. */
  readonly bytesIn: number;
  /** Of the response: all that was handed to the kernel. */
  readonly bytesOut: number;
  readonly times: ExchangeTimes;
}

/** One try at one backend, as it ended. Valid during the call only. */
export interface AttemptRecord {
  readonly exchange: ExchangeRecord;
  readonly backend: RecordedBackend;
  /** From 1. */
  readonly number: number;
  /** It was made beside a slow one. */
  readonly isHedge: boolean;
  /** The status that it was answered with, or why it was not. */
  readonly outcome: number | FailureCode;
  readonly began: Millis;
  /** When its answer began, or it failed. */
  readonly ended: Millis;
}

/** Whoever wants to know of exchanges. Must not keep what it is given. */
export type ExchangeObserver = {
  /** Attempts are told one by one; asked once for each. */
  readonly wantsAttempts: boolean;
  exchangeEnded(record: ExchangeRecord): void;
  attemptEnded(record: AttemptRecord): void;
};
