// A health service of gRPC in this process, on the runtime's own HTTP/2: for tests of a check that are not about gRPC itself.
import { type Http2Session, type ServerHttp2Stream, createServer } from 'node:http2';
import { listen } from './ports.ts';

/** Always healthy; repeats the `x-password` that it gets. Disposing drops all connections. */
export class GrpcOrigin implements Disposable {
  private readonly sessions = new Set<Http2Session>();
  private readonly server = createServer();

  private constructor() {
    this.server.on('session', (session) => {
      this.sessions.add(session);
      session.once('close', () => this.sessions.delete(session));
    });
    this.server.on('stream', (stream: ServerHttp2Stream, headers) => {
      stream.on('error', () => {});
      stream.on('wantTrailers', () => {
        const message = `${String(headers['x-password'] ?? 'nothing')} was told.`;
        stream.sendTrailers({ 'grpc-status': '0', 'grpc-message': message });
      });
      stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
      stream.end(Uint8Array.of(0, 0, 0, 0, 2, 8, 1));
    });
  }

  static async start(): Promise<GrpcOrigin & { readonly url: string }> {
    const origin = new GrpcOrigin();
    return Object.assign(origin, { url: `http://127.0.0.1:${await listen(origin.server)}` });
  }

  [Symbol.dispose](): void {
    this.server.close();
    for (const session of this.sessions) session.destroy();
  }
}
