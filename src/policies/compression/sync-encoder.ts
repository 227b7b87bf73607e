// An encoder that compresses within the call. The streams of node:zlib hand each slice to another thread and wait for it: on a
// processor that is busy anyway this costs half as much again as to compress, nobody can say which body took the time, and
// one thread of many bodies competes with the event loop. The functions that work within the call take whole bodies only.
//
// So this calls what is beneath the streams, `writeSync` of their handle, which is not documented: no other file does. A test
// makes sure that a new version of the runtime still has it.
import type { Transform } from 'node:stream';
import type { Zlib } from 'node:zlib';

/** How an encoder goes on: keeps what it needs to compress well, gives out all that has come, or ends. */
export type Going = 'on' | 'flush' | 'finish';

/** What a coding calls each of these. */
export type Operations = Readonly<Record<Going, number>>;

// What the handle tells of its last call: how much room is left in the output, and how much of the input.
type Handle = {
  writeSync(how: number, from: Uint8Array, start: number, size: number, to: Uint8Array, at: number, room: number): void;
  reset(): void;
};

// Whatever zstd makes of one slice has room here: a block of 128 KiB that it has kept, and the slice. If it were full to the
// last byte, the call that looks for more would begin another frame.
const output = new Uint8Array(256 * 1024);

const MISSING = 'this version of the runtime has no zlib that compresses within the call';

export class SyncEncoder {
  private readonly handle: Handle;
  private readonly state: Uint32Array;
  private problem: Error | null = null;

  constructor(
    private readonly stream: Transform & Zlib,
    private readonly operations: Operations,
  ) {
    const handle: unknown = Reflect.get(stream, '_handle');
    const state: unknown = Reflect.get(stream, '_writeState');
    if (!isHandle(handle) || !(state instanceof Uint32Array)) throw new Error(MISSING);
    this.handle = handle;
    this.state = state;
    stream.on('error', (cause: Error) => {
      this.problem = cause;
    });
  }

  /** Compresses a slice; returns what is ready, which the caller may keep. */
  encode(bytes: Uint8Array, going: Going): Uint8Array {
    const pieces: Uint8Array[] = [];
    let at = 0;
    for (;;) {
      const room = this.write(bytes, at, going);
      pieces.push(output.slice(0, output.length - room));
      if (room > 0) return pieces.length === 1 ? pieces[0] : Buffer.concat(pieces);
      at = bytes.length - this.state[1];
    }
  }

  // Returns how much room is left.
  private write(bytes: Uint8Array, at: number, going: Going): number {
    if (this.stream.destroyed) throw this.problem ?? new Error('the encoder is closed');
    this.handle.writeSync(this.operations[going], bytes, at, bytes.length - at, output, 0, output.length);
    // An error closes the stream at once, and is told later.
    if (this.stream.destroyed) throw this.stream.errored ?? new Error('the encoder has failed');
    return this.state[0];
  }

  /** Forgets the body that it has compressed. Of zlib's codings alone: the others forget how they were set as well. */
  reset(): void {
    this.handle.reset();
  }

  /** Frees its memory. */
  close(): void {
    this.stream.destroy();
  }
}

function isHandle(value: unknown): value is Handle {
  if (typeof value !== 'object' || value === null) return false;
  return typeof Reflect.get(value, 'writeSync') === 'function' && typeof Reflect.get(value, 'reset') === 'function';
}
