// What stands in the place of an exchange towards a connection that no exchange wants at the moment.
import type { Upstream, UpstreamEvents } from '../message/contract.ts';

abstract class Nobody implements UpstreamEvents {
  connected(): void {}
  interimHead(): void {}
  responseHead(): void {}
  abstract responseBody(bytes: Uint8Array, start: number, end: number): void;
  responseEnd(): void {}
  upgraded(): void {}
  failed(): void {}
  doubted(): void {}
  upstreamDrained(): void {}
}

// Reading as much costs less than a new connection does.
const MOST_BYTES = 64 * 1024;

/** Takes a response that nobody wants to its end, so that its connection can serve again; but not at any price. */
export class Discarded extends Nobody {
  private left = MOST_BYTES;

  constructor(private readonly upstream: Upstream) {
    super();
  }

  override responseBody(_bytes: Uint8Array, start: number, end: number): void {
    this.left -= end - start;
    if (this.left < 0) this.upstream.cancel();
  }

  override upgraded(): void {
    this.upstream.cancel();
  }
}

/** Opens a connection ahead of the first exchange that will want it. */
export class WarmUp extends Nobody {
  constructor(private readonly upstream: { park(): void }) {
    super();
  }

  override connected(): void {
    this.upstream.park();
  }

  override responseBody(): void {}
}
