// Reads the header blocks of one connection: what a request's says becomes the text of an HTTP/1.1 head, which the one strict
// parser judges.
import { copy } from '../../core/copy-bytes.ts';
import { HeadParser, type HeadLimits } from '../../http1/head-parser.ts';
import { BAD_START_LINE, HEAD_TOO_LARGE } from '../../http1/problems.ts';
import { HpackDecoder } from '../../http2/hpack-decode.ts';
import { MALFORMED, OK, RequestText } from '../../http2/request-text.ts';
import { ascii } from '../../message/bytes.ts';
import type { Head } from '../../message/head.ts';
import { type TrailerReceiver, readTrailers } from './request-trailers.ts';

// A block is decoded in one go, so that one does for all connections; made for the largest head.
const LARGEST_HEAD = 128 * 1024;
const text = new RequestText(LARGEST_HEAD, webSocketKey());

// RFC 6455 4.1: sixteen bytes that no script can know.
function webSocketKey(): Uint8Array {
  return ascii(crypto.getRandomValues(new Uint8Array(16)).toBase64());
}

// Heads lie one behind the other in pieces of memory of this size, since one of its own costs more for each than to write it. A
// piece is there as long as one of its requests; a larger head has its own.
const PIECE = 4096;
const SMALL_HEAD = PIECE / 8;
let piece = new Uint8Array(PIECE);
let used = 0;

// Keeps what `text` holds; returns where it begins in `piece`.
function keepText(): number {
  if (used + text.length > PIECE) {
    piece = new Uint8Array(PIECE);
    used = 0;
  }
  const at = used;
  used = copy(piece, at, text.bytes, 0, text.length);
  return at;
}

/** The block breaks the rules of HTTP/2 itself: not even an answer can be given. */
export const NO_REQUEST = 0;

export class RequestReader {
  private readonly decoder = new HpackDecoder();
  readonly parser: HeadParser;

  constructor(limits: HeadLimits) {
    this.parser = new HeadParser(limits);
  }

  /** Decodes a block to its end, since the next one builds upon it. False: the tables are out of step, and the connection is
   * lost. `head` or `trailers` follows. */
  decode(bytes: Uint8Array, start: number, end: number, isTrailer: boolean): boolean {
    text.begin(isTrailer);
    return this.decoder.decode(bytes, start, end, text);
  }

  /** Reads the request that was decoded into `head`; returns where its head ends in head.bytes, a problem, or NO_REQUEST.
   * `isEnd`: no body follows. */
  head(head: Head, isEnd: boolean): number {
    this.parser.begin();
    const verdict = text.finish(isEnd);
    if (verdict === MALFORMED) return NO_REQUEST;
    if (verdict !== OK) return HEAD_TOO_LARGE;
    const at = this.feed(head);
    return at === 0 ? BAD_START_LINE : at;
  }

  private feed(head: Head): number {
    if (text.length > SMALL_HEAD) return this.parser.feedRequest(head, text.bytes.slice(0, text.length), 0);
    const from = keepText();
    return this.parser.feedRequest(head, piece, from);
  }

  /** The trailers that were decoded, as far as they go on. The caller releases them. */
  trailers(receiver: TrailerReceiver | null): Head | 'forbidden' | null {
    return text.finish(true) === OK ? readTrailers(text.bytes, text.length, receiver) : 'forbidden';
  }
}
