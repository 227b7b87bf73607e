// Writes the values of a line into bytes: as members of a JSON object, or as text. Whatever clients send, a line stays one
// line, and JSON stays valid UTF-8 JSON.
import { copy } from '../../message/bytes.ts';
import { HEX_DIGITS, isTailOf, sequenceLength } from './utf8.ts';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const DASH = 0x2d;
const DOT = 0x2e;
const ZERO = 0x30;
const LF = 0x0a;
const LETTER_U = 0x75;
const LETTER_X = 0x78;
const COMMA = 0x2c;
const SPACE = 0x20;
const DELETE = 0x7f;
// The most that one byte of a value takes: \u00ff.
const MOST_PER_BYTE = 6;
// A number, a quote on each side, and the end of the line.
const ROOM = 64;

/** Where lines come together. A line that does not fit is taken back as a whole. */
export class Lines {
  at = 0;
  /** Something of the line at hand did not fit. */
  isOver = false;
  private start = 0;

  constructor(public bytes: Uint8Array) {}

  begin(): void {
    this.start = this.at;
    this.isOver = false;
  }

  /** Ends the line. False: it did not fit, and nothing of it is left. */
  end(): boolean {
    if (this.isOver || this.at + 1 > this.bytes.length) {
      this.at = this.start;
      return false;
    }
    this.bytes[this.at++] = LF;
    return true;
  }

  hasRoom(count: number): boolean {
    if (this.at + count <= this.bytes.length) return true;
    this.isOver = true;
    return false;
  }

  raw(source: Uint8Array): void {
    const { length } = source;
    if (!this.hasRoom(length)) return;
    const { bytes, at } = this;
    for (let from = 0; from < length; from++) bytes[at + from] = source[from];
    this.at = at + length;
  }
}

/** Takes the values of a line. */
export interface ValueWriter {
  /** Bytes of a head. */
  bytes(source: Uint8Array, start: number, end: number): void;
  text(text: string): void;
  number(value: number): void;
  /** A length of time, to the microsecond. */
  millis(value: number): void;
  /** Bytes that need no escape: they are the gateway's own. */
  plain(source: Uint8Array): void;
}

/** Writes members of a JSON object: each value after its name. */
export class JsonWriter implements ValueWriter {
  /** What is written before the next value: `"name":`. */
  key: Uint8Array = new Uint8Array(0);
  /** The next member is the first of its object. */
  isFirst = true;

  constructor(
    readonly lines: Lines,
    /** Of a value; what is longer is cut. */
    private readonly limit: number,
  ) {}

  private begin(room: number): boolean {
    const { lines, key } = this;
    if (!lines.hasRoom(key.length + room + ROOM)) return false;
    if (this.isFirst) this.isFirst = false;
    else lines.bytes[lines.at++] = COMMA;
    lines.raw(key);
    return true;
  }

  bytes(source: Uint8Array, start: number, to: number): void {
    const end = cut(source, start, to, this.limit);
    if (!this.begin((end - start) * MOST_PER_BYTE)) return;
    const { lines } = this;
    const out = lines.bytes;
    let { at } = lines;
    out[at++] = QUOTE;
    for (let from = start; from < end; from++) {
      const byte = source[from];
      if (byte >= SPACE && byte < DELETE) {
        if (byte === QUOTE || byte === BACKSLASH) out[at++] = BACKSLASH;
        out[at++] = byte;
      } else {
        const length = sequenceLength(source, from, end);
        at = length === 0 ? writeUnit(out, at, byte) : copy(out, at, source, from, from + length);
        from += Math.max(0, length - 1);
      }
    }
    out[at++] = QUOTE;
    lines.at = at;
  }

  text(text: string): void {
    const length = Math.min(text.length, this.limit);
    if (!this.begin(length * MOST_PER_BYTE)) return;
    const { lines } = this;
    const out = lines.bytes;
    let { at } = lines;
    out[at++] = QUOTE;
    for (let from = 0; from < length; from++) {
      const unit = text.charCodeAt(from);
      if (unit < SPACE || unit >= DELETE) at = writeUnit(out, at, unit);
      else {
        if (unit === QUOTE || unit === BACKSLASH) out[at++] = BACKSLASH;
        out[at++] = unit;
      }
    }
    out[at++] = QUOTE;
    lines.at = at;
  }

  number(value: number): void {
    if (this.begin(0)) this.lines.at = writeNumber(this.lines.bytes, this.lines.at, value);
  }

