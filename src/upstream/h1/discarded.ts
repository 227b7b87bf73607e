// What stands in the place of an exchange towards a connection whose response nobody wants.
import type { BodyForm, Upstream, UpstreamEvents } from '../../message/contract.ts';
import type { Head } from '../../message/head.ts';

// Reading as much costs less than a new connection does.
const MOST_BYTES = 64 * 1024;

/** Takes a response to its end, so that its connection can serve again; but not at any price. */
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
