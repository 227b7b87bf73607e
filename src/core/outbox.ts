// What the kernel did not take yet. Arrived buffers may be kept, so only bytes that will be overwritten are copied.

/** Where an outbox sends to: returns how many bytes were taken; 0 or less when none. */
export type ByteSink = { write(bytes: Uint8Array, offset: number, length: number): number };

/** The unsent rest of one socket, in order. */
export class Outbox {
  private queue: Uint8Array[] = [];
  private offset = 0;
  /** In bytes. */
  size = 0;

  get isEmpty(): boolean {
    return this.size === 0;
  }

  /** `isShared`: the bytes will be overwritten after this call. */
  keep(bytes: Uint8Array, start: number, end: number, isShared: boolean): void {
    if (start === end) return;
    this.queue.push(isShared ? bytes.slice(start, end) : bytes.subarray(start, end));
    this.size += end - start;
  }

  /** Sends what the socket takes; true when nothing is left. */
  flush(sink: ByteSink): boolean {
    while (this.queue.length > 0) {
      const first = this.queue[0];
      const taken = sink.write(first, this.offset, first.length - this.offset);
      if (taken <= 0) return false;
      this.size -= taken;
      this.offset += taken;
      if (this.offset < first.length) return false;
      this.queue.shift();
      this.offset = 0;
    }
    return true;
  }
}
