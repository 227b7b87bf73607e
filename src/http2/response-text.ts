// What a response's header block says, as the text of an HTTP/1.1 head for the one strict parser. Only what HTTP/2 itself forbids
// (RFC 9113 8) is looked for here.
import { CR, LF, ascii, copy } from '../message/bytes.ts';
import { FORBIDDEN, LENGTH_FIELD, METHOD, STATUS } from './field-kinds.ts';
import type { BlockText } from './hpack-decode.ts';
import { MALFORMED, OK, TOO_LARGE } from './request-text.ts';

const VERSION = ascii('HTTP/1.1 ');
const LINE_END = ascii(' \r\n');
const CHUNKED_LINE = ascii('transfer-encoding: chunked\r\n');
const EMPTY_LINE = ascii('content-length: 0\r\n');
const ROOM = 128;
const FIELD_ROOM = 64;
const ZERO = 0x30;
const SWITCHING = 101;
const NO_CONTENT = 204;
const NOT_MODIFIED = 304;
const FIRST_FINAL = 200;

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

  /** `limit`: bytes of the largest head. */
  constructor(private readonly limit: number) {
    this.bytes = new Uint8Array(limit + ROOM);
  }

  /** A block is going to be decoded. */
  begin(isTrailer: boolean): void {
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
    const at = copy(this.bytes, copy(this.bytes, 0, VERSION, 0, VERSION.length), line, value, value + 3);
    this.length = copy(this.bytes, at, LINE_END, 0, LINE_END.length);
  }

  /** The block is at its end; says what became of it. `isEnd`: no body follows; `toHead`: it answers a HEAD request. */
  finish(isEnd: boolean, toHead: boolean): number {
    if (this.problem !== OK || this.isTrailer) return this.problem;
    const { status, bytes } = this;
    // RFC 9113 8.1 and 8.6: an interim response does not end a stream, and 101 has no meaning.
    if (status === 0 || status === SWITCHING || (status < FIRST_FINAL && isEnd)) return MALFORMED;
    let at = this.length;
    if (!this.hasLength && !toHead && mayHaveBody(status)) {
      const line = isEnd ? EMPTY_LINE : CHUNKED_LINE;
      at = copy(bytes, at, line, 0, line.length);
    }
    bytes[at] = CR;
    bytes[at + 1] = LF;
    this.length = at + 2;
    return OK;
  }
}

function mayHaveBody(status: number): boolean {
  return status >= FIRST_FINAL && status !== NO_CONTENT && status !== NOT_MODIFIED;
}
