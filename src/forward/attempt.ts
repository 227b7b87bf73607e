// One attempt at one backend: its upstream, its deadline, and how far it has come.
import type { Failure } from '../core/failure.ts';
import { Timed } from '../core/timer-wheel.ts';
import { type Millis, millis } from '../core/units.ts';
import type { BodyForm, Upstream, UpstreamEvents, UpstreamVersion } from '../message/contract.ts';
import type { Head } from '../message/head.ts';
import type { Backend } from '../pools/backend.ts';
import { NOT_REACHED } from './times.ts';

/** Makes attempts, and decides what follows from each. */
export interface AttemptOwner {
  /** It has got a new connection. */
  opened(attempt: Attempt): void;
  /** Returns the form in which the body is wanted. */
  answered(attempt: Attempt, head: Head): BodyForm;
  upgraded(attempt: Attempt, head: Head, start: number, end: number): void;
  /** `wasReused`: its connection had served another exchange before. */
  failed(attempt: Attempt, why: Failure, wasReused: boolean): void;
  doubted(attempt: Attempt): void;
  /** The attempt's deadline is over: its time limit, or the time after which a hedge is made. */
  isSlow(attempt: Attempt): void;
  interimHead(attempt: Attempt, head: Head): void;
}

/** Takes the response of the attempt that has answered. */
export interface ResponseReceiver {
  responseStart(head: Head, bodyStart: number, bodyEnd: number): boolean;
  responseBody(bytes: Uint8Array, start: number, end: number): boolean;
  responseTrailers(trailers: Head): void;
  responseEnd(): void;
  /** The backend takes more of the request. */
  upstreamDrained(): void;
}

/** An attempt. The object is used again for the next attempt of its exchange. */
export class Attempt extends Timed implements UpstreamEvents {
  backend: Backend | null = null;
  /** Null: the attempt has not begun, or is over. */
  upstream: Upstream | null = null;
  began: Millis = millis(0);
  /** When it got a new connection; 0: it has a kept one, or none yet. */
  opened = NOT_REACHED;
  /** From 1. */
  number = 0;
  /** Something of the request may have reached the backend. */
  hasSent = false;
  /** In which the backend was asked; null: it was not, or nobody records it. */
  version: UpstreamVersion | null = null;
  /** The owner is being told of the head of an answer. */
  private isTelling = false;

  constructor(
    private readonly owner: AttemptOwner,
    private readonly receiver: ResponseReceiver,
    /** The attempt is made beside a slow first one. */
    readonly isHedge: boolean,
  ) {
    super();
  }

  begin(backend: Backend, number: number, began: Millis): void {
    this.backend = backend;
    this.number = number;
    this.began = began;
    this.opened = NOT_REACHED;
    this.hasSent = false;
    this.version = null;
  }

  clear(): void {
    this.isTelling = false;
    this.backend = null;
    this.upstream = null;
    this.deadlineTick = 0;
  }

  /** Ends the attempt, because the exchange does not need it any more. */
  cancel(): void {
    const { upstream } = this;
    this.upstream = null;
    this.deadlineTick = 0;
    if (upstream === null) return;
    // Another answer takes the place of the one that has just come: its connection may go on.
    if (this.isTelling) upstream.discard();
    else upstream.cancel();
  }

  /** Ends the attempt whose answer is not wanted; its connection may be kept. */
  discard(): void {
    const { upstream } = this;
    this.upstream = null;
    this.deadlineTick = 0;
    if (upstream !== null) upstream.discard();
  }

  connected(): void {
    this.owner.opened(this);
  }

  interimHead(head: Head): void {
    this.owner.interimHead(this, head);
  }

  responseHead(head: Head): BodyForm {
    this.isTelling = true;
    const form = this.owner.answered(this, head);
    this.isTelling = false;
    return form;
  }

  responseStart(head: Head, bodyStart: number, bodyEnd: number): boolean {
    return this.receiver.responseStart(head, bodyStart, bodyEnd);
  }

  upgraded(head: Head, start: number, end: number): void {
    this.owner.upgraded(this, head, start, end);
  }

  responseBody(bytes: Uint8Array, start: number, end: number): boolean {
    return this.receiver.responseBody(bytes, start, end);
  }

  responseTrailers(trailers: Head): void {
    this.receiver.responseTrailers(trailers);
  }

  responseEnd(): void {
    this.upstream = null;
    this.receiver.responseEnd();
  }

  upstreamDrained(): void {
    this.receiver.upstreamDrained();
  }

  failed(why: Failure): void {
    const wasReused = this.upstream !== null && this.upstream.isReused;
    this.upstream = null;
    this.deadlineTick = 0;
    this.owner.failed(this, why, wasReused);
  }

  doubted(): void {
    this.owner.doubted(this);
  }

  override expired(): void {
    this.owner.isSlow(this);
  }
}
