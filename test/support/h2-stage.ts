// A backend of HTTP/2 whose sockets the test opens and answers frame by frame, and those who ask it.
import type { SocketOwner } from '../../src/core/dial.ts';
import { TimerWheel } from '../../src/core/timer-wheel.ts';
import { millis } from '../../src/core/units.ts';
import {
  DATA,
  END_HEADERS,
  END_STREAM,
  GOAWAY,
  HEADERS,
  PREFACE,
  RST_STREAM,
  SETTINGS,
  WINDOW_UPDATE,
  putUint32,
} from '../../src/http2/frames.ts';
import { ascii, join, latin1 } from '../../src/message/bytes.ts';
import type { BodyForm, Upstream, UpstreamEvents } from '../../src/message/contract.ts';
import { fieldValue } from '../../src/message/field-value.ts';
import type { Head } from '../../src/message/head.ts';
import type { Transport } from '../../src/upstream/contract.ts';
import { createTransport } from '../../src/upstream/registry.ts';
import { frameBytes, readFrames } from './http2.ts';
import { TRANSPORT_LIMITS, plainRequest, targetOf, transportTools } from './transports.ts';

export const LIMITS = {
  ...TRANSPORT_LIMITS,
  idleTimeout: millis(60_000),
  firstByteTimeout: millis(60_000),
  streamIdleTimeout: millis(60_000),
  pingAfter: millis(1000),
};

export const uint32 = (value: number): Uint8Array => {
  const bytes = new Uint8Array(4);
  putUint32(bytes, 0, value);
  return bytes;
};
export const settings = (...pairs: readonly (readonly [number, number])[]): Uint8Array =>
  frameBytes(SETTINGS, 0, 0, join(...pairs.map(([id, value]) => join(Uint8Array.of(0, id), uint32(value)))));
export const goAway = (last: number): Uint8Array => frameBytes(GOAWAY, 0, 0, join(uint32(last), uint32(0)));
export const reset = (stream: number, code: number): Uint8Array => frameBytes(RST_STREAM, 0, stream, uint32(code));
export const credit = (stream: number, size: number): Uint8Array => frameBytes(WINDOW_UPDATE, 0, stream, uint32(size));
// Literal fields without names from a table (RFC 7541 6.2.2); 0x88 is `:status: 200`.
export const field = (name: string, value: string): Uint8Array =>
  join(Uint8Array.of(0, name.length), ascii(name), Uint8Array.of(value.length), ascii(value));
export const head = (stream: number, ended: boolean, ...fields: readonly Uint8Array[]): Uint8Array =>
  frameBytes(HEADERS, END_HEADERS | (ended ? END_STREAM : 0), stream, join(Uint8Array.of(0x88), ...fields));
export const data = (stream: number, text: string, ended: boolean): Uint8Array =>
  frameBytes(DATA, ended ? END_STREAM : 0, stream, ascii(text));

export class Stage {
  readonly wheel = new TimerWheel(millis(50));
  readonly dialled: SocketOwner[] = [];
  readonly sent: Uint8Array[][] = [];
  released = 0;
  readonly transport: Transport;
  readonly limits: typeof LIMITS;

  constructor(limits: Partial<typeof LIMITS> = {}) {
    this.limits = { ...LIMITS, ...limits };
    const target = targetOf(() => {
      this.released++;
    });
    const tools = transportTools(this.wheel, {
      dial: (_address, owner) => void this.dialled.push(owner),
      reportBug: (error) => {
        throw error;
      },
    });
    this.transport = createTransport('h2', target, tools);
  }

  open(at: number, ...frames: readonly Uint8Array[]): void {
    const owner = this.dialled[at];
    const sent: Uint8Array[] = [];
    this.sent[at] = sent;
    owner?.opened({
      data: owner,
      write: (bytes, offset, length) => {
        sent.push(bytes.slice(offset, offset + length));
        return length;
      },
      pause: () => undefined,
      resume: () => undefined,
      shutdown: () => undefined,
      terminate: () => owner.closed(true),
    });
    if (frames.length > 0) this.answer(at, ...frames);
  }

  answer(at: number, ...frames: readonly Uint8Array[]): void {
    this.dialled[at]?.received(join(...frames));
  }

  /** What was sent over a connection since, as type, stream and size. */
  take(at: number): string[] {
    const all = join(...(this.sent[at] ?? []));
    this.sent[at]?.splice(0);
    const isBegin = latin1(all, 0, 3) === 'PRI';
    const { frames } = readFrames([isBegin ? all.slice(PREFACE.length) : all]);
    return frames.map(({ type, flags, stream, payload }) => {
      const ends = (type === DATA || type === HEADERS) && (flags & END_STREAM) !== 0 ? ' end' : '';
      const code = type === RST_STREAM ? ` ${payload[3]}` : '';
      return `${NAMES[type]} ${stream}${type === DATA ? ` ${payload.length}` : ''}${code}${ends}`;
    });
  }

  pass(time: number): void {
    for (let at = 0; at < time / 50; at++) this.wheel.advance();
  }
}

const NAMES = ['data', 'headers', 'priority', 'reset', 'settings', 'push', 'ping', 'goaway', 'credit', 'continuation'];

export class Asker implements UpstreamEvents {
  readonly heard: string[] = [];
  wants: BodyForm = 'payload';
  upstream: Upstream | null = null;

  constructor(
    private readonly stage: Stage,
    private readonly text = 'GET / HTTP/1.1\r\nHost: x\r\n\r\n',
    private readonly body = '',
  ) {}

  ask(): this {
    this.upstream = this.stage.transport.acquire(this, this.stage.limits, 'any');
    if (this.upstream.isOpen) this.connected();
    return this;
  }

  connected(): void {
    this.upstream?.send(plainRequest(this.text));
    if (this.body !== '') this.upstream?.sendBody(ascii(this.body), 0, this.body.length);
    this.upstream?.finish();
  }

  interimHead(interim: Head): void {
    this.heard.push(`interim ${interim.status}`);
  }
  responseHead(answer: Head): BodyForm {
    this.heard.push(String(answer.status));
    return this.wants;
  }
  responseStart(): boolean {
    return true;
  }
  responseBody(bytes: Uint8Array, start: number, end: number): boolean {
    this.heard.push(latin1(bytes, start, end));
    return true;
  }
  responseTrailers(trailers: Head): void {
    this.heard.push(`${trailers.count} trailers`);
  }
  responseEnd(): void {
    this.heard.push('end');
  }
  failed(why: { readonly code: string }): void {
    this.heard.push(why.code);
  }
  upgraded(answer: Head): void {
    this.heard.push(`${answer.status} ${fieldValue(answer, 'sec-websocket-accept')} ${answer.count}`);
  }
  doubted(): void {
    this.heard.push('doubted');
  }
  upstreamDrained(): void {
    this.heard.push('drained');
  }
}
