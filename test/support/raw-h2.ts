// A client that speaks HTTP/2 frame by frame: the test decides what it sends, and sees every frame that comes.
import { type TLSSocket, connect } from 'node:tls';
import { type Socket, connect as connectPlain } from 'node:net';
import * as h2 from '../../src/http2/frames.ts';
import { HpackDecoder } from '../../src/http2/hpack-decode.ts';
import { latin1 } from '../../src/message/bytes.ts';
import { until } from './until.ts';

/** A frame that came. Of HEADERS, `fields` has the lines. */
export type SeenFrame = {
  readonly type: number;
  readonly flags: number;
  readonly stream: number;
  readonly payload: Uint8Array;
  readonly fields: readonly string[];
};

type Fields = Readonly<Record<string, string>>;

const REQUEST = { ':method': 'GET', ':scheme': 'https', ':path': '/', ':authority': 'a.test' };

/** One connection. Disposing closes it. */
export class RawH2 implements Disposable {
  readonly frames: SeenFrame[] = [];
  isClosed = false;
  private readonly reader = new h2.FrameReader();
  private readonly decoder = new HpackDecoder();

  private constructor(private readonly socket: Socket | TLSSocket) {
    const sink: h2.FrameSink = {
      frame: (head, bytes, start, end) => this.seen(head, bytes.slice(start, end)),
      dataPiece: (head, bytes, start, end) => this.seen(head, bytes.slice(start, end)),
      oversized: () => undefined,
      firstIsNotSettings: () => undefined,
    };
    socket.on('data', (bytes: Buffer) => this.reader.read(new Uint8Array(bytes), 0, sink));
    socket.on('close', () => {
      this.isClosed = true;
    });
    socket.on('error', () => undefined);
  }

  /** Connects, and sends preface and settings: pairs of a number and a value. */
  static async open(
    port: number,
    settings: readonly (readonly [number, number])[] = [],
    isPlain = false,
  ): Promise<RawH2> {
    const place = { host: '127.0.0.1', port };
    const socket = isPlain
      ? connectPlain(place)
      : connect({ ...place, rejectUnauthorized: false, ALPNProtocols: ['h2'] });
    await new Promise((resolve, reject) => {
      socket.once(isPlain ? 'connect' : 'secureConnect', resolve).once('error', reject);
    });
    const client = new RawH2(socket);
    client.send(h2.PREFACE);
    const payload = new Uint8Array(settings.length * 6);
    for (const [at, [name, value]] of settings.entries()) {
      payload[at * 6 + 1] = name;
      h2.putUint32(payload, at * 6 + 2, value);
    }
    client.frame(h2.SETTINGS, 0, 0, payload);
    return client;
  }

  send(bytes: Uint8Array): void {
    this.socket.write(bytes);
  }

  frame(type: number, flags: number, stream: number, payload: Uint8Array = new Uint8Array(0)): void {
    const bytes = new Uint8Array(h2.FRAME_HEADER + payload.length);
    bytes.set(payload, h2.frameHeader(bytes, 0, payload.length, h2.frameKind(type, flags), stream));
    this.send(bytes);
  }

  /** A request, or trailers, whose fields are literals. */
  headers(stream: number, fields: Fields, isEnd = true): void {
    const flags = h2.END_HEADERS | (isEnd ? h2.END_STREAM : 0);
    this.frame(h2.HEADERS, flags, stream, literals(fields));
  }

  /** A request with these fields besides the usual ones. */
  ask(stream: number, fields: Fields = {}, isEnd = true): void {
    this.headers(stream, { ...REQUEST, ...fields }, isEnd);
  }

  data(stream: number, text: string, isEnd = false): void {
    this.frame(h2.DATA, isEnd ? h2.END_STREAM : 0, stream, new TextEncoder().encode(text));
  }

  widen(stream: number, by: number): void {
    this.word(h2.WINDOW_UPDATE, stream, by);
  }

  reset(stream: number, code: number = h2.CANCEL): void {
    this.word(h2.RST_STREAM, stream, code);
  }

  private word(type: number, stream: number, value: number): void {
    const payload = new Uint8Array(4);
    h2.putUint32(payload, 0, value);
    this.frame(type, 0, stream, payload);
  }

  /** The first frame of that type, of that stream. */
  async seenFrame(type: number, stream: number): Promise<SeenFrame> {
    const find = () => this.frames.find((frame) => frame.type === type && frame.stream === stream);
    await until(() => find() !== undefined || this.isClosed, `a frame ${type} of stream ${stream} has come`);
    const found = find();
    if (found === undefined) throw new Error(`closed without a frame ${type} of stream ${stream}`);
    return found;
  }

  /** The status of a response whose head has come. */
  async status(stream: number): Promise<number> {
    const { fields } = await this.seenFrame(h2.HEADERS, stream);
    return Number(fields.find((line) => line.startsWith(':status: '))?.slice(':status: '.length));
  }

  /** What has come of the body of a stream. */
  body(stream: number): string {
    const pieces = this.frames.filter((frame) => frame.type === h2.DATA && frame.stream === stream);
    return pieces.map(({ payload }) => new TextDecoder().decode(payload)).join('');
  }

  /** The stream has been ended, in the usual way. */
  hasEnded(stream: number): boolean {
    return this.frames.some(
      (frame) =>
        frame.stream === stream &&
        (frame.type === h2.DATA || frame.type === h2.HEADERS) &&
        (frame.flags & h2.END_STREAM) !== 0,
    );
  }

  /** The code with which a stream was reset. */
  async resetCode(stream: number): Promise<number> {
    return h2.uint32((await this.seenFrame(h2.RST_STREAM, stream)).payload, 0);
  }

  /** The code with which the connection was ended. */
  async goneCode(): Promise<number> {
    return h2.uint32((await this.seenFrame(h2.GOAWAY, 0)).payload, 4);
  }

  /** Closes it as a client that has gone. */
  leave(): void {
    this.socket.destroy();
  }

  [Symbol.dispose](): void {
    this.socket.destroy();
  }

  private seen({ type, flags, stream }: h2.FrameHead, payload: Uint8Array): void {
    const fields: string[] = [];
    if (type === h2.HEADERS) {
      this.decoder.decode(payload, 0, payload.length, {
        add: (line, _, size) => void fields.push(latin1(line, 0, size - 2)),
      });
    }
    this.frames.push({ type, flags, stream, payload, fields });
  }
}

// Short ones alone: a length of up to 126 is one byte.
function literals(fields: Fields): Uint8Array {
  const bytes = Object.entries(fields).flatMap(([name, value]) => [0, ...string(name), ...string(value)]);
  return Uint8Array.from(bytes);
}

function string(text: string): number[] {
  const bytes = Array.from(text, (character) => character.charCodeAt(0));
  const rest = bytes.length - 127;
  if (rest < 0) return [bytes.length, ...bytes];
  return [127, ...(rest < 128 ? [rest] : [(rest & 127) | 128, rest >> 7]), ...bytes];
}
