// What the kernel did not take yet. A client that falls behind has had one read of its backend made for it already, up to
// 512 KiB on this runtime: of a large rest the kernel is asked to keep more than it meant to, so that hardly any of it is
// left here. What is left is copied out where it is only a part of a read, or it would hold all of it.

import { type Bytes, bytes as toBytes } from './units.ts';

/** Where an outbox sends to: returns how many bytes were taken, 0 when none fit, -1 when it is closed. */
export type ByteSink = { write(bytes: Uint8Array, offset: number, length: number): number };

/** Has the kernel keep so many more bytes of what goes into a sink; false: it does not. */
export type MakeRoom = (sink: ByteSink, more: Bytes) => boolean;

// A smaller rest is cheaper to keep than to ask for.
const LARGE_REST = 16 * 1024;

/** The unsent rest of one socket, in order. */
export class Outbox {
  /** The kernel has taken more than it meant to: whoever sends rests until it has drained. */
  private isFull = false;
  private queue: Uint8Array[] | null = null;
  private offset = 0;
  /** In bytes. */
  size = 0;

  constructor(private readonly makeRoom: MakeRoom) {}

  get isEmpty(): boolean {
    return this.size === 0 && !this.isFull;
  }

  /** Sends what the sink takes at once and keeps the rest; false: rest until it has drained. `sink` null: not open yet.
   * `isShared`: the bytes will be overwritten after this call. */
  send(sink: ByteSink | null, bytes: Uint8Array, start: number, end: number, isShared: boolean): boolean {
    const size = end - start;
    let taken = 0;
    if (sink !== null && this.isEmpty) {
      taken = sink.write(bytes, start, size);
      if (taken === size) return true;
      if (taken < 0) return false; // closed: the close event follows
      if (size - taken > LARGE_REST) taken += this.press(sink, bytes, start + taken, size - taken);
      if (taken === size) return false;
    }
    this.queue ??= [];
    const isWhole = size - taken === bytes.buffer.byteLength;
    this.queue.push(isWhole && !isShared ? bytes : bytes.slice(start + taken, end));
    this.size += size - taken;
    return false;
  }

  private press(sink: ByteSink, bytes: Uint8Array, start: number, size: number): number {
    if (!this.makeRoom(sink, toBytes(size))) return 0;
    this.isFull = true;
    return Math.max(0, sink.write(bytes, start, size));
  }

  /** Sends what the sink takes of the rest; true when nothing is left. */
  flush(sink: ByteSink): boolean {
    this.isFull = false;
    const queue = this.queue ?? [];
    while (queue.length > 0) {
      const first = queue[0];
      const taken = sink.write(first, this.offset, first.length - this.offset);
      if (taken <= 0) return false;
      this.size -= taken;
      this.offset += taken;
      if (this.offset < first.length) return false;
      queue.shift();
      this.offset = 0;
    }
    return true;
  }

  /** Forgets the rest: the socket is gone. */
  drop(): void {
    this.queue = null;
    this.offset = 0;
    this.size = 0;
    this.isFull = false;
  }
}
