// A client that sends over HTTP/2 whatever a case wants, and notes what comes back.
import { type TLSSocket, connect } from 'node:tls';
import * as h2 from '../../src/http2/frames.ts';
import { HpackDecoder } from '../../src/http2/hpack-decode.ts';
import { latin1 } from '../../src/message/bytes.ts';
import { type Field, TwinTable, twinEncode } from '../support/hpack-twin.ts';
import { frameBytes } from '../support/http2.ts';

const PING_BYTES = 8;

export type SeenHead = { status: number; readonly fields: { readonly name: string; readonly value: string }[] };

/** What has come of one stream. */
export type SeenStream = {
  /** Of all heads, interim ones included. */
  readonly statuses: number[];
  readonly fields: Map<string, string>;
  /** Each head by itself; one without a status holds trailers. */
  readonly heads: SeenHead[];
  body: string;
  dataBytes: number;
  isEnded: boolean;
  /** The code of RST_STREAM; null: it was not reset. */
  reset: number | null;
};

export class H2Client implements Disposable {
  readonly streams = new Map<number, SeenStream>();
  /** The codes of all GOAWAY frames. */
  readonly goAways: number[] = [];
  readonly settings = new Map<number, number>();
  settingsAcks = 0;
  pongs = 0;
  isClosed = false;
  private readonly reader = new h2.FrameReader();
  private readonly decoder = new HpackDecoder();
  private readonly table = new TwinTable();
  private readonly changes = new Set<() => void>();

  private constructor(
    private readonly socket: TLSSocket,
    /** The requests of the case say so in their path. */
    readonly token: string,
  ) {
    const closed = (): void => {
      this.isClosed = true;
      this.changed();
    };
    socket.on('data', (chunk: Uint8Array) => {
      this.reader.read(chunk, 0, this.sink);
      this.changed();
    });
    socket.on('error', closed);
    socket.on('close', closed);
    socket.on('end', closed);
  }

  static async connect(port: number, token: string): Promise<H2Client> {
    const socket = connect({ port, host: '127.0.0.1', ALPNProtocols: ['h2'], rejectUnauthorized: false });
    socket.setNoDelay(true);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    socket.once('secureConnect', resolve);
    socket.once('error', reject);
    await promise;
    return new H2Client(socket, token);
  }

  /** Sends bytes as they are. */
  send(...parts: readonly Uint8Array[]): void {
    if (!this.isClosed) for (const part of parts) this.socket.write(part);
  }

  frame(type: number, flags: number, id: number, ...payload: readonly number[]): void {
    this.send(frameBytes(type, flags, id, Uint8Array.from(payload)));
  }

  greet(): void {
    this.send(h2.PREFACE, frameBytes(h2.SETTINGS, 0, 0));
  }

  /** Fields as a block of this connection; none is kept in the table. */
  block(...fields: readonly Field[]): Uint8Array {
    return Uint8Array.from(fields.flatMap((field) => twinEncode(this.table, field, 'plain')));
  }

  headers(id: number, flags: number, ...fields: readonly Field[]): void {
    this.send(frameBytes(h2.HEADERS, flags, id, this.block(...fields)));
  }

  /** Takes answers of any size. */
  openWindows(): void {
    this.frame(h2.SETTINGS, 0, 0, 0, h2.INITIAL_WINDOW_SIZE, 1, 0, 0, 0);
    this.frame(h2.WINDOW_UPDATE, 0, 0, 1, 0, 0, 0);
  }

  /** A whole request in as many frames as it takes. */
  request(id: number, fields: readonly Field[], body: string): void {
    const end = body === '' ? h2.END_STREAM : 0;
    const blocks = pieces(this.block(...fields));
    for (const [n, piece] of blocks.entries()) {
      const flags = (n === 0 ? end : 0) | (n === blocks.length - 1 ? h2.END_HEADERS : 0);
      this.send(frameBytes(n === 0 ? h2.HEADERS : h2.CONTINUATION, flags, id, piece));
    }
    if (body === '') return;
    for (const piece of pieces(Uint8Array.from(body, (c) => c.charCodeAt(0))))
      this.send(frameBytes(h2.DATA, 0, id, piece));
    this.send(frameBytes(h2.DATA, h2.END_STREAM, id));
  }

  /** The pseudo-fields of a GET. */
  get(path = '/'): readonly Field[] {
    return [
      [':method', 'GET'],
      [':scheme', 'https'],
      [':path', `${path}?${this.token}`],
      [':authority', 'a.test'],
    ];
  }

