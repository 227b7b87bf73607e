// Keeps the bytes that the kernel did not take for a socket, until the socket drains. When a client falls behind, one read
// of its backend has already been made, up to 512 KiB on this runtime. Of a large rest the kernel is asked to keep more
// than its limit, so that little of it stays in this process. What stays is copied if it is only a part of a read: a view
// would hold the whole read in memory.

import { copy } from './copy-bytes.ts';
import type { ByteSink, KernelOutput } from './kernel-output.ts';
import { LARGE_READ } from './large-read.ts';
import { type BatchedSender, NO_ROOM, type SendBatch } from './send-batch.ts';

/** What all outboxes share. */
export type Sending = { readonly kernel: KernelOutput; readonly batch: SendBatch };

// A larger write goes out at once: beside its own cost, gathering would save next to nothing.
const SMALL = 16 * 1024;
// What is sent in parts within one turn, a head, a compressed body and its end, leaves in one write up to this size: to copy it
// costs a tenth of a system call.
const MOST_JOINED = 32 * 1024;
// Keeping a smaller rest here costs less than the system calls that make the kernel take it.
const LARGE_REST = 16 * 1024;

/** Whose bytes they are: an object that is there anyway, since each idle connection would keep a function. */
export interface OutboxOwner {
  /** Bytes must wait for room although `send` returned true for them, since they left only later. */
  outboxHeld(): void;
}

/** The unsent rest of one socket, in order. */
export class Outbox implements BatchedSender {
  /** The kernel has taken more than its limit: nothing more is written until the socket has drained. */
  private isFull = false;
  /** At the end of this turn, [leavingStart, leavingEnd) of these bytes is written to `leavingBy`. */
  private leaving: Uint8Array | null = null;
  private leavingStart = 0;
  private leavingEnd = 0;
  private leavingBy: ByteSink | null = null;
  private isInBatch = false;
  private queue: Uint8Array[] | null = null;
  private offset = 0;
  /** In bytes. */
  size = 0;
  /** All bytes that it was given, those that wait included. */
  given = 0;

  /** `owner` null: it need not know what becomes of bytes that leave later. */
  constructor(
    private readonly sending: Sending,
    private readonly owner: OutboxOwner | null,
  ) {}

  /** No bytes wait for room in the kernel. Those that leave at the end of this turn do not count. */
  get isEmpty(): boolean {
    return this.size === 0 && !this.isFull;
  }

  /** How many bytes the kernel has taken, or will at the end of this turn. */
  get sent(): number {
    return this.given - this.size;
  }

  /** How many bytes the kernel has taken. */
  get left(): number {
    return this.sent - (this.leaving === null ? 0 : this.leavingEnd - this.leavingStart);
  }

  /** No bytes are left to send at all. */
  get isSettled(): boolean {
    return this.isEmpty && this.leaving === null;
  }

  /** Sends what the sink takes and keeps the rest. False: the sender must rest until the socket has drained. `sink` null: the
   * socket is not open yet. `isShared`: the caller will overwrite the bytes after this call. */
  send(sink: ByteSink | null, bytes: Uint8Array, start: number, end: number, isShared: boolean): boolean {
    this.given += end - start;
    if (this.leaving !== null && this.join(this.leaving, sink, bytes, start, end)) return true;
    this.settle();
    if (
      sink === null ||
      !this.isEmpty ||
      !(isBatched(bytes, start, end, isShared) || bytes === this.sending.batch.room)
    )
      return this.write(sink, bytes, start, end, isShared);
    this.leavingBy = sink;
    if (isShared) this.leaveCopied(bytes, start, end);
    else this.leaveFrom(bytes, start, end);
    if (!this.isInBatch) {
      this.isInBatch = true;
      this.sending.batch.add(this);
    }
    return this.isEmpty;
  }

  private leaveFrom(bytes: Uint8Array, start: number, end: number): void {
    this.leaving = bytes;
    this.leavingStart = start;
    this.leavingEnd = end;
  }

  private leaveCopied(bytes: Uint8Array, start: number, end: number): void {
    const { batch } = this.sending;
    const at = batch.reserve(end - start);
    if (at === NO_ROOM) this.leaveFrom(bytes.slice(start, end), 0, end - start);
    else this.leaveFrom(batch.room, at, copy(batch.room, at, bytes, start, end));
  }

