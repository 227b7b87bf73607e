// What the data plane tells observers of exchanges. Log, metrics and traces are made from these records alone; the data
// plane does not know which observers there are.
import type { Failure, FailureCode } from '../core/failure.ts';
import type { TrafficCounters } from '../core/observer.ts';
import type { Millis } from '../core/units.ts';
import type { ConnectAddress } from '../core/connector.ts';
import type { ClientFacts, UpstreamVersion } from './contract.ts';
import type { Head } from './head.ts';

/** When an exchange reached each step, by the monotonic clock; 0: it never did. */
export type ExchangeTimes = {
  /** Its request's head was complete. */
  readonly begun: Millis;
  /** Its route was found, and no limit or policy refused it. */
  readonly admitted: Millis;
  /** Its first attempt began. */
  readonly attempted: Millis;
  /** The latest attempt whose answer counts asked for a new connection, and got it; 0: it had a kept one, or got none. */
  readonly connecting: Millis;
  readonly connected: Millis;
  /** The head of the response came from the backend. */
  readonly answered: Millis;
  /** The last byte of the response was handed to the kernel, or the client had gone. */
  readonly left: Millis;
  /** No time, but how long it has waited: for its share of the event loop, and for a place at a backend. */
  readonly queued: Millis;
};

/** A backend as records name it. */
export type RecordedBackend = {
  readonly name: string;
  readonly traffic: TrafficCounters;
  readonly address: ConnectAddress;
};

/** What became of one attempt, of several. */
export type TriedBackend = {
  readonly backend: string;
  readonly address: ConnectAddress;
  /** From 1; a hedge may have the number of a later attempt. */
  readonly number: number;
  /** The version of HTTP in which it was asked; null: it was not, or the exchange is in no recorded trace. */
  readonly version: UpstreamVersion | null;
  /** The status of its answer, or why there was none; `superseded`: the exchange needed it no more. */
  readonly outcome: number | FailureCode | 'superseded';
  /** The attempt was made beside a slow one. */
  readonly isHedge: boolean;
  readonly began: Millis;
  readonly ended: Millis;
};

/** The part of an exchange in a trace that is recorded. Ids are hexadecimal digits. */
export interface RecordedTrace {
  readonly traceId: string;
  readonly spanId: string;
  /** The span that has caused it; null: the trace begins here. */
  readonly parentId: string | null;
  /** As traceparent has them. */
  readonly flags: number;
  /** The exchange is a copy that a policy has made of another one, with which it has its parent in this gateway. */
  readonly isCopy: boolean;
  /** The version of HTTP in which a backend was asked last; null: none was. */
  readonly version: UpstreamVersion | null;
  /** The status of the backend's answer that has gone on; 0: none has. */
  readonly status: number;
  /** The span of an attempt. */
  spanOf(number: number, isHedge: boolean): string;
}

/** The version of HTTP that a request has come by. */
export type RequestProtocol = 'HTTP/1.0' | 'HTTP/1.1' | 'HTTP/2.0';

/** An exchange at its end; no call for it follows. Valid during the call only, its head included. */
export interface ExchangeRecord {
  /** Of the plan by which it was routed. */
  readonly planNumber: number;
  /** The listener that it has come to, by its name or else its address. */
  readonly listener: string;
  readonly protocol: RequestProtocol;
  /** As the backend and the client are told. */
  readonly requestId: string;
  /** The same in ASCII, without a text that would have to be collected. */
  readonly requestIdBytes: Uint8Array;
  /** The trace that it belongs to, in 32 hexadecimal digits; null: none. */
  readonly traceId: string | null;
  /** Null: it is not recorded in a trace. */
  readonly trace: RecordedTrace | null;
  /** Null: no tenant matched. */
  readonly tenantName: string | null;
  /** Where its tenant's traffic is counted; see `TrafficSeries`. */
  readonly tenantSeries: number;
  /** The tenant's route that has matched; null: none has, or it has no name. */
  readonly routeName: string | null;
  /** Null: it went to none. */
  readonly poolName: string | null;
  /** The backend of the latest attempt; null: no attempt was made. */
  readonly backend: RecordedBackend | null;
  /** Null: the bytes that came were no request. */
  readonly request: Head | null;
  readonly client: ClientFacts;
  /** The response as it came from the backend. Null: none came, the answer is the gateway's own, or no observer
   * `wantsResponses`. */
  readonly response: Head | null;
  /** How the gateway has compressed the response; null: not at all. */
  readonly encoding: string | null;
  /** The status that the client got; 0: no response began. */
  readonly status: number;
  /** The status of a call of gRPC, as the backend has told it; null: it has told none. */
  readonly grpcStatus: number | null;
  /** Why no backend gave a complete response; null: one did, or the request was for the gateway itself. */
  readonly failure: FailureCode | null;
  /** The failure as a whole; null: there was none, or no more is known of it. */
  readonly why: Failure | null;
  /** The policy that answered in place of a backend; null: none did. */
  readonly refusedBy: string | null;
  /** Who the client is, as a policy has found out; null: none has. */
  readonly consumer: string | null;
  readonly attemptCount: number;
  /** All attempts in the order in which they ended, where there was more than one; empty for a plain exchange. */
  readonly tried: readonly TriedBackend[];
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
  /** Records have the head of the response; absent: they need not. The data plane reads this once for each. */
  readonly wantsResponses?: boolean;
  exchangeEnded(record: ExchangeRecord): void;
  attemptEnded(record: AttemptRecord): void;
};
