// The backend of the HTTP/2 suite: it notes what it gets, and answers by the path.
import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http';
import { listen } from '../support/ports.ts';

export const LARGE = 300_000;

export type SeenRequest = {
  readonly method: string;
  readonly url: string;
  readonly fields: readonly string[];
  readonly body: string;
};

export class H2Origin implements AsyncDisposable {
  readonly requests: SeenRequest[] = [];

  private constructor(
    private readonly server: Server,
    public port: number,
  ) {}

  static async start(): Promise<H2Origin> {
    const server = createServer();
    const origin = new H2Origin(server, 0);
    server.on('request', (request, response) => void origin.take(request, response));
    origin.port = await listen(server);
    return origin;
  }

  private async take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    request.on('error', () => undefined);
    const { method = '', url = '', rawHeaders } = request;
    if (url.startsWith('/never')) return; // never answers
    let body = '';
    try {
      for await (const chunk of request) body += String(chunk);
    } catch {
      return; // broken off
    }
    this.requests.push({ method, url, fields: rawHeaders, body });
    if (url.startsWith('/large')) response.end('l'.repeat(LARGE));
    else if (url.startsWith('/empty')) response.writeHead(204).end();
    else if (url.startsWith('/cut')) {
      response.write('part');
      setImmediate(() => response.destroy());
    } else if (url.startsWith('/trailers')) {
      response.writeHead(200, { Trailer: 'X-Sum' });
      response.write('body');
      response.addTrailers({ 'X-Sum': 'abc' });
      response.end();
    } else if (url.startsWith('/early')) {
      response.writeEarlyHints({ link: '</a.css>; rel=preload' });
      response.end('late');
    } else response.end(JSON.stringify({ method, url, fields: rawHeaders, body: body.length }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}
