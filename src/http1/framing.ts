// Decides where the body of a request or response ends (RFC 9112 6.3); no other file does. A message with two framings,
// two lengths, or anything else that two programs could read differently is refused, never repaired.
import { ascii, equalsLowered } from '../message/bytes.ts';
import { BODY_CHUNKED, BODY_LENGTH, BODY_NONE, BODY_UNTIL_CLOSE, type Head } from '../message/head.ts';
import { BAD_ENCODING, UNKNOWN_ENCODING } from './problems.ts';

/** What the fields say about the body. */
export type FramingFacts = {
  /** How many Content-Length fields. */
  lengths: number;
  /** How many Transfer-Encoding fields. */
  encodings: number;
  /** The problem with a Transfer-Encoding that is not exactly `chunked`; 0: there is none. */
  badEncoding: number;
};

const CHUNKED = ascii('chunked');

/** Notes one Transfer-Encoding field. */
export function noteTransferEncoding(head: Head, facts: FramingFacts, start: number, end: number): void {
  facts.encodings++;
  const isChunked = end - start === CHUNKED.length && equalsLowered(head.bytes, start, CHUNKED);
  if (isChunked && facts.encodings === 1) return;
  // A known coding that the gateway does not support is answered 501; a value that hides or repeats `chunked` is an
  // attack, and answered 400.
  facts.badEncoding = facts.encodings === 1 && isOtherCoding(head, start, end) ? UNKNOWN_ENCODING : BAD_ENCODING;
}

const OTHER_CODINGS = ['gzip', 'x-gzip', 'deflate', 'compress', 'x-compress', 'br', 'zstd'].map(ascii);

function isOtherCoding(head: Head, start: number, end: number): boolean {
  return OTHER_CODINGS.some(
    (coding) =>
      end - start >= coding.length &&
      equalsLowered(head.bytes, start, coding) &&
      endsChunked(head, start + coding.length, end),
  );
}

// "gzip" alone, or "gzip, chunked".
function endsChunked(head: Head, start: number, end: number): boolean {
  if (start === end) return true;
  const rest = ascii(', chunked');
  return end - start === rest.length && equalsLowered(head.bytes, start, rest);
}

/** Sets the framing of a request; returns 0 or a problem. */
export function decideRequestFraming(head: Head, facts: FramingFacts): number {
  if (facts.encodings > 0) {
    if (facts.lengths > 0 || head.minor === 0) return BAD_ENCODING;
    if (facts.badEncoding !== 0) return facts.badEncoding;
    head.framing = BODY_CHUNKED;
  } else if (facts.lengths > 0 && head.length > 0) head.framing = BODY_LENGTH;
  else head.framing = BODY_NONE;
  return 0;
}

/** Sets the framing of a response; returns 0 or a problem. `toHead`: the response answers a HEAD request. */
export function decideResponseFraming(head: Head, facts: FramingFacts, toHead: boolean): number {
  if (facts.badEncoding !== 0) return facts.badEncoding;
  if (facts.encodings > 0 && (facts.lengths > 0 || head.minor === 0)) return BAD_ENCODING;
  const { status } = head;
  if (toHead || status < 200 || status === 204 || status === 304) head.framing = BODY_NONE;
  else if (facts.encodings > 0) head.framing = BODY_CHUNKED;
  else if (facts.lengths > 0) head.framing = head.length > 0 ? BODY_LENGTH : BODY_NONE;
  else {
    head.framing = BODY_UNTIL_CLOSE;
    head.keepAlive = false;
  }
  return 0;
}
