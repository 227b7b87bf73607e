// A client that keeps its connection and reports every failure. A client library would not do: most of them send a request
// again when a kept connection breaks, so that the demo would not count that failure.
import type { Connection, Connector } from '../../src/core/connector.ts';
import type { Clock } from '../../src/core/clock.ts';
import { millis } from '../../src/core/units.ts';

/** How a request ended. */
export type Answer =
  | { readonly kind: 'response'; readonly status: number; readonly body: string }
  | { readonly kind: 'error'; readonly error: string };

export type ClientOptions = {
  readonly clock: Clock;
  readonly connect: Connector;
  readonly address: { readonly hostname: string; readonly port: number };
};

const PATIENCE = millis(5000);
const encoder = new TextEncoder();

/** One client with at most one connection, one request at a time. */
export class Client {
  private connection: Connection | null = null;
  private received = '';
  private settle: ((answer: Answer) => void) | null = null;

  constructor(private readonly options: ClientOptions) {}

  /** The promise never rejects. */
  async get(host: string, path: string): Promise<Answer> {
    const { promise, resolve } = Promise.withResolvers<Answer>();
    this.settle = resolve;
    this.received = '';
    const forget = this.options.clock.after(PATIENCE, () => this.fail(`no answer within ${PATIENCE}ms`));
    const request = encoder.encode(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
    if (this.connection === null) this.connection = this.open(request);
    else this.connection.write(request);
    const answer = await promise;
    forget();
    return answer;
  }

  close(): void {
    this.connection?.destroy();
    this.connection = null;
  }

  private open(request: Uint8Array): Connection {
    const decoder = new TextDecoder('latin1');
    const connection = this.options.connect(
      { ...this.options.address, tls: null },
      {
        opened: () => connection.write(request),
        received: (bytes) => this.read(decoder.decode(bytes)),
        closed: (error) => this.fail(error?.message ?? 'the connection was closed'),
        failed: (error) => this.fail(error.message),
      },
    );
    return connection;
  }

  private read(text: string): void {
    this.received += text;
    const answer = parseResponse(this.received);
    if (answer === null) return;
    if (answer.kind === 'error') {
      this.fail(answer.error);
      return;
    }
    if (/\r\nconnection: close\r\n/i.test(this.received)) this.close();
    this.end(answer);
  }

  // Without a request under way this only closes the connection, and the next request opens another.
  private fail(error: string): void {
    this.close();
    this.end({ kind: 'error', error });
  }

  private end(answer: Answer): void {
    const { settle } = this;
    this.settle = null;
    settle?.(answer);
  }
}

/** Reads a response; null: it is not complete yet. Reads only what the demo's origins send: a length, no chunks. */
export function parseResponse(text: string): Answer | null {
  const headEnd = text.indexOf('\r\n\r\n');
  if (headEnd < 0) return null;
  const head = text.slice(0, headEnd);
  const status = /^HTTP\/1\.1 (\d{3})/.exec(head)?.[1];
  const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1];
  if (status === undefined || length === undefined) return { kind: 'error', error: 'not a response that was expected' };
  const body = text.slice(headEnd + 4);
  if (body.length < Number(length)) return null;
  return { kind: 'response', status: Number(status), body };
}
