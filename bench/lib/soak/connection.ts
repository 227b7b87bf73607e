// A client connection whose port is known, so that whoever ends a process knows which requests are lost with it.
import type { Socket } from 'bun';

/** What has come of one request. `at`: how far it was when its connection ended. */
export type Outcome =
  | { readonly kind: 'answered'; readonly status: number }
  | { readonly kind: 'broken'; readonly at: 'connecting' | 'asked' | 'answering' | 'late' };

type Waiting = { readonly resolve: (outcome: Outcome) => void; readonly cancel: () => void };

const LONGEST_ANSWER = 30_000;
const HEAD_END = '\r\n\r\n';

/** A request in the form in which it is sent. */
export function requestOf(method: string, path: string, { body = '', fields = '' } = {}): string {
  const length = body === '' ? '' : `Content-Length: ${body.length}\r\n`;
  return `${method} ${path} HTTP/1.1\r\nHost: soak.test\r\n${length}${fields}\r\n${body}`;
}

/** One connection, for one request at a time. */
export class Connection implements Disposable {
  isOpen = false;
  /** The port of this end; 0: it has never been open. */
  localPort = 0;
  /** When it was asked for, in milliseconds of `performance.now()`: whoever has it may be killed before it is known here. */
  openedAt = 0;
  private socket: Socket | null = null;
  private unsent = new Uint8Array(0);
  private head = '';
  /** Of the answer's body; null: its head has not come yet. */
  private missing: number | null = null;
  private waiting: Waiting | null = null;

  /** `heard`: something has come that answers no request. */
  constructor(
    private readonly port: number,
    private readonly heard: () => void = () => undefined,
  ) {}

  async open(): Promise<boolean> {
    this.openedAt = performance.now();
    try {
      this.socket = await Bun.connect({
        hostname: '127.0.0.1',
        port: this.port,
        socket: {
          data: (_, chunk) => this.take(chunk),
          drain: () => this.send(this.unsent),
          close: () => this.broken(),
          error: () => this.broken(),
        },
      });
      this.localPort = this.socket.localPort;
      this.isOpen = true;
    } catch {
      this.isOpen = false;
    }
    return this.isOpen;
  }

  /** Sends a request, over a connection that is opened for it if it has to be. */
  async ask(request: string): Promise<Outcome> {
    if (!this.isOpen && !(await this.open())) return { kind: 'broken', at: 'connecting' };
    const { promise, resolve } = Promise.withResolvers<Outcome>();
    const timer = setTimeout(() => this.settle({ kind: 'broken', at: 'late' }), LONGEST_ANSWER);
    [this.head, this.missing] = ['', null];
    this.waiting = { resolve, cancel: () => clearTimeout(timer) };
    this.write(request);
    const outcome = await promise;
    if (outcome.kind === 'broken' || !this.isOpen) this[Symbol.dispose]();
    return outcome;
  }

  /** Sends what is no request, or the beginning of one. */
  write(text: string): void {
    this.send(Buffer.from(text, 'latin1'));
  }

  [Symbol.dispose](): void {
    this.isOpen = false;
    this.socket?.terminate();
  }

  private send(bytes: Uint8Array<ArrayBuffer>): void {
    const taken = this.socket?.write(bytes) ?? bytes.length;
    this.unsent = bytes.subarray(Math.max(0, taken));
  }

  private take(chunk: Uint8Array): void {
    if (this.waiting === null) return this.heard();
    if (this.missing === null) this.takeHead(chunk);
    else this.missing -= chunk.length;
    if (this.missing === null || this.missing > 0) return;
    if (/^connection: *close/im.test(this.head)) this.isOpen = false;
    this.settle({ kind: 'answered', status: Number(this.head.slice(9, 12)) });
  }

  private takeHead(chunk: Uint8Array): void {
    this.head += Buffer.from(chunk).toString('latin1');
    const end = this.head.indexOf(HEAD_END);
    if (end < 0) return;
    const body = this.head.length - end - HEAD_END.length;
    this.head = this.head.slice(0, end);
    this.missing = Number(/^content-length: *(\d+)/im.exec(this.head)?.[1] ?? 0) - body;
  }

  private broken(): void {
    this.isOpen = false;
    this.settle({ kind: 'broken', at: this.head === '' ? 'asked' : 'answering' });
  }

  private settle(outcome: Outcome): void {
    const { waiting } = this;
    this.waiting = null;
    waiting?.cancel();
    waiting?.resolve(outcome);
  }
}
