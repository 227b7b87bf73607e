// What attempts need of their exchange.
import type { Failure } from '../core/failure.ts';
import type { Millis } from '../core/units.ts';
import type { BodyForm, OutgoingRequest, Upstream } from '../message/contract.ts';
import type { Head } from '../message/head.ts';
import type { ExchangeRecord } from '../message/record.ts';
import type { Backend } from '../pools/backend.ts';
import type { Attempt } from './attempt.ts';
import type { Phase } from './phases.ts';
import type { Tenant } from './snapshot.ts';
import type { Times } from './times.ts';
import type { Upload } from './upload.ts';

/** The exchange, as its attempts see it. */
export interface AttemptsOwner extends OutgoingRequest, ExchangeRecord {
  readonly phase: Phase;
  readonly times: Times;
  readonly upload: Upload;
  /** The request may be sent twice. */
  readonly isIdempotent: boolean;
  /** When the exchange began to wait for its response, in ticks of the wheel. */
  readonly startedTick: number;
  enter(phase: Phase): void;
  /** An attempt at that backend of that pool begins; returns the time. */
  attempting(tenant: Tenant, backend: Backend): Millis;
  /** The request is about to be sent. */
  sends(attempt: Attempt, upstream: Upstream): void;
  /** Stops reading the body from the client for now. */
  restRequest(): void;
  resumeRequest(): void;
  interimHead(head: Head): void;
  /** The current attempt has the answer. Returns the form in which its body is wanted; `responseStart` follows. */
  respond(head: Head): BodyForm;
  /** The status that an answer counts as. */
  statusOf(head: Head): number;
  tunnel(head: Head, start: number, end: number): void;
  /** Ends the exchange with the gateway's own answer, or breaks it off. */
  giveUp(why: Failure): void;
}
