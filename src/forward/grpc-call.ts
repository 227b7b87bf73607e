// A call of gRPC: its deadline, which goes on to the backend less what has passed, and the status that it ends with.
import { type Failure, failure } from '../core/failure.ts';
import { Timed, type TimerWheel } from '../core/timer-wheel.ts';
import { millis } from '../core/units.ts';
import type { Downstream } from '../message/contract.ts';
import { type Edits, requestEdit } from '../message/edits.ts';
import { UNAVAILABLE, callForm, formatTimeout, grpcStatus, grpcTimeout } from '../message/grpc.ts';
import type { Head } from '../message/head.ts';
import type { LocalResponse } from '../message/local-response.ts';
import { ATTEMPTING, type Phase } from './phases.ts';

/** The exchange, as its call sees it. */
export interface CallOwner {
  readonly phase: Phase;
  readonly attempts: { overdue(): void };
  giveUp(why: Failure): void;
}

export class GrpcCall extends Timed {
  /** Null: the call has none yet, or the exchange is no call. */
  status: number | null = null;
  /** The backend of the current attempt has said that it cannot serve the call now, and nothing else. */
  isRefused = false;
  private isOn = false;
  private wheel: TimerWheel | null = null;
  /** In ticks; 0: the client has set none. */
  private endTick = 0;

  constructor(private readonly owner: CallOwner) {
    super();
  }

  /** The request goes to a pool. */
  begin(head: Head, wheel: TimerWheel): void {
    if (callForm(head) === null) return;
    this.isOn = true;
    this.wheel = wheel;
    const timeout = grpcTimeout(head);
    if (timeout === null) return;
    wheel.set(this, timeout);
    this.endTick = this.deadlineTick;
  }

  /** An attempt begins: its backend is told how much time is left. */
  attempt(edits: Edits<'request'>): void {
    this.isRefused = false;
    if (this.wheel === null || this.endTick === 0) return;
    const left = millis((this.endTick - this.wheel.now) * this.wheel.tick);
    edits.add(requestEdit.set('grpc-timeout', formatTimeout(left)));
  }

  /** The status that an answer counts as: a backend that cannot serve says so in a field of its own. */
  statusOf(head: Head): number {
    if (!this.isOn || head.status !== 200) return head.status;
    this.status = grpcStatus(head);
    this.isRefused = this.status === UNAVAILABLE;
    return this.isRefused ? 503 : 200;
  }

  /** The trailers of the answer. Returns what they say against the backend; null: nothing. */
  ended(trailers: Head): Failure | null {
    if (!this.isOn) return null;
    this.status = grpcStatus(trailers);
    return this.status === UNAVAILABLE ? failure('call-unavailable') : null;
  }

  /** The gateway itself answers. */
  told({ call }: LocalResponse): void {
    if (call !== undefined) this.status = call;
  }

  /** The client is told of a failure, unless its answer has begun. */
  failed(why: Failure, downstream: Pick<Downstream, 'responseStatus' | 'answerFor'>): void {
    if (downstream.responseStatus === 0) this.told(downstream.answerFor(why));
  }

  // The time is over. A backend that has not answered may be to blame.
  override expired(): void {
    if (this.owner.phase === ATTEMPTING) this.owner.attempts.overdue();
    else this.owner.giveUp(failure('deadline-exceeded'));
  }

  clear(): void {
    this.status = null;
    if (!this.isOn) return;
    this.isOn = false;
    this.isRefused = false;
    this.endTick = 0;
    this.wheel?.remove(this);
    this.wheel = null;
  }
}
