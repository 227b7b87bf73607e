// W3C Trace Context (https://www.w3.org/TR/trace-context/): which trace a request belongs to, as its traceparent says:
// `00-<32 digits of the trace>-<16 digits of the span that has sent it>-<2 digits of flags>`.
import { latin1 } from './bytes.ts';
import { HINT_TRACE, TRACEPARENT } from './field-names.ts';
import type { Head } from './head.ts';

/** The request has no traceparent. */
export const NO_PARENT = -1;
/** It has one that cannot be used, or several: it counts as none, and goes no further. */
export const BAD_PARENT = -2;

/** Where the parts of a value begin, and how long it is. */
export const TRACE_AT = 3;
export const TRACE_DIGITS = 32;
export const SPAN_AT = 36;
export const SPAN_DIGITS = 16;
export const FLAGS_AT = 53;
const PARENT_LENGTH = 55;

/** Of the flags: the trace is recorded. */
export const SAMPLED = 1;
/** Of the flags, since Level 2: the digits of the trace are random. */
export const RANDOM = 2;

const HYPHEN = 0x2d;
const ZERO = 0x30;

/** Where the request's traceparent begins in its bytes, NO_PARENT or BAD_PARENT. Most requests have none, which costs a look at
 * a flag. */
export function findParent(head: Head): number {
  if ((head.hints & HINT_TRACE) === 0) return NO_PARENT;
  const { bytes, fields, kinds, count } = head;
  let found = NO_PARENT;
  for (let f = 0; f < count; f++) {
    if (kinds[f] !== TRACEPARENT) continue;
    if (found !== NO_PARENT) return BAD_PARENT;
    found = isParent(bytes, fields[f * 4 + 2], fields[f * 4 + 3]) ? fields[f * 4 + 2] : BAD_PARENT;
  }
  return found;
}

/** The flags of the traceparent that begins there. */
export function flagsAt(bytes: Uint8Array, start: number): number {
  return (digit(bytes[start + FLAGS_AT]) << 4) | digit(bytes[start + FLAGS_AT + 1]);
}

/** The trace that the request came with; null: none. */
export function traceIdOf(head: Head): string | null {
  const at = findParent(head);
  return at < 0 ? null : latin1(head.bytes, at + TRACE_AT, at + TRACE_AT + TRACE_DIGITS);
}

// Section 3.2: a version that is not known is read as far as it is the same; `ff` is none.
function isParent(bytes: Uint8Array, start: number, end: number): boolean {
  const length = end - start;
  if (length < PARENT_LENGTH || !areDigits(bytes, start, 2)) return false;
  const version = (digit(bytes[start]) << 4) | digit(bytes[start + 1]);
  if (version === 0xff || (version === 0 && length !== PARENT_LENGTH)) return false;
  if (length > PARENT_LENGTH && bytes[start + PARENT_LENGTH] !== HYPHEN) return false;
  return (
    bytes[start + TRACE_AT - 1] === HYPHEN &&
    isId(bytes, start + TRACE_AT, TRACE_DIGITS) &&
    bytes[start + SPAN_AT - 1] === HYPHEN &&
    isId(bytes, start + SPAN_AT, SPAN_DIGITS) &&
    bytes[start + FLAGS_AT - 1] === HYPHEN &&
    areDigits(bytes, start + FLAGS_AT, 2)
  );
}

// Zeros alone are no id.
function isId(bytes: Uint8Array, start: number, size: number): boolean {
  if (!areDigits(bytes, start, size)) return false;
  for (let i = start; i < start + size; i++) if (bytes[i] !== ZERO) return true;
  return false;
}

// In lower case only.
function areDigits(bytes: Uint8Array, start: number, size: number): boolean {
  for (let i = start; i < start + size; i++) if (digit(bytes[i]) < 0) return false;
  return true;
}

function digit(byte: number): number {
  if (byte >= ZERO && byte <= 0x39) return byte - ZERO;
  return byte >= 0x61 && byte <= 0x66 ? byte - 0x57 : -1;
}
