// One connection to a server that is no backend: sends a request at a time, and reads its answer.
import { connectFailure } from '../../core/connect-failure.ts';
import type { ConnectAddress, Connection, Connector } from '../../core/connector.ts';
import { bytes as byteCount, formatSize } from '../../core/units.ts';
import { BodyReader } from '../../http1/body-reader.ts';
import { HeadParser } from '../../http1/head-parser.ts';
import { MAX_INTERIM } from '../../http1/interim.ts';
import { join, latin1 } from '../../message/bytes.ts';
import { BODY_LENGTH, Head } from '../../message/head.ts';
import type { AskedResponse } from '../../policies/tools.ts';

const LIMITS = { headerBytes: 32 * 1024, headerCount: 100, targetBytes: 8 * 1024 };

/** What is asked on a connection. Exactly one of its calls comes, unless the connection is destroyed before. */
export type Asking = {
  /** The answer has no body, whatever its head says. */
  readonly isHead: boolean;
  /** Of the answer's body, in bytes. */
  readonly largest: number;
  answered(response: AskedResponse, isReusable: boolean): void;
  /** The connection is of no use any more. `isStale`: it had been kept, and ended without a word. */
  failed(why: string, isStale: boolean): void;
};

export class AskConnection {
  private readonly connection: Connection;
  private readonly parser = new HeadParser(LIMITS);
  private readonly reader = new BodyReader('response');
  private head = new Head();
  private parts: Uint8Array[] = [];
  private length = 0;
  private interim = 0;
  private hasHead = false;
  /** Of the answer that is awaited. */
  private hasHeard = false;
  private isKept = false;
  private isOpen = false;
  private isOver = false;
  private problem = '';
  private unsent: Uint8Array | null = null;
  private asking: Asking | null = null;
  private ended: () => void = () => undefined;

  constructor(address: ConnectAddress, connect: Connector) {
    this.connection = connect(address, {
      opened: () => this.opened(),
      received: (bytes) => this.received(bytes),
      closed: (error) => this.closed(error),
      failed: (error) => this.fail(describe(error)),
    });
    if (this.isOver) this.connection.destroy();
  }

  send(bytes: Uint8Array, asking: Asking): void {
    this.asking = asking;
    this.hasHeard = false;
    this.hasHead = false;
    this.interim = 0;
    this.head.reset();
    this.parser.begin();
    // It has failed before anybody could be told.
    if (this.isOver) queueMicrotask(() => this.conclude((one) => one.failed(this.problem, false)));
    else if (this.isOpen) this.connection.write(bytes);
    else this.unsent = bytes;
  }

  /** Nothing is asked until the next `send`. `ended`: the connection is of no use any more. */
  rest(ended: () => void): void {
    this.isKept = true;
    this.ended = ended;
  }

  destroy(): void {
    this.isOver = true;
    this.asking = null;
    this.ended = () => undefined;
    this.connection.destroy();
  }

  private opened(): void {
    this.isOpen = true;
    const { unsent } = this;
    this.unsent = null;
    if (unsent !== null) this.connection.write(unsent);
  }

  private received(bytes: Uint8Array): void {
    if (this.isOver) return;
    // Nobody has asked.
    if (this.asking === null) return this.ended();
    this.hasHeard = true;
    if (this.hasHead) this.readBody(bytes, 0, bytes.length);
    else this.readHead(bytes, this.asking);
  }

  private readHead(bytes: Uint8Array, asking: Asking): void {
    const { parser, head } = this;
    const at = parser.feedResponse(head, bytes, 0, asking.isHead);
    if (at === 0) return;
    if (at < 0 || head.status === 101) return this.fail('the answer is not valid HTTP/1.1');
    const end = parser.available(head);
    if (head.status >= 200) return this.beginBody(at, end, asking);
    if (++this.interim > MAX_INTERIM) return this.fail('there were too many interim answers');
    const rest = head.bytes.slice(at, end);
    head.reset();
    parser.begin();
    if (rest.length > 0) this.readHead(rest, asking);
  }

  private beginBody(at: number, end: number, { largest }: Asking): void {
    const { head, reader } = this;
    this.hasHead = true;
    this.parts = [];
    this.length = 0;
    if (head.framing === BODY_LENGTH && head.length > largest) return this.tooLong(largest);
    reader.begin(head, 'payload');
    this.readBody(head.bytes, at, end);
  }

  private readBody(arrived: Uint8Array, from: number, end: number): void {
    const { reader, asking } = this;
    if (asking === null) return;
    // What was left over of the last slice comes first.
    const slice = reader.next(from === 0 && end === arrived.length ? arrived : arrived.slice(from, end));
    const stop = reader.read(slice, 0, slice.length);
    if (stop < 0) return this.fail('the body of the answer is broken');
    if (reader.keptEnd > 0) {
      this.parts.push(slice.slice(0, reader.keptEnd));
      this.length += reader.keptEnd;
    }
    if (this.length > asking.largest) this.tooLong(asking.largest);
    else if (reader.isDone) this.answer(stop === slice.length);
  }

  private tooLong(largest: number): void {
    this.fail(`the answer has more than ${formatSize(byteCount(largest))}`);
  }

  private answer(isAllRead: boolean): void {
    const { head, reader } = this;
    const response = { status: head.status, headers: fieldsOf(head), body: join(...this.parts) };
    const isReusable = isAllRead && head.keepAlive && !reader.isUntilClose && !this.isOver;
    this.parts = [];
    this.conclude((asking) => asking.answered(response, isReusable));
  }

  private closed(error: Error | null): void {
    const isWhole = this.hasHead && this.reader.isUntilClose && error === null;
    if (this.asking === null) this.ended();
    else if (isWhole) this.answer(false);
    else this.fail(this.hasHeard ? 'the answer ended too early' : 'the connection was closed without an answer');
    this.isOver = true;
  }

  private fail(why: string): void {
    if (this.isOver) return;
    this.isOver = true;
    this.problem = why;
    const isStale = this.isKept && !this.hasHeard;
    this.conclude((asking) => {
      this.connection.destroy();
      asking.failed(why, isStale);
    });
  }

  // Whoever is told may ask the next at once.
  private conclude(tell: (asking: Asking) => void): void {
    const { asking } = this;
    if (asking === null) return;
    this.asking = null;
    tell(asking);
  }
}

function fieldsOf({ bytes, fields, count }: Head): AskedResponse['headers'] {
  return Array.from({ length: count }, (_, f) => {
    const [nameStart = 0, nameEnd = 0, valueStart = 0, valueEnd = 0] = fields.subarray(f * 4, f * 4 + 4);
    return [latin1(bytes, nameStart, nameEnd).toLowerCase(), latin1(bytes, valueStart, valueEnd)] as const;
  });
}

function describe(error: Error): string {
  const { code, reason } = connectFailure(error);
  return reason === null ? code : `${code}: ${reason.replace(/\.$/, '')}`;
}