  post(path = '/'): readonly Field[] {
    return this.get(path).map((field) => (field[0] === ':method' ? [':method', 'POST'] : field));
  }

  /** A whole GET. */
  ask(id: number, path = '/', ...fields: readonly Field[]): void {
    this.headers(id, h2.END_HEADERS | h2.END_STREAM, ...this.get(path), ...fields);
  }

  /** The head of a POST, whose body follows. */
  begin(id: number, ...fields: readonly Field[]): void {
    this.headers(id, h2.END_HEADERS, ...this.post(), ...fields);
  }

  data(id: number, size: number, flags = 0): void {
    this.send(frameBytes(h2.DATA, flags, id, new Uint8Array(size).fill(0x78)));
  }

  stream(id: number): SeenStream {
    const known = this.streams.get(id);
    if (known !== undefined) return known;
    const made: SeenStream = {
      statuses: [],
      fields: new Map(),
      heads: [],
      body: '',
      dataBytes: 0,
      isEnded: false,
      reset: null,
    };
    this.streams.set(id, made);
    return made;
  }

  /** Waits until it holds, or the connection is closed, or time is up; says whether it holds. */
  async until(holds: () => boolean, millis = 10_000): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, millis);
    const look = (): void => {
      if (holds() || this.isClosed) resolve();
    };
    this.changes.add(look);
    look();
    await promise;
    clearTimeout(timer);
    this.changes.delete(look);
    return holds();
  }

  /** Waits until all that was sent has been looked at; false: the connection was closed. */
  ping(): Promise<boolean> {
    const before = this.pongs;
    this.send(frameBytes(h2.PING, 0, 0, new Uint8Array(PING_BYTES)));
    return this.until(() => this.pongs > before);
  }

  private changed(): void {
    for (const look of this.changes) look();
  }

  // ---- what comes

  private readonly sink: h2.FrameSink = {
    frame: (head, bytes, start, end) => this.take(head, bytes.subarray(start, end)),
    dataPiece: ({ flags, stream }, bytes, start, end, isLast) => {
      const seen = this.stream(stream);
      seen.body += latin1(bytes, start, end);
      seen.dataBytes += end - start;
      if (isLast && (flags & h2.END_STREAM) !== 0) seen.isEnded = true;
    },
    oversized: () => this.socket.destroy(),
    firstIsNotSettings: () => this.socket.destroy(),
  };

  private take({ type, flags, stream }: Readonly<h2.FrameHead>, payload: Uint8Array): void {
    if (type === h2.HEADERS) this.takeHead(this.stream(stream), flags, payload);
    else if (type === h2.RST_STREAM) this.stream(stream).reset = h2.uint32(payload, 0);
    else if (type === h2.GOAWAY) this.goAways.push(h2.uint32(payload, 4));
    else if (type === h2.PING && (flags & h2.ACK) !== 0) this.pongs++;
    else if (type === h2.SETTINGS && (flags & h2.ACK) !== 0) this.settingsAcks++;
    else if (type === h2.SETTINGS)
      for (let at = 0; at < payload.length; at += 6)
        this.settings.set((payload[at] << 8) | payload[at + 1], h2.uint32(payload, at + 2));
  }

  private takeHead(seen: SeenStream, flags: number, block: Uint8Array): void {
    const head: SeenHead = { status: 0, fields: [] };
    seen.heads.push(head);
    const add = (line: Uint8Array, nameLength: number, size: number): void => {
      const name = latin1(line, 0, nameLength);
      const value = latin1(line, nameLength + 2, size - 2);
      if (name === ':status') {
        head.status = Number(value);
        seen.statuses.push(head.status);
        return;
      }
      head.fields.push({ name, value });
      seen.fields.set(name, value);
    };
    this.decoder.decode(block, 0, block.length, { add });
    if ((flags & h2.END_STREAM) !== 0) seen.isEnded = true;
  }

  [Symbol.dispose](): void {
    this.socket.destroy();
  }
}

function pieces(bytes: Uint8Array): Uint8Array[] {
  const count = Math.ceil(bytes.length / h2.FRAME_LIMIT);
  return Array.from({ length: count }, (_, n) => bytes.subarray(n * h2.FRAME_LIMIT, (n + 1) * h2.FRAME_LIMIT));
}
