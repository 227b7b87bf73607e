// A WebSocket on a stream of HTTP/2 (RFC 8441): bytes pass both ways, and both ends can be told that the gateway goes away.
import type { Exchange } from '../../forward/exchange.ts';
import { GOING_AWAY } from '../../http1/websocket-frames.ts';
import { Goodbye } from '../goodbye.ts';
import { TunnelUp } from '../tunnel-up.ts';

/** Takes the bytes that go to the client. */
export type ClientEnd = { send(bytes: Uint8Array, start: number, end: number): boolean };

export class StreamTunnel {
  private readonly up: TunnelUp;
  private readonly down: Goodbye | null;

  constructor(isWebSocket: boolean) {
    this.up = new TunnelUp(isWebSocket);
    this.down = isWebSocket ? new Goodbye(GOING_AWAY) : null;
  }

  fromClient(bytes: Uint8Array, start: number, end: number, exchange: Exchange): void {
    this.up.send(bytes.subarray(start, end), exchange);
  }

  toClient(bytes: Uint8Array, start: number, end: number, client: ClientEnd): boolean {
    const { down } = this;
    if (down === null) return client.send(bytes, start, end);
    const isTaken = client.send(bytes, start, down.pass(bytes, start, end));
    return this.conclude(down, client) && isTaken;
  }

  /** Each end is told at the next end of a frame. */
  leave(exchange: Exchange, client: ClientEnd): void {
    if (this.down !== null) {
      this.down.isLeaving = true;
      this.conclude(this.down, client);
    }
    this.up.leave(exchange);
  }

  private conclude(down: Goodbye, client: ClientEnd): boolean {
    const bytes = down.epilogue();
    return bytes === null || client.send(bytes, 0, bytes.length);
  }
}
