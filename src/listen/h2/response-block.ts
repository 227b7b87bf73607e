// Header blocks of what a client gets: the same fields as over HTTP/1.1, left out and added by the same rules.
import { DATE_LINE_BYTES } from '../../core/http-date.ts';
import { HOP_BY_HOP } from '../../http1/hop-by-hop.ts';
import { idLineBytes, writeIdLine } from '../../http1/id-line.ts';
import { out } from '../../http1/output.ts';
import { LINE_BYTES, type LeftOut, isLeftOut, leavingOut, writeAdditions } from '../../http1/write-fields.ts';
import { HpackEncoder, blockBound, endOfName } from '../../http2/hpack-encode.ts';
import { LF, ascii, equalsLowered } from '../../message/bytes.ts';
import type { Edits } from '../../message/edits.ts';
import { CONTENT_LENGTH, REQUEST_ID, TRANSFER_ENCODING, classify } from '../../message/field-names.ts';
import type { Head } from '../../message/head.ts';

// RFC 9113 8.2.2: none of those of one connection.
const ALWAYS = [...HOP_BY_HOP, TRANSFER_ENCODING];
const AS_FRAMED = [leavingOut(ALWAYS), leavingOut([...ALWAYS, REQUEST_ID])] as const;
const WITHOUT_LENGTH = [
  leavingOut([...ALWAYS, CONTENT_LENGTH]),
  leavingOut([...ALWAYS, CONTENT_LENGTH, REQUEST_ID]),
] as const;
const OF_LINES = leavingOut(ALWAYS);

const SWITCHING = 101;
const OK = 200;
const ACCEPT_NAME = ascii('sec-websocket-accept');

/** How a response is written. */
export interface BlockManner {
  readonly edits: Edits<'response'> | null;
  /** What the client is told; 101 where a WebSocket is opened. */
  readonly responseStatus: number;
  /** Added to a response that has no Date. */
  readonly dateLine: Uint8Array;
  /** The request whose id the client is told; null: it is not told. */
  readonly identified: Head | null;
  readonly idPrefix: Uint8Array;
}

/** Encodes the blocks of one connection, in the order in which they are sent. Each is written where `begin` has said, and its end
 * returned. */
export class ResponseBlocks {
  private readonly encoder = new HpackEncoder();

  /** The client keeps a table of so many bytes at the most. */
  limitTable(size: number): void {
    this.encoder.setLimit(size);
  }

  /** The next block goes to `out` at `from`. */
  begin(to: Uint8Array, from: number): void {
    this.encoder.begin(to, from);
  }

  /** The block of a response; `hasLength`: it keeps its Content-Length. */
  response(head: Head, manner: BlockManner, hasLength: boolean): number {
    const { edits, identified, idPrefix, responseStatus } = manner;
    const { encoder } = this;
    const isSwitch = head.status === SWITCHING;
    // RFC 8441 5: the answer to an extended CONNECT is a 200.
    encoder.status(isSwitch ? OK : responseStatus);
    this.fields(head, leftOutOf(head, manner, hasLength), edits, isSwitch);
    if (!head.hasDate) this.line(manner.dateLine, 0, DATE_LINE_BYTES);
    if (identified !== null) this.line(out, 0, writeIdLine(out, 0, identified, idPrefix));
    if (edits !== null) this.lines(out, 0, writeAdditions(out, 0, edits));
    return encoder.end();
  }

  /** That of an interim response. */
  interim(head: Head): number {
    this.encoder.status(head.status);
    this.fields(head, WITHOUT_LENGTH[0], null, false);
    return this.encoder.end();
  }

  trailers(trailers: Head): number {
    this.fields(trailers, WITHOUT_LENGTH[0], null, false);
    return this.encoder.end();
  }

  /** That of a response with this status whose fields are the lines bytes[start, end). */
  local(status: number, bytes: Uint8Array, start: number, end: number): number {
    this.encoder.status(status);
    this.lines(bytes, start, end);
    return this.encoder.end();
  }

  // Those but for what is left out, and what the edits remove.
  private fields(head: Head, leftOut: LeftOut, edits: Edits<'response'> | null, isSwitch: boolean): void {
    const { bytes, fields, count } = head;
    for (let f = 0; f < count; f++) {
      if (isLeftOut(head, f, leftOut) || (edits !== null && edits.removes(head, f))) continue;
      const slot = f * 4;
      // It answers a key that the gateway has made.
      if (isSwitch && isAccept(bytes, fields[slot], fields[slot + 1])) continue;
      this.encoder.field(bytes, fields[slot], fields[slot + 1], fields[slot + 2], fields[slot + 3]);
    }
  }

  // Lines of the gateway's own: `name: value CRLF`.
  private lines(bytes: Uint8Array, start: number, end: number): void {
    for (let line = start; line < end; ) {
      const colon = endOfName(bytes, line);
      const next = bytes.indexOf(LF, colon) + 1;
      if (OF_LINES.dropped[classify(bytes, line, colon - line)] === 0) this.line(bytes, line, next);
      line = next;
    }
  }

  private line(bytes: Uint8Array, start: number, end: number): void {
    const colon = endOfName(bytes, start);
    this.encoder.field(bytes, start, colon, colon + 2, end - 2);
  }
}

function leftOutOf({ status }: Head, { identified }: BlockManner, hasLength: boolean): LeftOut {
  // RFC 9110 8.6: no length in a 204, whatever the backend says.
  const tables = hasLength && status !== 204 && status !== SWITCHING ? AS_FRAMED : WITHOUT_LENGTH;
  return tables[identified === null ? 0 : 1];
}

function isAccept(bytes: Uint8Array, start: number, end: number): boolean {
  return end - start === ACCEPT_NAME.length && equalsLowered(bytes, start, ACCEPT_NAME);
}

/** No block of this response is longer. */
export function boundOf(head: Head, { edits, identified, idPrefix }: BlockManner): number {
  const ofEdits = edits === null ? 0 : edits.addedBytes + edits.additions * LINE_BYTES;
  const ofId = identified === null ? 0 : idLineBytes(identified, idPrefix);
  return blockBound(head.end - head.start + ofEdits + ofId + DATE_LINE_BYTES);
}

export function boundOfFields(head: Head): number {
  return blockBound(head.end - head.start);
}
