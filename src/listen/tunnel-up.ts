// What a client sends once its connection has changed its protocol, on its way to the backend.
import type { Exchange } from '../forward/exchange.ts';
import { GOING_AWAY_MASKED } from '../http1/websocket-frames.ts';
import { Goodbye } from './goodbye.ts';

/** Passes bytes on. Of a WebSocket it follows the frames, so that the backend can be told that the gateway goes away. */
export class TunnelUp {
  private readonly farewell: Goodbye | null;

  constructor(isWebSocket: boolean) {
    this.farewell = isWebSocket ? new Goodbye(GOING_AWAY_MASKED) : null;
  }

  send(bytes: Uint8Array, exchange: Exchange): void {
    const end = this.farewell === null ? bytes.length : this.farewell.pass(bytes, 0, bytes.length);
    if (end > 0) exchange.requestBody(bytes, 0, end);
    this.conclude(exchange);
  }

  /** The backend is told at the next end of a frame. */
  leave(exchange: Exchange): void {
    if (this.farewell !== null) this.farewell.isLeaving = true;
    this.conclude(exchange);
  }

  private conclude(exchange: Exchange): void {
    const bytes = this.farewell?.epilogue() ?? null;
    if (bytes !== null) exchange.requestBody(bytes, 0, bytes.length);
  }
}
