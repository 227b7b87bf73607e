// What the kernel did not take yet. Arrived buffers may be kept, so only bytes that will be overwritten are copied.

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
    this.queue.push(isShared ? bytes.slice(start + taken, end) : bytes.subarray(start + taken, end));
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
