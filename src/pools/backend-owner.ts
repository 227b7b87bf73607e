// What a backend tells the pool that it is in.
import type { Share } from '../admit/share.ts';
import type { Failure } from '../core/failure.ts';
import type { Millis } from '../core/units.ts';

/** Told what requests show of a backend. */
export interface BackendNotes<Backend> {
  /** An attempt that began at `began` has failed. */
  failed(backend: Backend, why: Failure, client: string, began: Millis): void;
  /** A backend has begun to answer; `latency` 0: it was not measured. True: well, as far as can be seen. */
  answered(backend: Backend, status: number, latency: Millis, client: string): boolean;
  /** Such an answer has come to its end. */
  whole(backend: Backend, client: string): void;
}

/** The pool that a backend is in, as the backend sees it. */
export interface BackendOwner<Backend> {
  /** Its tenant's, of the event loop. */
  readonly share: Share;
  readonly notes: BackendNotes<Backend>;
  /** The standing of one of its backends has changed. */
  standingChanged(): void;
  /** All of its backends. */
  readonly backends: readonly Backend[];
  /** This process, which has only known the backend so far, serves requests from here on. */
  servesNow(backend: Backend): void;
  /** Another process has freed a place that requests of this one wait for. */
  woken(backend: Backend): void;
  /** A request at the backend has become a stream. True: it holds no place from here on. */
  streamBegan(backend: Backend): boolean;
  /** Such a request has left the backend. */
  streamEnded(backend: Backend, trial: number): void;
  /** Any other request has left the backend. */
  release(backend: Backend, trial: number): void;
}
