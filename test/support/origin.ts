// Origins for tests: real servers. The port of each stays its own while it is stopped.
import { freePort } from './ports.ts';

/** An HTTP server in this process. Disposing stops it. */
export class Origin implements Disposable {
  /** Requests served, health checks not counted. */
  requests = 0;
  readonly port: number;
  private server: ReturnType<typeof Bun.serve>;

  constructor(
    readonly name: string,
    private readonly answer: (request: Request, origin: Origin) => Response | Promise<Response> = describeRequest,
    /** Port 0: one that is free. */
    private readonly place: { readonly hostname: string; readonly port: number } = { hostname: '127.0.0.1', port: 0 },
  ) {
    this.port = place.port === 0 ? freePort() : place.port;
    this.server = this.serve(this.port);
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** The same on another address of this machine, on the same port. */
  static beside(other: Origin, name: string, hostname: string): Origin {
    return new Origin(name, other.answer, { hostname, port: other.port });
  }

  /** Refuses connections from now on. */
  async stop(): Promise<void> {
    await this.server.stop(true);
  }

  /** Serves on the same port again. */
  restart(): void {
    this.server = this.serve(this.port);
  }

  [Symbol.dispose](): void {
    void this.server.stop(true);
  }

  private serve(port: number): ReturnType<typeof Bun.serve> {
    return Bun.serve({
      hostname: this.place.hostname,
      port,
      idleTimeout: 0,
      fetch: (request) => {
        if (new URL(request.url).pathname !== '/health') this.requests++;
        return this.answer(request, this);
      },
    });
  }
}

/** The answer of an origin: what it has received. */
export type Seen = { origin: string; method: string; url: string; headers: Record<string, string>; body: string };

async function describeRequest(request: Request, origin: Origin): Promise<Response> {
  const url = new URL(request.url);
  const body = await request.text();
  const seen: Seen = {
    origin: origin.name,
    method: request.method,
    url: url.pathname + url.search,
    headers: Object.fromEntries(request.headers),
    body,
  };
  return Response.json(seen);
}
