// What a request's header block says, as the text of an HTTP/1.1 head: one strict parser then judges both protocols, and all that
// stands behind it needs to know of one. Only what HTTP/2 itself forbids (RFC 9113 8) is looked for here.
import { copy } from '../core/copy-bytes.ts';
import { CR, LF, LOWER, SEMICOLON, SP, ascii, equalsExactly, equalsLowered } from '../message/bytes.ts';
import {
  AUTHORITY,
  COOKIE_CRUMB,
  FORBIDDEN,
  HOST_FIELD,
  LENGTH_FIELD,
  METHOD,
  PATH,
  PLAIN,
  PROTOCOL,
  SCHEME,
  STATUS,
  WEBSOCKET_KEY,
} from './field-kinds.ts';
import type { BlockText } from './hpack-decode.ts';

/** What became of a block. */
export const OK = 0;
export const MALFORMED = 1;
export const TOO_LARGE = 2;

const CONNECT = ascii('CONNECT');
const GET = ascii('GET');
const WEBSOCKET = ascii('websocket');
const VERSION_LINE = ascii(' HTTP/1.1\r\n');
const HOST_PREFIX = ascii('host: ');
const COOKIE_PREFIX = ascii('cookie: ');
const CHUNKED_LINE = ascii('transfer-encoding: chunked\r\n');
const UPGRADE_LINES = ascii('connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-key: ');
// What the text may have beyond its fields: all of the constants above.
const ROOM = 1024;
const FIELD_ROOM = 64;

const bitOf = (kind: number): number => 1 << (kind - METHOD);
const OF_REQUEST = bitOf(METHOD) | bitOf(SCHEME) | bitOf(PATH);
const OF_CONNECT = bitOf(METHOD) | bitOf(AUTHORITY);
const OF_EXTENDED_CONNECT = OF_REQUEST | bitOf(AUTHORITY) | bitOf(PROTOCOL);

/** Takes the fields of one block after another: a block is decoded in one go, so that one does for all connections. */
export class RequestText implements BlockText {
  /** [0, length) is the head after `finish`, or the lines of trailers. */
  readonly bytes: Uint8Array;
  length = 0;
  private problem = OK;
  private seen = 0;
  private inFields = false;
  private isTrailer = false;
  private isTunnel = false;
  private hasLength = false;
  private hasHost = false;
  // Pseudo-fields come in any order, so that their values wait here. By kind: where each is that was seen.
  private readonly waiting: Uint8Array;
  private waitingEnd = 0;
  private readonly starts = new Int32Array(STATUS);
  private readonly ends = new Int32Array(STATUS);
  // Crumbs of cookies come apart, and leave as one field (RFC 9113 8.2.3).
  private readonly cookies: Uint8Array;
  private cookiesEnd = 0;

  /** `limit`: bytes of the largest head. `webSocketKey`: the Sec-WebSocket-Key of tunnels, which HTTP/2 has no use for and
   * HTTP/1.1 needs. */
  constructor(
    private readonly limit: number,
    private readonly webSocketKey: Uint8Array,
  ) {
    this.bytes = new Uint8Array(limit + ROOM);
    this.waiting = new Uint8Array(limit);
    this.cookies = new Uint8Array(limit);
  }

  /** A block is going to be decoded. */
  begin(isTrailer: boolean): void {
    this.length = 0;
    this.problem = OK;
    this.seen = 0;
    this.inFields = isTrailer;
    this.isTrailer = isTrailer;
    this.isTunnel = false;
    this.hasLength = false;
    this.hasHost = false;
    this.waitingEnd = 0;
    this.cookiesEnd = 0;
  }

  add(line: Uint8Array, nameLength: number, size: number, kind: number): void {
    if (this.problem !== OK) return;
    if (kind === FORBIDDEN || kind === STATUS) return this.malformed();
    if (this.length + this.waitingEnd + this.cookiesEnd + size + FIELD_ROOM > this.limit) {
      this.problem = TOO_LARGE;
      return;
    }
    if (kind >= METHOD) return this.addPseudo(line, nameLength + 2, size - 2, kind);
    if (!this.inFields && !this.beginFields()) return;
    // Who reads trailers decides about each by its name.
    if (kind === PLAIN || this.isTrailer) this.length = copy(this.bytes, this.length, line, 0, size);
    else this.addSpecial(line, nameLength + 2, size, kind);
  }

  private addPseudo(line: Uint8Array, start: number, end: number, kind: number): void {
    if (this.inFields || (this.seen & bitOf(kind)) !== 0) return this.malformed();
    this.seen |= bitOf(kind);
    this.starts[kind] = this.waitingEnd;
    this.waitingEnd = copy(this.waiting, this.waitingEnd, line, start, end);
    this.ends[kind] = this.waitingEnd;
  }

