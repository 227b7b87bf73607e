// Validates chunked framing where it lies (RFC 9112 7.1) and leaves only what is passed on. Everything that is dropped
// (extensions, trailers, or the framing itself) makes the bytes fewer, so the rest moves left in the same buffer, and a
// body in canonical framing is never touched.
import { COLON, CR, HEX, LF, SEMICOLON, SP, TAB, TOKEN, VALUE } from '../message/bytes.ts';
import { HOST, OTHER, TE, classify } from '../message/field-names.ts';
import { mayTrail } from './trailer-names.ts';

const SIZE = 0;
const SIZE_SPACE = 1;
const EXTENSION = 2;
const SIZE_LF = 3;
const DATA = 4;
const DATA_CR = 5;
const DATA_LF = 6;
const TRAILER_START = 7;
const TRAILER_NAME = 8;
const TRAILER_VALUE = 9;
const TRAILER_LF = 10;
const END_LF = 11;
const DONE = 12;

// Of one size line with its extensions, and of all trailers together: more is an attack (CVE-2023-39326, -2024-22019).
const MAX_EXTENSION_BYTES = 256;
const MAX_TRAILER_BYTES = 8 * 1024;
// 12 hexadecimal digits stay below 2^53.
const MAX_SIZE_DIGITS = 12;
const MAX_TRAILER_NAME = 64;

/** What is left of a chunked body: its chunks without extensions and trailers, or with the trailers, or with those of them
 * that are harmless, or the payload alone. */
export type ChunkedForm = 'chunks' | 'chunks_and_trailers' | 'chunks_and_chosen_trailers' | 'payload';

/** Incremental scanner of one chunked body. */
export class ChunkScanner {
  /** After `scan`: where the bytes end that are passed on; they begin where the scan began. */
  keptEnd = 0;
  /** Bytes of the payload so far. */
  payloadSeen = 0;
  private state = SIZE;
  private remaining = 0;
  private digits = 0;
  private dropped = 0;
  private form: ChunkedForm = 'chunks';
  private readonly trailerName = new Uint8Array(MAX_TRAILER_NAME);
  private trailerNameLength = 0;
  /** Of the current line. */
  private isTrailerKept = false;

  begin(form: ChunkedForm): void {
    this.state = SIZE;
    this.remaining = 0;
    this.digits = 0;
    this.dropped = 0;
    this.payloadSeen = 0;
    this.form = form;
    this.isTrailerKept = form === 'chunks_and_trailers';
  }

  get isDone(): boolean {
    return this.state === DONE;
  }

  /** Consumes bytes[from, end): returns where the body ends (isDone) or `end`; -1 if the framing is broken. Where trailers
   * are chosen, the name of one that is cut is left over: those few bytes are to come again, before the next. */
  scan(bytes: Uint8Array, from: number, end: number): number {
    let i = from;
    this.keptEnd = from;
    while (i < end && this.state !== DONE) {
      if (this.state === DATA) {
        const stop = i + Math.min(this.remaining, end - i);
        this.keep(bytes, i, stop);
        this.remaining -= stop - i;
        i = stop;
        if (this.remaining === 0) this.state = DATA_CR;
        continue;
      }
      const byte = bytes[i];
      if (this.state === TRAILER_START && byte !== CR && this.form === 'chunks_and_chosen_trailers') {
        const nameEnd = endOfName(bytes, i, end);
        if (nameEnd - i > MAX_TRAILER_NAME) return -1;
        if (nameEnd === end) return i;
        this.isTrailerKept = mayTrail(bytes, i, nameEnd);
      }
      const isKept = this.form !== 'payload' && this.isFraming(byte);
      if (!this.step(byte)) return -1;
      if (isKept) bytes[this.keptEnd++] = byte;
      i++;
    }
    return i;
  }

  private keep(bytes: Uint8Array, start: number, stop: number): void {
    this.payloadSeen += stop - start;
    if (this.keptEnd !== start) bytes.copyWithin(this.keptEnd, start, stop);
    this.keptEnd += stop - start;
  }

  // Whether a byte of framing is passed on, in the state before it is taken.
  private isFraming(byte: number): boolean {
    switch (this.state) {
      case SIZE:
        return byte === CR || HEX[byte] !== 0;
      case SIZE_SPACE:
      case EXTENSION:
        return byte === CR;
      case TRAILER_START:
        return byte === CR || this.isTrailerKept;
      case TRAILER_NAME:
      case TRAILER_VALUE:
      case TRAILER_LF:
        return this.isTrailerKept;
      default:
        return true;
    }
  }

  private step(byte: number): boolean {
    switch (this.state) {
      case SIZE:
        return this.takeSize(byte);
      case SIZE_SPACE:
        if (byte === SEMICOLON) this.state = EXTENSION;
        return (byte === SEMICOLON || byte === SP || byte === TAB) && ++this.dropped < MAX_EXTENSION_BYTES;
      case EXTENSION:
        if (byte === CR) this.state = SIZE_LF;
        return byte === CR || (VALUE[byte] !== 0 && ++this.dropped < MAX_EXTENSION_BYTES);
      case SIZE_LF:
        this.state = this.remaining === 0 ? TRAILER_START : DATA;
        this.digits = 0;
        this.dropped = 0;
        return byte === LF;
      case DATA_CR:
        this.state = DATA_LF;
        return byte === CR;
      case DATA_LF:
        this.state = SIZE;
        return byte === LF;
      default:
        return this.stepTrailer(byte);
    }
  }

  private takeSize(byte: number): boolean {
    const digit = HEX[byte];
    if (digit !== 0) {
      this.remaining = this.remaining * 16 + digit - 1;
      return ++this.digits <= MAX_SIZE_DIGITS;
    }
    if (this.digits === 0) return false;
    if (byte === CR) this.state = SIZE_LF;
    else if (byte === SEMICOLON) this.state = EXTENSION;
    else this.state = SIZE_SPACE;
    return byte === CR || byte === SEMICOLON || byte === SP || byte === TAB;
  }

  private stepTrailer(byte: number): boolean {
    if (++this.dropped > MAX_TRAILER_BYTES) return false;
    switch (this.state) {
      case TRAILER_START:
        if (byte === CR) {
          this.state = END_LF;
          return true;
        }
        this.state = TRAILER_NAME;
        this.trailerNameLength = 0;
        return this.takeTrailerName(byte);
      case TRAILER_NAME:
        if (byte !== COLON) return this.takeTrailerName(byte);
        this.state = TRAILER_VALUE;
        return !this.isForbiddenTrailer();
      case TRAILER_VALUE:
        if (byte === CR) this.state = TRAILER_LF;
        return byte === CR || VALUE[byte] !== 0;
      case TRAILER_LF:
        this.state = TRAILER_START;
        return byte === LF;
      default: // END_LF
        this.state = DONE;
        return byte === LF;
    }
  }

  private takeTrailerName(byte: number): boolean {
    if (TOKEN[byte] === 0) return false;
    if (this.trailerNameLength < MAX_TRAILER_NAME) this.trailerName[this.trailerNameLength++] = byte;
    return true;
  }

  // RFC 9110 6.5.1: fields that say how a message is framed or routed come too late in a trailer; who sends them wants
  // two parties to disagree.
  private isForbiddenTrailer(): boolean {
    const kind = classify(this.trailerName, 0, this.trailerNameLength);
    return kind !== OTHER && kind >= HOST && kind <= TE;
  }
}

function endOfName(bytes: Uint8Array, from: number, end: number): number {
  let at = from;
  while (at < end && TOKEN[bytes[at]] !== 0) at++;
  return at;
}
