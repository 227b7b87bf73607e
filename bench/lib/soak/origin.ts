// An origin that goes away and comes back at the same port, and knows when it did.

const SMALL = 1024;
const LARGE = 4 * 1024 * 1024;

/** A backend's program, within this process. */
export class Origin {
  readonly port: number;
  /** When it has gone away last, in milliseconds of `performance.now()`. */
  lostAt = Number.NEGATIVE_INFINITY;
  private server: Bun.Server<undefined> | null;

  constructor() {
    this.server = serve(0);
    this.port = this.server.port ?? 0;
  }

  start(): void {
    this.server ??= serve(this.port);
  }

  /** Ends at once, in the middle of what it serves. */
  async stop(): Promise<void> {
    const { server } = this;
    this.server = null;
    this.lostAt = performance.now();
    await server?.stop(true);
  }
}

function serve(port: number): Bun.Server<undefined> {
  const small = 'x'.repeat(SMALL);
  const large = new Uint8Array(LARGE);
  return Bun.serve({
    hostname: '127.0.0.1',
    port,
    idleTimeout: 0,
    async fetch(request, server) {
      const { pathname } = new URL(request.url);
      if (pathname.endsWith('/ws') && server.upgrade(request)) return undefined;
      if (pathname.endsWith('/large')) return new Response(large);
      return pathname.endsWith('/echo') ? new Response(await request.text()) : new Response(small);
    },
    websocket: { idleTimeout: 0, message: (socket, message) => void socket.send(message) },
  });
}
