// A compressor with both of its ends: a client that receives, and a backend that is paused and resumed.
import { brotliDecompressSync, gunzipSync, inflateSync, zstdDecompressSync } from 'node:zlib';
import type { Coding } from '../../src/policies/compression/accept-encoding.ts';
import { type Compression, Compressor } from '../../src/policies/compression/compressor.ts';
import { until } from './until.ts';
import { WorkTurns } from '../../src/core/work-turns.ts';
import { millis } from '../../src/core/units.ts';

/** A plan as for a JSON response of unknown length, with some changes. */
export function compression(changes: Partial<Compression>): Compression {
  const fixed = { coding: 'gzip', level: 5 } as const;
  return { ...fixed, length: 0, isEventStream: false, ...changes };
}

/** What was compressed by that coding. */
export function decompress(coding: Coding, bytes: Uint8Array): Uint8Array {
  switch (coding) {
    case 'br':
      return brotliDecompressSync(bytes);
    case 'zstd':
      return zstdDecompressSync(bytes);
    case 'gzip':
      return gunzipSync(bytes);
    case 'deflate':
      return inflateSync(bytes);
  }
}

/** The turns of this event loop. */
export function workTurns(): WorkTurns {
  return new WorkTurns(
    () => millis(performance.now()),
    (task) => void setImmediate(task),
  );
}

/** The same, where each step takes a whole turn. */
export function slowTurns(): WorkTurns {
  let now = 0;
  return new WorkTurns(
    () => millis(now++),
    (task) => void setImmediate(task),
  );
}

/** A client that receives what a compressor makes, and a backend that is told when to go on. */
export class CompressedBody {
  readonly compressor: Compressor;
  /** False: the client asks for rest after each slice. */
  takesAll = true;
  slices: Uint8Array[] = [];
  drained = 0;
  done = 0;
  failures: Error[] = [];
  /** In milliseconds. */
  worked = 0;
  /** How often it has worked. */
  steps = 0;

  constructor(
    private readonly plan: Compression,
    shared = workTurns(),
  ) {
    this.compressor = new Compressor(plan, shared, {
      produced: (bytes, start, end) => {
        this.slices.push(bytes.slice(start, end));
        return this.takesAll;
      },
      drained: () => void this.drained++,
      ended: () => void this.done++,
      failed: (cause) => void this.failures.push(cause),
      account: 0,
      worked: (time) => {
        this.worked += time;
        this.steps++;
      },
    });
  }

  /** Resolves when everything has come. */
  async ended(): Promise<void> {
    await until(() => this.done + this.failures.length > 0, 'the compressor has ended');
  }

  /** Bytes that have come. */
  get size(): number {
    return this.slices.reduce((sum, slice) => sum + slice.length, 0);
  }

  /** The whole body as the client reads it. */
  body(): Uint8Array {
    if (this.done !== 1) throw new Error('the body is not whole');
    return decompress(this.plan.coding, Buffer.concat(this.slices));
  }
}

/** Resolves after so many turns of the event loop. */
export async function turns(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await new Promise((resolve) => setImmediate(resolve));
}
