// Validates chunked framing in place (RFC 9112 7.1), and drops what is not passed on: extensions, trailers, or the
// framing itself. Bytes after a dropped part move left in the same buffer; a body with nothing to drop is not touched.
import { COLON, CR, EMPTY, HEX, LF, TOKEN, VALUE } from '../message/bytes.ts';
import { AFTER_SIZE, LINE_END, stepExtension } from './chunk-extension.ts';
import { isForbiddenTrailer, mayTrailRequest, mayTrailResponse } from './trailer-names.ts';

const SIZE = 0;
const EXTENSION = 1;
const SIZE_LF = 2;
const DATA = 3;
const DATA_CR = 4;
const DATA_LF = 5;
const TRAILER_START = 6;
const TRAILER_NAME = 7;
const TRAILER_VALUE = 8;
const TRAILER_LF = 9;
const END_LF = 10;
const DONE = 11;

// Limits for the extensions of one chunk, for those of a whole body, and for all its trailers together. A peer that sends
// more is attacking (CVE-2023-39326, CVE-2024-22019).
const MAX_EXTENSION_BYTES = 255;
const MAX_EXTENSION_BYTES_OF_BODY = 16 * 1024;
const MAX_TRAILER_BYTES = 8 * 1024;
// A peer that keeps a size in 32 bits reads a larger one as negative, or as a small one. The gateway refuses such a chunk
// in both directions. Dividing it would add bytes to a body that is passed on in place; and a chunk is as large as its
// sender's buffer, so no honest sender is refused.
const MAX_CHUNK_BYTES = 2 ** 31 - 1;
// Leading zeros included.
const MAX_SIZE_DIGITS = 12;
const MAX_TRAILER_NAME = 64;
// In bytes. Most trailers fit; for others the array grows.
const FIRST_LINES = 256;

/** What a scanner leaves of a chunked body: its chunks without extensions, or its payload alone; and either the trailers
 * that may be passed on, or none. The trailers of a payload are kept beside it. */
export type ChunkedForm = 'chunks' | 'chunks_and_trailers' | 'payload' | 'payload_and_trailers';

/** Which message the body belongs to: the kind decides which trailers are passed on, and which are refused. */
export type MessageKind = 'request' | 'response';

/** Knows names of fields that no request may have as trailers. */
export interface GuardedNames {
  guards(bytes: Uint8Array, start: number, end: number): boolean;
}

/** Incremental scanner of one chunked body. */
export class ChunkScanner {
  /** After `scan`: the end of the bytes to pass on; they begin where the scan began. */
  keptEnd = 0;
  /** Bytes of the payload so far. */
  payloadSeen = 0;
  private state = SIZE;
  private remaining = 0;
  private digits = 0;
  /** Bytes of the extensions in the current size line, or of all trailers. */
  private dropped = 0;
  private droppedExtensions = 0;
  private extension = AFTER_SIZE;
  private form: ChunkedForm = 'chunks';
  private guarded: GuardedNames | null = null;
  private readonly trailerName = new Uint8Array(MAX_TRAILER_NAME);
  private trailerNameLength = 0;
  /** The current trailer line is passed on. */
  private isTrailerKept = false;
  /** [0, linesEnd) of these bytes are the trailers beside a payload. */
  private lines: Uint8Array = EMPTY;
  private linesEnd = 0;

  constructor(private readonly of: MessageKind) {}

  /** `guarded`: trailers with these names are dropped as well. */
  begin(form: ChunkedForm, guarded: GuardedNames | null = null): void {
    this.state = SIZE;
    this.remaining = 0;
    this.digits = 0;
    this.dropped = 0;
    this.droppedExtensions = 0;
    this.payloadSeen = 0;
    this.form = form;
    this.guarded = guarded;
    this.isTrailerKept = false;
    this.linesEnd = 0;
  }

  get isDone(): boolean {
    return this.state === DONE;
  }

  /** The lines of the trailers beside a payload; EMPTY: none. */
  get trailerLines(): Uint8Array {
    return this.linesEnd === 0 ? EMPTY : this.lines.slice(0, this.linesEnd);
  }

