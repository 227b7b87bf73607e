// Stands between the gateway and an origin, and counts the bytes that pass.
import { type Server, connect, createServer } from 'node:net';
import { listen } from './ports.ts';

export class CountingRelay implements AsyncDisposable {
  /** Connections that came. */
  connections = 0;
  /** Bytes to the origin, and from it. */
  to = 0;
  from = 0;
  private readonly ends = new Set<() => void>();

  private constructor(
    readonly url: string,
    private readonly server: Server,
  ) {}

  static async before(origin: string): Promise<CountingRelay> {
    const { port } = new URL(origin);
    const server = createServer({ noDelay: true });
    const relay = new CountingRelay(`http://127.0.0.1:${await listen(server)}`, server);
    server.on('connection', (near) => {
      relay.connections++;
      const far = connect({ port: Number(port), host: '127.0.0.1', noDelay: true });
      const end = (): void => {
        near.destroy();
        far.destroy();
        relay.ends.delete(end);
      };
      relay.ends.add(end);
      near.on('data', (bytes) => {
        relay.to += bytes.length;
        far.write(bytes);
      });
      far.on('data', (bytes) => {
        relay.from += bytes.length;
        near.write(bytes);
      });
      for (const socket of [near, far]) socket.on('close', end).on('error', end);
    });
    return relay;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new Promise((resolve) => this.server.close(resolve));
    for (const end of this.ends) end();
    await closed;
  }
}
