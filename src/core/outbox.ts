// What the kernel did not take yet. A whole arrived buffer may be kept as it is. A part of one is copied out: it would hold
// all of what one read brought, up to 512 KiB; measured, 300 clients that do not read held 454 KiB each, and 256 KiB with
// the copy, which costs nothing that the benchmarks show.

/** Where an outbox sends to: returns how many bytes were taken, 0 when none fit, -1 when it is closed. */
export type ByteSink = { write(bytes: Uint8Array, offset: number, length: number): number };

/** The unsent rest of one socket, in order. */
export class Outbox {
  private queue: Uint8Array[] | null = null;
  private offset = 0;
  /** In bytes. */
  size = 0;

  get isEmpty(): boolean {
    return this.size === 0;
  }

  /** Sends what the sink takes at once and keeps the rest; true when nothing is left. `sink` null: not open yet.
   * `isShared`: the bytes will be overwritten after this call. */
  send(sink: ByteSink | null, bytes: Uint8Array, start: number, end: number, isShared: boolean): boolean {
    const size = end - start;
    let taken = 0;
    if (sink !== null && this.size === 0) {
      taken = sink.write(bytes, start, size);
      if (taken === size) return true;
      if (taken < 0) return false; // closed: the close event follows
    }
    this.queue ??= [];
    const isWhole = size - taken === bytes.buffer.byteLength;
    this.queue.push(isWhole && !isShared ? bytes : bytes.slice(start + taken, end));
    this.size += size - taken;
    return false;
  }

  /** Sends what the sink takes of the rest; true when nothing is left. */
  flush(sink: ByteSink): boolean {
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
  }
}