  millis(value: number): void {
    if (this.begin(0)) this.lines.at = writeMillis(this.lines.bytes, this.lines.at, value);
  }

  plain(source: Uint8Array): void {
    if (!this.begin(source.length)) return;
    const { lines } = this;
    lines.bytes[lines.at++] = QUOTE;
    lines.raw(source);
    lines.bytes[lines.at++] = QUOTE;
  }
}

/** Writes values as they are; what could end a line or a quotation is written as `\xNN`, as nginx does. */
export class TextWriter implements ValueWriter {
  /** A value was written. */
  hasValue = false;

  constructor(
    readonly lines: Lines,
    private readonly limit: number,
  ) {}

  bytes(source: Uint8Array, start: number, to: number): void {
    const end = cut(source, start, to, this.limit);
    if (!this.begin((end - start) * MOST_PER_BYTE)) return;
    const { lines } = this;
    const out = lines.bytes;
    let { at } = lines;
    for (let from = start; from < end; from++) {
      const byte = source[from];
      if (byte >= SPACE && byte < DELETE && byte !== QUOTE && byte !== BACKSLASH) out[at++] = byte;
      else at = writeEscaped(out, at, byte);
    }
    lines.at = at;
  }

  text(text: string): void {
    const length = Math.min(text.length, this.limit);
    if (!this.begin(length * MOST_PER_BYTE)) return;
    const { lines } = this;
    const out = lines.bytes;
    let { at } = lines;
    for (let from = 0; from < length; from++) {
      const unit = text.charCodeAt(from);
      if (unit >= SPACE && unit < DELETE && unit !== QUOTE && unit !== BACKSLASH) out[at++] = unit;
      else if (unit > 0xff) at = writeUnit(out, at, unit);
      else at = writeEscaped(out, at, unit);
    }
    lines.at = at;
  }

  number(value: number): void {
    if (this.begin(0)) this.lines.at = writeNumber(this.lines.bytes, this.lines.at, value);
  }

  millis(value: number): void {
    if (this.begin(0)) this.lines.at = writeMillis(this.lines.bytes, this.lines.at, value);
  }

  plain(source: Uint8Array): void {
    if (this.begin(0)) this.lines.raw(source);
  }

  /** In place of a value that there is not. */
  nothing(): void {
    if (this.begin(0)) this.lines.bytes[this.lines.at++] = DASH;
  }

  private begin(room: number): boolean {
    this.hasValue = true;
    return this.lines.hasRoom(room + ROOM);
  }
}

// The end of what is written of a value, not within a character.
function cut(source: Uint8Array, start: number, to: number, limit: number): number {
  if (to - start <= limit) return to;
  let end = start + limit;
  while (end > start && isTailOf(source[end])) end--;
  return end;
}

function writeUnit(out: Uint8Array, from: number, unit: number): number {
  let at = from;
  out[at++] = BACKSLASH;
  out[at++] = LETTER_U;
  for (let shift = 12; shift >= 0; shift -= 4) out[at++] = HEX_DIGITS[(unit >>> shift) & 15];
  return at;
}

function writeEscaped(out: Uint8Array, at: number, byte: number): number {
  out[at] = BACKSLASH;
  out[at + 1] = LETTER_X;
  out[at + 2] = HEX_DIGITS[byte >>> 4];
  out[at + 3] = HEX_DIGITS[byte & 15];
  return at + 4;
}

function writeNumber(out: Uint8Array, from: number, value: number): number {
  let at = from;
  let left = Math.round(value);
  if (left < 0) {
    out[at++] = DASH;
    left = -left;
  }
  let digits = 1;
  for (let rest = left; rest >= 10; rest = Math.floor(rest / 10)) digits++;
  for (let place = at + digits - 1; place >= at; place--) {
    const rest = Math.floor(left / 10);
    out[place] = ZERO + (left - rest * 10);
    left = rest;
  }
  return at + digits;
}

function writeMillis(out: Uint8Array, from: number, value: number): number {
  const micros = Math.max(0, Math.round(value * 1000));
  const whole = Math.floor(micros / 1000);
  const part = micros - whole * 1000;
  const at = writeNumber(out, from, whole);
  if (part === 0) return at;
  out[at] = DOT;
  out[at + 1] = ZERO + Math.floor(part / 100);
  out[at + 2] = ZERO + (Math.floor(part / 10) % 10);
  out[at + 3] = ZERO + (part % 10);
  return at + 4;
}
