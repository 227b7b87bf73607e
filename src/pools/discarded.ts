// Takes a response that nobody wants to its end, so that its connection can serve again; but not at any price.
import type { Upstream, UpstreamEvents } from '../message/contract.ts';

// Reading as much costs less than a new connection does.
const MOST_BYTES = 64 * 1024;

/** In the place of an exchange that has gone on to another backend. */
export class Discarded implements UpstreamEvents {
  private left = MOST_BYTES;

  constructor(private readonly upstream: Upstream) {}

  responseBody(_bytes: Uint8Array, start: number, end: number): void {
    this.left -= end - start;
    if (this.left < 0) this.upstream.cancel();
  }

  upgraded(): void {
    this.upstream.cancel();
  }

  connected(): void {}
  interimHead(): void {}
  responseHead(): void {}
  responseEnd(): void {}
  failed(): void {}
  doubted(): void {}
  upstreamDrained(): void {}
}