  private addSpecial(line: Uint8Array, value: number, size: number, kind: number): void {
    if (kind === COOKIE_CRUMB) return this.addCrumb(line, value, size - 2);
    if (kind === WEBSOCKET_KEY && this.isTunnel) return;
    if (kind === LENGTH_FIELD) this.hasLength = true;
    if (kind === HOST_FIELD) {
      if (this.has(AUTHORITY)) return this.isAuthority(line, value, size - 2) ? undefined : this.malformed();
      this.hasHost = true;
    }
    this.length = copy(this.bytes, this.length, line, 0, size);
  }

  private addCrumb(line: Uint8Array, value: number, end: number): void {
    let at = this.cookiesEnd;
    if (at > 0) {
      this.cookies[at++] = SEMICOLON;
      this.cookies[at++] = SP;
    }
    this.cookiesEnd = copy(this.cookies, at, line, value, end);
  }

  private malformed(): void {
    this.problem = MALFORMED;
  }

  private has(kind: number): boolean {
    return (this.seen & bitOf(kind)) !== 0;
  }

  private isWaiting(kind: number, text: Uint8Array): boolean {
    const { starts, ends, waiting } = this;
    return this.has(kind) && ends[kind] - starts[kind] === text.length && equalsExactly(waiting, starts[kind], text);
  }

  // The request line, and Host first: it is what most requests are routed by.
  private beginFields(): boolean {
    this.inFields = true;
    const isConnect = this.isWaiting(METHOD, CONNECT);
    this.isTunnel = this.has(PROTOCOL);
    if (!this.hasPseudoFields(isConnect)) {
      this.malformed();
      return false;
    }
    const { bytes } = this;
    let at = this.isTunnel ? copy(bytes, 0, GET, 0, GET.length) : this.writeWaiting(0, METHOD);
    bytes[at++] = SP;
    at = this.writeWaiting(at, isConnect && !this.isTunnel ? AUTHORITY : PATH);
    at = copy(bytes, at, VERSION_LINE, 0, VERSION_LINE.length);
    if (this.has(AUTHORITY)) {
      at = copy(bytes, at, HOST_PREFIX, 0, HOST_PREFIX.length);
      at = endLine(bytes, this.writeWaiting(at, AUTHORITY));
    }
    if (this.isTunnel) {
      at = copy(bytes, at, UPGRADE_LINES, 0, UPGRADE_LINES.length);
      at = endLine(bytes, copy(bytes, at, this.webSocketKey, 0, this.webSocketKey.length));
    }
    this.length = at;
    return true;
  }

  // RFC 9113 8.3.1 and 8.5, RFC 8441 4: of tunnels, only WebSockets are known.
  private hasPseudoFields(isConnect: boolean): boolean {
    if (this.isTunnel) {
      const { starts, ends, waiting } = this;
      const isKnown = ends[PROTOCOL] - starts[PROTOCOL] === WEBSOCKET.length;
      return (
        isConnect && this.seen === OF_EXTENDED_CONNECT && isKnown && equalsLowered(waiting, starts[PROTOCOL], WEBSOCKET)
      );
    }
    return isConnect ? this.seen === OF_CONNECT : (this.seen & OF_REQUEST) === OF_REQUEST;
  }

  private writeWaiting(at: number, kind: number): number {
    return copy(this.bytes, at, this.waiting, this.starts[kind], this.ends[kind]);
  }

  private isAuthority(line: Uint8Array, start: number, end: number): boolean {
    const authority = this.starts[AUTHORITY];
    if (end - start !== this.ends[AUTHORITY] - authority) return false;
    for (let i = start, j = authority; i < end; i++, j++) if (LOWER[line[i]] !== LOWER[this.waiting[j]]) return false;
    return true;
  }

  /** The block is at its end; says what became of it. `isEnd`: no body follows. */
  finish(isEnd: boolean): number {
    if (this.problem !== OK || this.isTrailer) return this.problem;
    if (!this.inFields && !this.beginFields()) return this.problem;
    if (!this.has(AUTHORITY) && !this.hasHost) return MALFORMED;
    // What comes on the stream of a tunnel is no body.
    if (this.isTunnel && (isEnd || this.hasLength)) return MALFORMED;
    const { bytes } = this;
    let at = this.length;
    if (this.cookiesEnd > 0) {
      at = copy(bytes, at, COOKIE_PREFIX, 0, COOKIE_PREFIX.length);
      at = endLine(bytes, copy(bytes, at, this.cookies, 0, this.cookiesEnd));
    }
    // Without a length the body goes on in chunks, as HTTP/1.1 has it.
    if (!isEnd && !this.hasLength && !this.isTunnel) at = copy(bytes, at, CHUNKED_LINE, 0, CHUNKED_LINE.length);
    this.length = endLine(bytes, at);
    return OK;
  }
}

function endLine(bytes: Uint8Array, at: number): number {
  bytes[at] = CR;
  bytes[at + 1] = LF;
  return at + 2;
}
