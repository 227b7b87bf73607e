// What the kernel did not take yet. A client that falls behind has had one read of its backend made for it already, up to
// 512 KiB on this runtime: of a large rest the kernel is asked to keep more than it meant to, so that hardly any of it is
// left here. What is left is copied out where it is only a part of a read, or it would hold all of it.

import type { Departing, Departures } from './departures.ts';
import type { ByteSink, KernelOutput } from './kernel-output.ts';

/** What outboxes send by. */
export type Sending = { readonly kernel: KernelOutput; readonly departures: Departures };

// What is larger is worth a turn of its own.
const SMALL = 16 * 1024;
// A smaller rest is cheaper to keep than to ask for.
const LARGE_REST = 16 * 1024;

/** The unsent rest of one socket, in order. */
export class Outbox implements Departing {
  /** The kernel has taken more than it meant to: whoever sends rests until it has drained. */
  private isFull = false;
  /** Leaves at the end of this turn: [start, end) of it, into the sink. */
  private leaving: Uint8Array | null = null;
  private leavingStart = 0;
  private leavingEnd = 0;
  private leavingBy: ByteSink | null = null;
  private isAnnounced = false;
  private queue: Uint8Array[] | null = null;
  private offset = 0;
  /** In bytes. */
  size = 0;

  /** `held`: told when something is kept after all that `send` has made light of. */
  constructor(
    private readonly sending: Sending,
    private readonly held: (() => void) | null,
  ) {}

  /** Nothing is kept for want of room. */
  get isEmpty(): boolean {
    return this.size === 0 && !this.isFull;
  }

  /** Nothing is left to be sent at all. */
  get isSettled(): boolean {
    return this.isEmpty && this.leaving === null;
  }

  /** Sends what the sink takes at once and keeps the rest; false: rest until it has drained. `sink` null: not open yet.
   * `isShared`: the bytes will be overwritten after this call. */
  send(sink: ByteSink | null, bytes: Uint8Array, start: number, end: number, isShared: boolean): boolean {
    this.settle();
    if (sink === null || end - start > SMALL || !this.isEmpty) return this.write(sink, bytes, start, end, isShared);
    this.leaving = isShared ? bytes.slice(start, end) : bytes;
    this.leavingStart = isShared ? 0 : start;
    this.leavingEnd = isShared ? end - start : end;
    this.leavingBy = sink;
    if (!this.isAnnounced) {
      this.isAnnounced = true;
      this.sending.departures.add(this);
    }
    return this.isEmpty;
  }

  depart(): void {
    this.isAnnounced = false;
    this.settle();
    if (!this.isEmpty) this.held?.();
  }

  /** Sends now what would leave at the end of this turn: more is to come, or the socket is to be closed. */
  settle(): void {
    const { leaving } = this;
    if (leaving === null) return;
    this.leaving = null;
    this.write(this.leavingBy, leaving, this.leavingStart, this.leavingEnd, false);
    this.leavingBy = null;
  }

  /** The same, and then FIN. */
  finish(sink: (ByteSink & { shutdown(): void }) | null): void {
    this.settle();
    sink?.shutdown();
  }

  private write(sink: ByteSink | null, bytes: Uint8Array, start: number, end: number, isShared: boolean): boolean {
    const size = end - start;
    let taken = 0;
    if (sink !== null && this.size === 0) {
      taken = this.isFull ? 0 : sink.write(bytes, start, size);
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
    const taken = this.sending.kernel.press(sink, bytes, start, size);
    if (taken > 0) this.isFull = true;
    return taken;
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
    this.leaving = null;
    this.leavingBy = null;
    this.queue = null;
    this.offset = 0;
    this.size = 0;
    this.isFull = false;
  }
}
