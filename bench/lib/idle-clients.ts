// Thousands of client connections that stay open and idle, and send one request each when told; over TLS where the URL says so.
import type { Socket } from 'bun';

// A listen backlog holds a few hundred connections, and the origins' pools as many requests at a time.
const AT_ONCE = 100;
const ANSWER_SECONDS = 10;

type ClientSocket = Socket<Settled | undefined>;
type Settled = { readonly resolve: () => void; readonly reject: (cause: Error) => void };

/** Open connections to one address. */
export class IdleClients implements Disposable {
  private readonly sockets: ClientSocket[] = [];
  private closed = 0;

  private constructor(private readonly url: URL) {}

  /** Opens `count` connections, some at a time. */
  static async open(url: string, count: number): Promise<IdleClients> {
    const clients = new IdleClients(new URL(url));
    await clients.inTurns(count, async () => void (await clients.connect()));
    return clients;
  }

  /** The same, and asks over each at once: programs wait for a first request for a short time only. */
  static async openAndAsk(url: string, count: number): Promise<IdleClients> {
    const clients = new IdleClients(new URL(url));
    await clients.inTurns(count, async () => clients.ask(await clients.connect()));
    return clients;
  }

  /** Connections that the other side has closed. */
  get lost(): number {
    return this.closed;
  }

  /** Sends one request over each connection, some at a time, and waits for the first read of each answer. */
  async askOnce(): Promise<void> {
    await this.inTurns(this.sockets.length, (at) => this.ask(this.sockets[at]));
  }

  private ask(socket: ClientSocket): Promise<void> {
    const { pathname, host } = this.url;
    const request = `GET ${pathname} HTTP/1.1\r\nHost: ${host}\r\n\r\n`;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    socket.data = { resolve, reject };
    socket.timeout(ANSWER_SECONDS);
    if (socket.write(request) < request.length) reject(new Error(`connection ${this.sockets.length} is closed`));
    return promise;
  }

  [Symbol.dispose](): void {
    for (const socket of this.sockets) socket.terminate();
  }

  private async connect(): Promise<ClientSocket> {
    const isTls = this.url.protocol === 'https:';
    const { promise: ready, resolve: begin, reject: fail } = Promise.withResolvers<void>();
    const socket = await Bun.connect<Settled | undefined>({
      hostname: this.url.hostname,
      port: Number(this.url.port),
      data: undefined,
      ...(isTls ? { tls: { rejectUnauthorized: false } } : {}),
      socket: {
        open: () => {
          if (!isTls) begin();
        },
        handshake: () => begin(),
        data(asked, bytes) {
          if (bytes.toString('latin1', 9, 12) === '200') {
            asked.timeout(0);
            asked.data?.resolve();
          } else asked.data?.reject(new Error(`not an answer: ${bytes.toString('latin1', 0, 100)}`));
        },
        timeout(asked) {
          asked.data?.reject(new Error(`no answer within ${ANSWER_SECONDS} s`));
        },
        close: (asked) => {
          this.closed++;
          fail(new Error('closed before it was ready'));
          asked.data?.reject(new Error('closed without an answer'));
        },
      },
    });
    this.sockets.push(socket);
    await ready;
    return socket;
  }

  private async inTurns(count: number, step: (at: number) => Promise<void>): Promise<void> {
    for (let from = 0; from < count; from += AT_ONCE) {
      const size = Math.min(AT_ONCE, count - from);
      await Promise.all(Array.from({ length: size }, (_, index) => step(from + index)));
    }
  }
}