  /** True if bytes[from, end) begin with a broken size line. Changes nothing; `begin` must follow. */
  beginsBroken(bytes: Uint8Array, from: number, end: number): boolean {
    this.begin('chunks');
    for (let i = from; i < end && this.state < DATA; i++) if (!this.step(bytes[i])) return true;
    return false;
  }

  /** Consumes bytes[from, end): returns where the body ends (isDone) or `end`; -1 if the framing is broken. Where trailers
   * are kept, it stops before an incomplete trailer name: the caller passes those bytes again, with the next. */
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
      if (this.state === TRAILER_START && byte !== CR && this.keepsTrailers) {
        const nameEnd = endOfName(bytes, i, end);
        const isLong = nameEnd - i > MAX_TRAILER_NAME;
        if (isLong && this.of === 'request') return -1;
        if (nameEnd === end && !isLong) return i;
        this.isTrailerKept = this.mayTrail(bytes, i, nameEnd);
      }
      const isKept = this.form !== 'payload' && this.isFraming(byte);
      if (!this.step(byte)) return -1;
      if (isKept) this.passOn(bytes, byte);
      i++;
    }
    return i;
  }

  private keep(bytes: Uint8Array, start: number, stop: number): void {
    this.payloadSeen += stop - start;
    if (this.keptEnd !== start) bytes.copyWithin(this.keptEnd, start, stop);
    this.keptEnd += stop - start;
  }

  private get keepsTrailers(): boolean {
    return this.form === 'chunks_and_trailers' || this.form === 'payload_and_trailers';
  }

  private passOn(bytes: Uint8Array, byte: number): void {
    if (this.form === 'payload_and_trailers') this.gather(byte);
    else bytes[this.keptEnd++] = byte;
  }

  private gather(byte: number): void {
    if (this.linesEnd === this.lines.length) {
      const lines = new Uint8Array(Math.max(FIRST_LINES, this.lines.length * 2));
      lines.set(this.lines);
      this.lines = lines;
    }
    this.lines[this.linesEnd++] = byte;
  }

  private mayTrail(bytes: Uint8Array, start: number, end: number): boolean {
    if (this.of === 'response') return mayTrailResponse(bytes, start, end);
    return mayTrailRequest(bytes, start, end) && this.guarded?.guards(bytes, start, end) !== true;
  }

  // True if this byte of framing is passed on. Called before `step` takes the byte.
  private isFraming(byte: number): boolean {
    if (this.form === 'payload_and_trailers' && !this.isInTrailer(byte)) return false;
    switch (this.state) {
      case SIZE:
        return byte === CR || HEX[byte] !== 0;
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

  private isInTrailer(byte: number): boolean {
    return this.state === TRAILER_START ? byte !== CR : this.state > TRAILER_START && this.state < END_LF;
  }

  private step(byte: number): boolean {
    switch (this.state) {
      case SIZE:
        return this.takeSize(byte);
      case EXTENSION:
        return this.takeExtension(byte);
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
      return this.remaining <= MAX_CHUNK_BYTES && ++this.digits <= MAX_SIZE_DIGITS;
    }
    if (this.digits === 0) return false;
    if (byte === CR) {
      this.state = SIZE_LF;
      return true;
    }
    this.state = EXTENSION;
    this.extension = AFTER_SIZE;
    return this.takeExtension(byte);
  }

  private takeExtension(byte: number): boolean {
    this.extension = stepExtension(this.extension, byte);
    if (this.extension === LINE_END) {
      this.state = SIZE_LF;
      return true;
    }
    if (++this.dropped > MAX_EXTENSION_BYTES || ++this.droppedExtensions > MAX_EXTENSION_BYTES_OF_BODY) return false;
    return this.extension > 0;
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
        return !this.isRefusedTrailer();
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

  // A client that frames or routes in a trailer wants the gateway and the backend to read its request differently. A
  // backend's trailer of that kind is only left out.
  private isRefusedTrailer(): boolean {
    return this.of === 'request' && isForbiddenTrailer(this.trailerName, this.trailerNameLength);
  }
}

function endOfName(bytes: Uint8Array, from: number, end: number): number {
  let at = from;
  while (at < end && TOKEN[bytes[at]] !== 0) at++;
  return at;
}
