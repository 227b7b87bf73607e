// An origin that is only a TCP socket: the test decides what it reads, what it sends, and how it ends.
import { type Socket, createServer } from 'node:net';
import { listen } from './ports.ts';
import { RawClient } from './raw-client.ts';
import { until } from './until.ts';

/** Listens on a port that the system chooses. Disposing of it drops all connections. */
export class RawOrigin implements AsyncDisposable {
  /** The connections in the order in which they came; empty if the test handles the sockets itself. */
  readonly connections: RawClient[] = [];
  private readonly sockets = new Set<Socket>();
  private readonly server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    this.sockets.add(socket);
    socket.once('close', () => this.sockets.delete(socket));
    if (this.take === null) this.connections.push(RawClient.over(socket));
    else this.take(socket);
  });

  private constructor(
    readonly name: string,
    private readonly take: ((socket: Socket) => void) | null,
  ) {}

  static async start(
    name: string,
    take: ((socket: Socket) => void) | null = null,
  ): Promise<RawOrigin & { readonly url: string }> {
    const origin = new RawOrigin(name, take);
    return Object.assign(origin, { url: `http://127.0.0.1:${await listen(origin.server)}` });
  }

  /** The connection at this place, once it has received a whole head. */
  async asked(place = 0): Promise<RawClient> {
    await until(() => this.connections[place]?.received.includes('\r\n\r\n') === true, `${this.name} is asked`);
    const connection = this.connections[place];
    if (connection === undefined) throw new Error('unreachable');
    return connection;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new Promise((resolve) => this.server.close(resolve));
    for (const socket of this.sockets) socket.destroy();
    await closed;
  }
}