  // Puts more bytes behind those that leave at the end of this turn. False: they cannot leave together.
  private join(leaving: Uint8Array, sink: ByteSink | null, bytes: Uint8Array, start: number, end: number): boolean {
    const { batch } = this.sending;
    const { room } = batch;
    const before = this.leavingEnd - this.leavingStart;
    const size = before + end - start;
    if (sink !== this.leavingBy || size > MOST_JOINED) return false;
    if (leaving !== room || !batch.extend(this.leavingEnd, end - start)) {
      const at = batch.reserve(size);
      if (at === NO_ROOM) return false;
      this.leaveFrom(room, at, copy(room, at, leaving, this.leavingStart, this.leavingEnd));
    }
    this.leavingEnd = copy(room, this.leavingEnd, bytes, start, end);
    return true;
  }

  /** Like `send` for a head, which the caller will overwrite, and a large part of its body; in one system call where all of both
   * fits. Not for a sink that encrypts. */
  sendBoth(sink: ByteSink, head: Uint8Array, bytes: Uint8Array, start: number, end: number): boolean {
    this.settle();
    this.given += head.length + end - start;
    const taken = this.isEmpty ? this.sending.kernel.writeBoth(sink, head, bytes, start, end) : 0;
    if (taken === head.length + end - start) return true;
    // Ask the sink itself for the rest: only then it tells when it has room again, or that it is closed.
    if (taken < head.length) this.write(sink, head, taken, head.length, true);
    return this.write(sink, bytes, start + Math.max(0, taken - head.length), end, false);
  }

  sendBatched(): void {
    this.isInBatch = false;
    this.settle();
    if (!this.isEmpty) this.owner?.outboxHeld();
  }

  /** Sends now what would leave at the end of this turn: for callers that are about to send more or to close the socket. */
  settle(): void {
    const { leaving } = this;
    if (leaving === null) return;
    this.leaving = null;
    this.write(this.leavingBy, leaving, this.leavingStart, this.leavingEnd, false);
    this.leavingBy = null;
  }

  /** Sends what would leave at the end of this turn, and then a FIN. False: bytes are left, which a FIN now would cut off. */
  finish(sink: (ByteSink & { shutdown(): void }) | null): boolean {
    this.settle();
    if (this.isEmpty) sink?.shutdown();
    return this.isEmpty;
  }

  private write(sink: ByteSink | null, bytes: Uint8Array, start: number, end: number, isShared: boolean): boolean {
    const size = end - start;
    let taken = 0;
    if (sink !== null && this.size === 0) {
      taken = this.isFull ? 0 : sink.write(bytes, start, size);
      if (taken === size) return true;
      if (taken < 0) return false; // closed: the close event follows
      if (size - taken > LARGE_REST) taken += this.writeBeyondLimit(sink, bytes, start + taken, size - taken);
      if (taken === size) return false;
    }
    this.queue ??= [];
    const isWhole = size - taken === bytes.buffer.byteLength;
    this.queue.push(isWhole && !isShared ? bytes : bytes.slice(start + taken, end));
    this.size += size - taken;
    return false;
  }

  private writeBeyondLimit(sink: ByteSink, bytes: Uint8Array, start: number, size: number): number {
    const taken = this.sending.kernel.writeBeyondLimit(sink, bytes, start, size);
    if (taken > 0) this.isFull = true;
    return taken;
  }

  /** Sends what the sink takes of the kept bytes; true when none are left. */
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

  /** Forgets all that is kept, because the socket is gone. */
  drop(): void {
    this.leaving = null;
    this.leavingBy = null;
    this.queue = null;
    this.offset = 0;
    this.size = 0;
    this.isFull = false;
  }
}

// Whether a write may wait for the end of the turn. A part of a large read may not: the caller frees the memory of that read
// as soon as `send` returns.
function isBatched(bytes: Uint8Array, start: number, end: number, isShared: boolean): boolean {
  return end - start <= SMALL && (isShared || bytes.length <= LARGE_READ);
}
