// Stands between clients and a server of HTTP/2 without TLS, and counts what is asked and answered on the wire. A client's own
// count is no measure while connections end: what it was about to ask when it heard of the end, it has never sent.
import { createServer, connect, type Server, type Socket } from 'node:net';
import * as h2 from '../../src/http2/frames.ts';
import { listen } from './ports.ts';

/** Disposing ends it with all that it carries. */
export class FrameRelay implements Disposable {
  /** Requests that have gone to the server. */
  asked = 0;
  /** Streams that the server has ended, as complete. */
  answered = 0;
  private readonly sockets = new Set<Socket>();

  private constructor(private readonly server: Server) {}

  static async start(port: number): Promise<FrameRelay> {
    const server = createServer({ allowHalfOpen: true });
    const relay = new FrameRelay(server);
    server.on('connection', (client) => relay.carry(client, connect({ host: '127.0.0.1', port, allowHalfOpen: true })));
    await listen(server);
    return relay;
  }

  get url(): string {
    const address = this.server.address();
    return `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}/`;
  }

  private carry(client: Socket, server: Socket): void {
    pass(client, server, h2.PREFACE.length, ({ type }) => {
      if (type === h2.HEADERS) this.asked++;
    });
    pass(server, client, 0, ({ type, flags }) => {
      if ((type === h2.HEADERS || type === h2.DATA) && (flags & h2.END_STREAM) !== 0) this.answered++;
    });
    for (const socket of [client, server]) {
      this.sockets.add(socket);
      socket.on('close', () => this.sockets.delete(socket));
    }
  }

  [Symbol.dispose](): void {
    this.server.close();
    for (const socket of this.sockets) socket.destroy();
  }
}

// `skip`: bytes before the first frame.
function pass(from: Socket, to: Socket, skip: number, see: (head: Readonly<h2.FrameHead>) => void): void {
  const reader = new h2.FrameReader();
  const sink: h2.FrameSink = {
    frame: see,
    dataPiece: (head, _bytes, _start, _end, isLast) => {
      if (isLast) see(head);
    },
    oversized: () => undefined,
    firstIsNotSettings: () => undefined,
  };
  let left = skip;
  from.on('data', (bytes: Buffer) => {
    const start = Math.min(left, bytes.length);
    left -= start;
    reader.read(new Uint8Array(bytes), start, sink);
    to.write(bytes);
  });
  from.on('end', () => to.end());
  from.on('error', () => to.destroy());
}
