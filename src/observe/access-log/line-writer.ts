// Writes the values of a line into bytes: as members of a JSON object, or as text. Whatever clients send, a line stays one
// line, and JSON stays valid UTF-8 JSON.
import { copy } from '../../core/copy-bytes.ts';
import { HEX_DIGITS, isTailOf, sequenceLength } from './utf8.ts';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const DASH = 0x2d;
const DOT = 0x2e;
const ZERO = 0x30;
const LF = 0x0a;
const LETTER_U = 0x75;
const LETTER_X = 0x78;
const SPACE = 0x20;
const DELETE = 0x7f;

/** 1 for each byte that a line takes as it is: printable ASCII but for the quote and the backslash. One look in place of four
 * comparisons: a line has hundreds of bytes. */
const IS_PLAIN = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte >= SPACE && byte < DELETE && byte !== QUOTE && byte !== BACKSLASH ? 1 : 0,
);

// The most that one byte of a value takes: \u00ff.
const MOST_PER_BYTE = 6;
// A number, a quote on each side, and the end of the line.
const ROOM = 64;

/** Where lines come together. A line that does not fit is taken back as a whole. */
export class Lines {
  at = 0;
  /** Something of the line at hand did not fit. */
  isOver = false;
  bytes: Uint8Array;
  private view: DataView;
  private start = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.view = viewOf(bytes);
  }

  /** Lines that follow come together there. */
  use(bytes: Uint8Array): void {
    this.bytes = bytes;
    this.view = viewOf(bytes);
    this.at = 0;
  }

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

  /** There must be room for eight bytes more than it has. */
  word({ words, length }: Word): void {
    const { view, at } = this;
    for (let word = 0; word < words.length; word++) view.setFloat64(at + word * 8, words[word], true);
    this.at = at + length;
  }

  raw(source: Uint8Array): void {
    const { length } = source;
    if (!this.hasRoom(length)) return;
    const { bytes, at } = this;
    for (let from = 0; from < length; from++) bytes[at + from] = source[from];
    this.at = at + length;
  }
}

function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}

/** A short text of ASCII, eight bytes to a number: a line has as many bytes of names as of values, and to write them one by one
 * took a quarter of the time. Of such a text no eight bytes are a NaN, which would not stay as it is. */
export type Word = { readonly words: Float64Array; readonly length: number };

export function wordOf(text: string): Word {
  const padded = new Uint8Array(Math.ceil(text.length / 8) * 8);
  new TextEncoder().encodeInto(text, padded);
  const view = viewOf(padded);
  const words = Float64Array.from({ length: padded.length / 8 }, (_, at) => view.getFloat64(at * 8, true));
  return { words, length: text.length };
}

/** What is written before a value: its name, as that of the first member of an object or of a later one. */
export type MemberKey = { readonly first: Word; readonly later: Word };

export function memberKey(name: string): MemberKey {
  const key = `${JSON.stringify(name)}:`;
  return { first: wordOf(key), later: wordOf(`,${key}`) };
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
  /** Of the next value. */
  key = memberKey('');
  /** The next member is the first of its object. */
  isFirst = true;

  constructor(
    readonly lines: Lines,
    /** Of a value; what is longer is cut. */
    private readonly limit: number,
  ) {}

  private begin(room: number): boolean {
    const { lines, key, isFirst } = this;
    if (!lines.hasRoom(key.later.length + room + ROOM)) return false;
    lines.word(isFirst ? key.first : key.later);
    this.isFirst = false;
    return true;
  }

  bytes(source: Uint8Array, start: number, to: number): void {
    const end = cut(source, start, to, this.limit);
    if (!this.begin((end - start) * MOST_PER_BYTE)) return;
    const { lines } = this;
    const out = lines.bytes;
    let { at } = lines;
    out[at++] = QUOTE;
    let from = start;
    for (; from < end && IS_PLAIN[source[from]] === 1; from++) out[at++] = source[from];
    if (from < end) at = writeMixed(out, at, source, from, end);
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
      if (IS_PLAIN[unit] === 1) out[at++] = unit;
      else at = writeEscape(out, at, unit);
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
      if (IS_PLAIN[byte] === 1) out[at++] = byte;
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
      if (IS_PLAIN[unit] === 1) out[at++] = unit;
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

// A part of a value of JSON that is not plain: valid UTF-8 stays, all other bytes are escaped.
function writeMixed(out: Uint8Array, to: number, source: Uint8Array, start: number, end: number): number {
  let at = to;
  for (let from = start; from < end; from++) {
    const byte = source[from];
    if (byte < DELETE) at = IS_PLAIN[byte] === 1 ? writeByte(out, at, byte) : writeEscape(out, at, byte);
    else {
      const length = sequenceLength(source, from, end);
      at = length === 0 ? writeUnit(out, at, byte) : copy(out, at, source, from, from + length);
      from += Math.max(0, length - 1);
    }
  }
  return at;
}

function writeByte(out: Uint8Array, at: number, byte: number): number {
  out[at] = byte;
  return at + 1;
}

// What JSON does not take as it is (RFC 8259 7).
function writeEscape(out: Uint8Array, at: number, unit: number): number {
  if (unit !== QUOTE && unit !== BACKSLASH) return writeUnit(out, at, unit);
  out[at] = BACKSLASH;
  out[at + 1] = unit;
  return at + 2;
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

const MOST_INT = 2 ** 31 - 1;
// Both digits of each number below 100: half of the divisions.
const PAIRS = Uint8Array.from({ length: 200 }, (_, at) => ZERO + (at % 2 === 0 ? Math.floor(at / 20) : (at >> 1) % 10));

function writeNumber(out: Uint8Array, from: number, value: number): number {
  const whole = Math.round(value);
  return whole >= 0 && whole <= MOST_INT ? writeInt(out, from, whole) : writeLarge(out, from, whole);
}

function writeInt(out: Uint8Array, at: number, value: number): number {
  let left = value | 0;
  const end = at + digitsOf(left);
  let place = end;
  while (left >= 10) {
    const rest = (left / 100) | 0;
    const pair = (left - rest * 100) << 1;
    out[--place] = PAIRS[pair + 1];
    out[--place] = PAIRS[pair];
    left = rest;
  }
  if (place > at) out[at] = ZERO + left;
  return end;
}

function digitsOf(value: number): number {
  let digits = 1;
  for (let bound = 10; value >= bound; bound *= 10) digits++;
  return digits;
}

function writeLarge(out: Uint8Array, from: number, value: number): number {
  const digits = Number.isFinite(value) ? String(value) : '0';
  for (let place = 0; place < digits.length; place++) out[from + place] = digits.charCodeAt(place);
  return from + digits.length;
}

function writeMillis(out: Uint8Array, from: number, value: number): number {
  const micros = Math.max(0, Math.round(value * 1000));
  const whole = Math.floor(micros / 1000);
  const part = micros - whole * 1000;
  const at = writeNumber(out, from, whole);
  if (part === 0) return at;
  const tenth = (part / 10) | 0;
  out[at] = DOT;
  out[at + 1] = PAIRS[tenth << 1];
  out[at + 2] = PAIRS[(tenth << 1) + 1];
  out[at + 3] = ZERO + part - tenth * 10;
  return at + 4;
}
