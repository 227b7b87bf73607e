// A stage: what the body of a response goes through on its way to the client, payload in and payload out.
import type { Millis } from '../core/units.ts';
import type { Head } from '../message/head.ts';

/** Opens a stage, which may give payload to `output` at once. */
export type OpenStage = (output: StageOutput) => BodyStage;

/** Takes the payload of a body, and gives the payload of another one to its output. */
export interface BodyStage {
  /** Takes a slice, which the stage may keep. False: send no more until `drained`. */
  write(bytes: Uint8Array, start: number, end: number): boolean;
  /** Takes the trailers of the body, which go no further. Before `end`, and not where the body has none. They must not be kept.
   * Absent: they pass by. */
  trailers?(trailers: Head): void;
  /** The body is complete. */
  end(): void;
  /** The receiver of its output has room again. */
  resume(): void;
  /** The output is not needed any more. The stage must not call it again. */
  destroy(): void;
}

/** Receives what a stage makes. */
export interface StageOutput {
  /** What the tenant has been given of the event loop: of work that waits, that of whoever has been given least is next. */
  readonly account: number;
  /** A slice, which the receiver may keep. False: give no more until `resume`. */
  produced(bytes: Uint8Array, start: number, end: number): boolean;
  /** The stage has room again, after a `write` that returned false. */
  drained(): void;
  /** The stage has given everything. */
  ended(): void;
  failed(cause: Error): void;
  /** The stage has kept the event loop busy for that long, which its tenant is to be charged with. Told before what came of
   * it, since the body may be over then. */
  worked(time: Millis): void;
}
