// A WebSocket origin that sends every message back.
import type { ServerWebSocket } from 'bun';
import { freePort } from './ports.ts';

const LARGEST_MESSAGE = 16 * 1024 * 1024;

/** Accepts the subprotocol `echo` if it is offered, and refuses to change the protocol below /no. Disposing stops it. */
export class WebSocketOrigin implements Disposable {
  readonly name = 'sockets';
  /** The open sockets. */
  readonly sockets = new Set<ServerWebSocket>();
  /** How each closed socket closed, in their order. */
  readonly closings: { readonly code: number; readonly reason: string }[] = [];
  private readonly server = Bun.serve({
    hostname: '127.0.0.1',
    port: freePort(),
    fetch: (request, server) => {
      if (new URL(request.url).pathname.startsWith('/no')) return new Response('not here', { status: 403 });
      const isOffered = request.headers.get('sec-websocket-protocol')?.split(', ').includes('echo') === true;
      const headers = { ...(isOffered ? { 'Sec-WebSocket-Protocol': 'echo' } : {}), 'X-Origin': 'sockets' };
      return server.upgrade(request, { headers }) ? undefined : new Response('plain');
    },
    websocket: {
      maxPayloadLength: LARGEST_MESSAGE,
      backpressureLimit: LARGEST_MESSAGE,
      idleTimeout: 0,
      sendPings: false,
      open: (socket) => void this.sockets.add(socket),
      message: (socket, message) => void socket.send(message),
      close: (socket, code, reason) => {
        this.sockets.delete(socket);
        this.closings.push({ code, reason });
      },
    },
  });

  get url(): string {
    return `http://127.0.0.1:${this.server.port}`;
  }

  [Symbol.dispose](): void {
    void this.server.stop(true);
  }
}
