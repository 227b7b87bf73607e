// Byte classes and byte-level comparisons. Tables hold 0 for "not allowed"; TOKEN holds the lower-cased byte.

export const TAB = 0x09;
export const LF = 0x0a;
export const CR = 0x0d;
export const SP = 0x20;
const HASH = 0x23;
export const PERCENT = 0x25;
export const COMMA = 0x2c;
export const DOT = 0x2e;
export const SLASH = 0x2f;
export const COLON = 0x3a;
export const SEMICOLON = 0x3b;
export const QUESTION = 0x3f;
export const OPEN_BRACKET = 0x5b;
export const BACKSLASH = 0x5c;
export const CLOSE_BRACKET = 0x5d;

export const EMPTY = new Uint8Array(0);

/** RFC 9110 5.6.2: token characters, mapped to their lower-case form. */
export const TOKEN = table((c) => (/[!#$%&'*+\-.^_`|~0-9A-Za-z]/.test(String.fromCharCode(c)) ? lower(c) : 0));
/** RFC 9110 5.5: field values hold HTAB, SP, VCHAR and obs-text. */
export const VALUE = table((c) => (c === TAB || (c >= SP && c !== 0x7f) ? 1 : 0));
/** Request targets: visible ASCII without `#`, which never belongs on the wire (RFC 9112 3.2). */
export const TARGET = table((c) => (c > SP && c < 0x7f && c !== HASH ? 1 : 0));
/** RFC 3986 2.3: characters that mean the same percent-encoded or not. */
export const UNRESERVED = table((c) => (/[A-Za-z0-9\-._~]/.test(String.fromCharCode(c)) ? 1 : 0));
/** Characters allowed in a host name: unreserved ones only, so that no two programs read it differently. */
export const HOST_NAME = UNRESERVED;
/** Characters between the brackets of an IPv6 literal. */
export const HOST_LITERAL = table((c) => (/[0-9a-fA-F:.]/.test(String.fromCharCode(c)) ? 1 : 0));
/** Hexadecimal digit value + 1. */
export const HEX = table((c) =>
  /[0-9a-fA-F]/.test(String.fromCharCode(c)) ? Number.parseInt(String.fromCharCode(c), 16) + 1 : 0,
);
/** Every byte, with A-Z lowered. */
export const LOWER = table((c) => lower(c));

function lower(c: number): number {
  return c >= 0x41 && c <= 0x5a ? c + 32 : c;
}

function table(of: (code: number) => number): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, code) => of(code));
}

const encoder = new TextEncoder();

/** Bytes of an ASCII string; for constants and configuration, never per request. */
export function ascii(text: string): Uint8Array {
  return text === '' ? EMPTY : encoder.encode(text);
}

const LONG_TEXT = 64;

/** Bytes as a string of the same length, byte for byte (ISO 8859-1). */
export function latin1(bytes: Uint8Array, start: number, end: number): string {
  // A view costs more than a few characters, and much less than many.
  if (end - start > LONG_TEXT)
    return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('latin1');
  let text = '';
  for (let i = start; i < end; i++) text += String.fromCharCode(bytes[i]);
  return text;
}

/** True if bytes[start, …) begins with `lowered`, in upper or lower case. The caller has compared the lengths. */
export function equalsLowered(bytes: Uint8Array, start: number, lowered: Uint8Array): boolean {
  for (let i = 0; i < lowered.length; i++) if (LOWER[bytes[start + i]] !== lowered[i]) return false;
  return true;
}

/** True if bytes[start, …) begins with `wanted`, byte for byte. The caller has compared the lengths. */
export function equalsExactly(bytes: Uint8Array, start: number, wanted: Uint8Array): boolean {
  for (let i = 0; i < wanted.length; i++) if (bytes[start + i] !== wanted[i]) return false;
  return true;
}

/** Writes a non-negative integer in decimal; returns the position after it. */
export function writeDecimal(out: Uint8Array, at: number, value: number): number {
  let size = 1;
  for (let rest = value; rest >= 10; rest = Math.floor(rest / 10)) size++;
  let rest = value;
  for (let i = at + size - 1; i >= at; i--) {
    out[i] = 0x30 + (rest % 10);
    rest = Math.floor(rest / 10);
  }
  return at + size;
}

/** All of the arrays in a new one. */
export function join(...parts: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(parts.reduce((size, { length }) => size + length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}
