// A connection and the streams that it carries, as they see each other.
import type { Failure } from '../../core/failure.ts';
import type { TimerWheel } from '../../core/timer-wheel.ts';
import type { HeadLimits, HeadParser } from '../../http1/head-parser.ts';
import type { OutgoingRequest } from '../../message/contract.ts';
import type { TransportLimits } from '../contract.ts';
import type { BodyWay, RequestBody } from './request-body.ts';

/** waiting: its connection is not open yet, or has no room; request: no answer has come; body: one is on its way; tunnel: it
 * is a WebSocket. */
export type Phase = 'waiting' | 'request' | 'body' | 'tunnel' | 'closed';

/** A connection, as its streams see it. */
export interface StreamWay extends BodyWay {
  readonly wheel: TimerWheel;
  /** It has been opened: a stream that waits, waits for room. */
  readonly isOpen: boolean;
  readonly parser: HeadParser;
  readonly headLimits: HeadLimits;
  /** The backend takes WebSockets on streams (RFC 8441). */
  readonly allowsTunnels: boolean;
  /** Sends the head of a request, and gives its stream a number. */
  sendHead(stream: CarriedStream, request: OutgoingRequest): void;
  /** The stream is over. */
  left(stream: CarriedStream): void;
  /** Calls `deliverHeld` before the next event. */
  deliverLater(stream: CarriedStream): void;
}

/** A stream, as its connection sees it. */
export interface CarriedStream {
  /** 0: nothing has been sent. */
  id: number;
  readonly limits: TransportLimits;
  readonly request: RequestBody;
  /** It answers a HEAD request. */
  readonly toHead: boolean;
  /** It asks for a WebSocket: the Sec-WebSocket-Accept that its client expects; null: an ordinary request. */
  readonly accept: Uint8Array | null;
  /** The head of its response has come: what comes next are trailers. */
  readonly hasAnswered: boolean;
  /** Since when its exchange waits for the first byte of the answer, in ticks; 0: it does not. */
  readonly waitsSince: number;
  /** It waits for its connection, or for room on it. */
  wait(): void;
  /** Its connection had no room, or is gone, and it goes over another. */
  moveTo(way: StreamWay): void;
  /** It may be sent. */
  open(isReused: boolean): void;
  /** The same, where the exchange has waited for that. */
  openLate(): void;
  /** A window has opened, or the kernel takes bytes again. */
  pump(): void;
  /** The backend has sent a header block, as text. */
  block(text: Uint8Array, ended: boolean): void;
  /** bytes[start, end) is a part of the body, and takes `size` of the window. Returns whether the memory may be given back. */
  data(bytes: Uint8Array, start: number, end: number, size: number): boolean;
  /** The backend has sent all. */
  dataEnded(): void;
  deliverHeld(): void;
  /** There is reason to doubt the backend: an exchange that still waits for its answer is told. */
  doubt(): void;
  /** What has come cannot be passed on. */
  refuse(why: Failure): void;
  /** The backend has ended the stream for that reason. */
  wasReset(code: number): void;
  /** The stream is over at the backend's side. */
  lost(why: Failure): void;
  connectionLost(why: Failure): void;
  /** It is over, and nobody holds it any more: it may be lent again. */
  recycle(): void;
  /** Ends the exchange that uses it, for this reason. */
  fail(why: Failure): void;
}
