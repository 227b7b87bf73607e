// What the data plane tells observers of exchanges. Log, metrics and traces are made from these records alone; the data
// plane does not know which observers there are.
import type { FailureCode } from '../core/failure.ts';
import type { TrafficCounters } from '../core/observer.ts';
import type { Millis } from '../core/units.ts';
import type { ClientFacts } from './contract.ts';
import type { Head } from './head.ts';

/** When an exchange reached each step, by the monotonic clock; 0: it never did. */
export type ExchangeTimes = {
  /** Its request's head was complete. */
  readonly begun: Millis;
  /** Its route was found, and no limit or policy refused it. */
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

/** An exchange at its end; no call for it follows. Valid during the call only, its head included. */
export interface ExchangeRecord {
  /** Null: no tenant matched. */
  readonly tenantName: string | null;
  /** The backend of the latest attempt; null: no attempt was made. */
  readonly backend: RecordedBackend | null;
  /** Null: the bytes that came were no request. */
  readonly request: Head | null;
  readonly client: ClientFacts;
  /** The status that the client got; 0: no response began. */
  readonly status: number;
  /** The status of a call of gRPC, as the backend has told it; null: it has told none. */
  readonly grpcStatus: number | null;
  /** Why no backend gave a complete response; null: one did, or the request was for the gateway itself. */
  readonly failure: FailureCode | null;
  /** The policy that answered in place of a backend; null: none did. */
  readonly refusedBy: string | null;
  /** Who the client is, as a policy has found out; null: none has. */
  readonly consumer: string | null;
  readonly attemptCount: number;
  /** Bytes of the request: its head, and its body without framing. */
  readonly bytesIn: number;
  /** Bytes of the response that were handed to the kernel. */
  readonly bytesOut: number;
  readonly times: ExchangeTimes;
}

/** An attempt at its end. Valid during the call only. */
export interface AttemptRecord {
  readonly exchange: ExchangeRecord;
  readonly backend: RecordedBackend;
  /** From 1. */
  readonly number: number;
  /** The attempt was made beside a slow first one. */
  readonly isHedge: boolean;
  /** The status of the backend's response, or why there was none. */
  readonly outcome: number | FailureCode;
  readonly began: Millis;
  /** When the response began, or the attempt failed. */
  readonly ended: Millis;
}

/** Told of exchanges and attempts. It must not keep the records. */
export type ExchangeObserver = {
  /** `attemptEnded` is called for each attempt. The data plane reads this once for each. */
  readonly wantsAttempts: boolean;
  exchangeEnded(record: ExchangeRecord): void;
  attemptEnded(record: AttemptRecord): void;
};
