// What a response's header block says, as the text of an HTTP/1.1 head for the one strict parser. Only what HTTP/2 itself forbids
// (RFC 9113 8) is looked for here.
import { copy } from '../core/copy-bytes.ts';
import { CR, LF, ascii, equalsLowered } from '../message/bytes.ts';
import { FORBIDDEN, LENGTH_FIELD, METHOD, STATUS } from './field-kinds.ts';
import type { BlockText } from './hpack-decode.ts';
import { MALFORMED, OK, TOO_LARGE } from './request-text.ts';

const VERSION = ascii('HTTP/1.1 ');
const LINE_END = ascii(' \r\n');
const CHUNKED_LINE = ascii('transfer-encoding: chunked\r\n');
const EMPTY_LINE = ascii('content-length: 0\r\n');
const SWITCH_LINES = ascii(
  'HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-accept: ',
);
const ACCEPT_NAME = ascii('sec-websocket-accept');
const ROOM = 256;
const FIELD_ROOM = 64;
const ZERO = 0x30;
const SWITCHING = 101;
const NO_CONTENT = 204;
const NOT_MODIFIED = 304;
const FIRST_FINAL = 200;
const FIRST_REDIRECT = 300;

/** Takes the fields of one block after another: a block is decoded in one go, so that one does for all connections. */
export class ResponseText implements BlockText {
  /** [0, length) is the head after `finish`, or the lines of trailers. */
  readonly bytes: Uint8Array;
  length = 0;
  /** 0: trailers, or none was seen. */
  status = 0;
  private problem = OK;
  private isTrailer = false;
  private hasLength = false;
  /** What a client of HTTP/1.1 expects of the answer to an extended CONNECT, as Sec-WebSocket-Accept; null: no such
   * request is answered. */
  private accept: Uint8Array | null = null;
  /** It opens a WebSocket. */
  private isSwitch = false;

  /** `limit`: bytes of the largest head. */
  constructor(private readonly limit: number) {
    this.bytes = new Uint8Array(limit + ROOM);
  }

  /** A block is going to be decoded. `accept`: what a client of HTTP/1.1 expects of the answer to an extended CONNECT; null:
   * the request was an ordinary one. */
  begin(isTrailer: boolean, accept: Uint8Array | null): void {
    this.accept = accept;
    this.isSwitch = false;
    this.length = 0;
    this.status = 0;
    this.problem = OK;
    this.isTrailer = isTrailer;
    this.hasLength = false;
  }

  add(line: Uint8Array, nameLength: number, size: number, kind: number): void {
    if (this.problem !== OK) return;
    if (kind === STATUS) return this.begins(line, nameLength + 2);
    if (kind === FORBIDDEN || kind >= METHOD || (this.status === 0 && !this.isTrailer)) this.problem = MALFORMED;
    else if (this.length + size + FIELD_ROOM > this.limit) this.problem = TOO_LARGE;
    else {
      if (kind === LENGTH_FIELD) this.hasLength = true;
      if (this.isSwitch && (kind === LENGTH_FIELD || isAccept(line, nameLength))) return;
      this.length = copy(this.bytes, this.length, line, 0, size);
    }
  }

  // The status comes once, before all fields.
  private begins(line: Uint8Array, value: number): void {
    if (this.isTrailer || this.status !== 0) {
      this.problem = MALFORMED;
      return;
    }
    this.status = (line[value] - ZERO) * 100 + (line[value + 1] - ZERO) * 10 + (line[value + 2] - ZERO);
    if (this.accept !== null && this.status >= FIRST_FINAL && this.status < FIRST_REDIRECT)
      return this.switches(this.accept);
    const at = copy(this.bytes, copy(this.bytes, 0, VERSION, 0, VERSION.length), line, value, value + 3);
    this.length = copy(this.bytes, at, LINE_END, 0, LINE_END.length);
  }

  // RFC 8441 5: a 2xx opens it, where HTTP/1.1 has a 101.
  private switches(accept: Uint8Array): void {
    const { bytes } = this;
    this.isSwitch = true;
    const at = copy(bytes, 0, SWITCH_LINES, 0, SWITCH_LINES.length);
    this.length = endLine(bytes, copy(bytes, at, accept, 0, accept.length));
  }

  /** The block is at its end; says what became of it. `isEnd`: no body follows; `toHead`: it answers a HEAD request. */
  finish(isEnd: boolean, toHead: boolean): number {
    if (this.problem !== OK || this.isTrailer) return this.problem;
    const { status, bytes } = this;
    // RFC 9113 8.1 and 8.6: an interim response does not end a stream, and 101 has no meaning.
    if (status === 0 || status === SWITCHING || (status < FIRST_FINAL && isEnd)) return MALFORMED;
    let at = this.length;
    if (!this.hasLength && !toHead && !this.isSwitch && mayHaveBody(status)) {
      const line = isEnd ? EMPTY_LINE : CHUNKED_LINE;
      at = copy(bytes, at, line, 0, line.length);
    }
    this.length = endLine(bytes, at);
    return OK;
  }
}

function endLine(bytes: Uint8Array, at: number): number {
  bytes[at] = CR;
  bytes[at + 1] = LF;
  return at + 2;
}

function isAccept(line: Uint8Array, nameLength: number): boolean {
  return nameLength === ACCEPT_NAME.length && equalsLowered(line, 0, ACCEPT_NAME);
}

function mayHaveBody(status: number): boolean {
  return status >= FIRST_FINAL && status !== NO_CONTENT && status !== NOT_MODIFIED;
}
