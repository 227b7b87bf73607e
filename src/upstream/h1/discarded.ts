// Stands in the place of the exchange at a connection whose response is not wanted, for example because of a retry.
import type { BodyForm, Upstream, UpstreamEvents } from '../../message/contract.ts';
import type { Head } from '../../message/head.ts';

// To read so many bytes costs less than a new connection.
const MOST_BYTES = 64 * 1024;

/** Reads a response to its end, so that its connection can serve again; a long response is cancelled instead. */
export class Discarded implements UpstreamEvents {
  private left = MOST_BYTES;

  constructor(private readonly upstream: Upstream) {}

  responseHead(): BodyForm {
    return 'framed';
  }

  responseStart(head: Head, bodyStart: number, bodyEnd: number): boolean {
    return this.responseBody(head.bytes, bodyStart, bodyEnd);
  }

  responseBody(_bytes: Uint8Array, start: number, end: number): boolean {
    this.left -= end - start;
    if (this.left < 0) this.upstream.cancel();
    return true;
  }

  upgraded(): void {
    this.upstream.cancel();
  }

  connected(): void {}
  interimHead(): void {}
  responseTrailers(): void {}
  responseEnd(): void {}
  failed(): void {}
  doubted(): void {}
  upstreamDrained(): void {}
}
