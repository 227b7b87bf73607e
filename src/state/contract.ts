// Where a gateway keeps what outlives it.
import type { Steps } from '../core/slices.ts';
import type { ControlState } from '../runtime/control-state.ts';

/** A directory that this process alone uses. Files are written whole or not at all, and nobody but their owner reads them.
 * Promises reject with the system's error. */
export type Folder = {
  readonly path: string;
  /** Null: there is no such file. */
  read(name: string): Promise<Uint8Array | null>;
  write(name: string, content: Uint8Array): Promise<void>;
  /** Puts it behind what there is; resolves with the size of the file then. */
  append(name: string, content: Uint8Array): Promise<number>;
  /** Says that the content is still true. */
  touch(name: string): Promise<void>;
  /** When it was written or touched last, in milliseconds since 1970; null: there is no such file. */
  changedAt(name: string): Promise<number | null>;
  list(): Promise<readonly string[]>;
  remove(name: string): Promise<void>;
};

/** What a restart reads and a running gateway writes. */
export type StateStore = {
  /** Null: there is nothing that can be used. */
  read(): Promise<ControlState | null>;
  /** `isFinal`: the gateway ends, and nothing will follow. */
  writeDecisions(state: Omit<ControlState, 'backends'>, isFinal: boolean): Promise<void>;
  /** Makes the text in steps; null: another one is wanted no more. */
  writeBackends(backends: Iterable<ControlState['backends'][number]>, take: TakeSteps): Promise<void>;
};

/** Does work in slices; null: it was given up. */
export type TakeSteps = <Result>(steps: Steps<Result>) => Promise<Result | null>;
