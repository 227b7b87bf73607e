// A backend that records every byte, splits the bytes into requests with the reference parser, and answers by script. Bytes
// that two parsers could read differently are a violation, after which it drops the connection.
import { type Socket, createServer } from 'node:net';
import { type Pacing, writePaced } from './pacing.ts';
import { listen } from './ports.ts';
import { type RequestHead, type RequestMessage, parseRequest, parseRequestHead } from './reference-parser.ts';
import { eventually } from './eventually.ts';

export type Step =
  | { readonly send: string }
  /** Waits until the request is complete, or until `release` was called for this script. */
  | { readonly wait: 'request' | 'release' }
  | { readonly end: 'fin' | 'reset' }
  /** From here on the backend sends every byte back. */
  | { readonly tunnel: 'echo' };

/** What the backend answers, and whether it does so as soon as the request's head is complete. */
export type Script = {
  readonly when: 'head' | 'request';
  readonly steps: readonly Step[];
  readonly pacing?: Pacing;
  /** The name by which `release` finds this script. */
  readonly key?: string;
};

/** A complete request as the backend received it. */
export type SeenRequest = { readonly connection: BackendConnection; readonly message: RequestMessage };

export type Answer = (request: RequestHead) => Script;

// Longer than a client that sends byte by byte takes on a busy machine.
const WAIT_MILLIS = 25_000;

/** A listening backend; disposing of it drops all connections. */
export class RecordingBackend implements AsyncDisposable {
  readonly connections: BackendConnection[] = [];
  /** The requests of all connections, in the order in which they became complete. */
  readonly requests: SeenRequest[] = [];
  private readonly released = new Set<string>();
  private readonly server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    this.connections.push(new BackendConnection(socket, this));
  });

  private constructor(readonly answer: Answer) {}

  static async start(answer: Answer): Promise<RecordingBackend & { readonly port: number }> {
    const backend = new RecordingBackend(answer);
    return Object.assign(backend, { port: await listen(backend.server) });
  }

  /** Lets scripts with this key pass their `wait: 'release'`. */
  release(key: string): void {
    this.released.add(key);
  }

  isReleased(key: string): boolean {
    return this.released.has(key);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new Promise((resolve) => this.server.close(resolve));
    for (const connection of this.connections) connection.destroy();
    await closed;
  }
}

type Exchange = { readonly head: RequestHead; isComplete: boolean };

/** One connection from the gateway. */
export class BackendConnection {
  readonly requests: SeenRequest[] = [];
  received = '';
  /** Bytes that are not a complete request yet. */
  unread = '';
  violation: string | null = null;
  /** Whether the gateway has closed the connection, by a FIN or a reset. */
  isClosedByPeer = false;
  /** Bytes received after the connection became a tunnel. */
  tunnelled: string | null = null;
  private exchange: Exchange | null = null;
  private scripts: Promise<void> = Promise.resolve();

  constructor(
    private readonly socket: Socket,
    private readonly backend: RecordingBackend,
  ) {
    socket.on('data', (bytes: Buffer) => this.take(bytes.toString('latin1')));
    socket.on('end', () => this.peerEnded());
    socket.on('error', () => {
      this.isClosedByPeer = true;
    });
  }

  destroy(): void {
    this.socket.destroy();
  }

  private take(text: string): void {
    this.received += text;
    if (this.tunnelled !== null) {
      this.tunnelled += text;
      this.socket.write(Buffer.from(text, 'latin1'));
      return;
    }
    this.unread += text;
    while (this.unread !== '' && this.readOne());
  }

  // Takes a whole request off the front; true if it did, so that there may be another.
  private readOne(): boolean {
    if (this.exchange === null) {
      const head = parseRequestHead(this.unread);
      if (head.kind === 'invalid') this.refuse(head.reason);
      if (head.kind !== 'message') return false;
      this.begin(head.message);
    }
    const request = parseRequest(this.unread);
    if (request.kind === 'invalid') this.refuse(request.reason);
    if (request.kind !== 'message') return false;
    const seen = { connection: this, message: request.message };
    this.requests.push(seen);
    this.backend.requests.push(seen);
    this.unread = request.rest;
    if (this.exchange !== null) this.exchange.isComplete = true;
    this.exchange = null;
    return true;
  }

  private begin(head: RequestHead): void {
    const exchange: Exchange = { head, isComplete: false };
    this.exchange = exchange;
    const script = this.backend.answer(head);
    this.scripts = this.scripts.then(async () => {
      if (script.when === 'request') await this.completed(exchange);
      for (const step of script.steps) await this.perform(step, script, exchange);
    });
  }

  private async perform(step: Step, script: Script, exchange: Exchange): Promise<void> {
    if ('send' in step) return writePaced(this.socket, step.send, script.pacing ?? { kind: 'whole' });
    if ('wait' in step) return step.wait === 'request' ? this.completed(exchange) : this.released(script.key ?? '');
    if ('tunnel' in step) return this.openTunnel();
    if (step.end === 'fin') this.socket.end();
    else this.socket.resetAndDestroy();
  }

  private async completed(exchange: Exchange): Promise<void> {
    await eventually(() => exchange.isComplete || this.socket.destroyed || this.isClosedByPeer, WAIT_MILLIS);
  }

  private async released(key: string): Promise<void> {
    await eventually(() => this.backend.isReleased(key) || this.socket.destroyed, WAIT_MILLIS);
  }

  private openTunnel(): void {
    const early = this.unread;
    this.unread = '';
    this.tunnelled = early;
    if (early !== '') this.socket.write(Buffer.from(early, 'latin1'));
  }

  private peerEnded(): void {
    this.isClosedByPeer = true;
    void this.scripts.finally(() => this.socket.end());
  }

  private refuse(reason: string): void {
    this.violation = reason;
    this.socket.destroy();
  }
}
