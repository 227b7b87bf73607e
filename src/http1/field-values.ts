// Reads the few field values that decide how a message is handled.
import { COMMA, SP, TAB, TOKEN, ascii, equalsLowered } from '../message/bytes.ts';
import { CONNECTION } from '../message/field-names.ts';
import type { Head } from '../message/head.ts';
import { BAD_FIELD } from './problems.ts';

const CLOSE = ascii('close');
const KEEP_ALIVE = ascii('keep-alive');
const UPGRADE = ascii('upgrade');
const TIMEOUT = ascii('timeout=');
const MAX_SECONDS = 86_400;
const CONTINUE = ascii('100-continue');
const TRAILERS = ascii('trailers');
// A number of 15 digits is exact (2^53 has 16), and no real body has 10^15 bytes.
const MAX_DIGITS = 15;

/** A Content-Length (RFC 9110 8.6: digits only); -1 if it is not one. */
export function decimal(head: Head, start: number, end: number): number {
  const bytes = head.bytes;
  if (start === end || end - start > MAX_DIGITS) return -1;
  if (bytes[start] === 0x30 && end - start > 1) head.isCanonical = false; // rewritten without the leading zeros
  let n = 0;
  for (let i = start; i < end; i++) {
    const digit = bytes[i] - 48;
    if (digit < 0 || digit > 9) return -1;
    n = n * 10 + digit;
  }
  return n;
}

/** Notes the options of one Connection field in the head (RFC 9110 7.6.1); returns 0 or a problem. */
export function readConnectionOptions(head: Head, start: number, end: number): number {
  const bytes = head.bytes;
  if (end - start === KEEP_ALIVE.length && equalsLowered(bytes, start, KEEP_ALIVE)) return keepAlive(head); // the usual value
  let i = start;
  for (;;) {
    while (i < end && (bytes[i] === COMMA || bytes[i] === SP || bytes[i] === TAB)) i++;
    if (i === end) return 0;
    const option = i;
    while (i < end && TOKEN[bytes[i]] !== 0) i++;
    const length = i - option;
    while (i < end && (bytes[i] === SP || bytes[i] === TAB)) i++;
    if (length === 0 || (i < end && bytes[i] !== COMMA)) return BAD_FIELD;
    takeOption(head, option, length);
  }
}

function keepAlive(head: Head): number {
  if (head.minor === 0 && !head.asksToClose) head.keepAlive = true;
  return 0;
}

function takeOption(head: Head, at: number, length: number): void {
  if (length === CLOSE.length && equalsLowered(head.bytes, at, CLOSE)) {
    head.keepAlive = false;
    head.asksToClose = true;
  } else if (length === KEEP_ALIVE.length && equalsLowered(head.bytes, at, KEEP_ALIVE)) {
    keepAlive(head);
  } else if (length === UPGRADE.length && equalsLowered(head.bytes, at, UPGRADE)) {
    head.wantsUpgrade = true;
  } else head.hasNominated = true;
}

/** True if an Expect value is `100-continue`, the only one defined (RFC 9110 10.1.1). */
export function isContinue(head: Head, start: number, end: number): boolean {
  return end - start === CONTINUE.length && equalsLowered(head.bytes, start, CONTINUE);
}

/** The seconds in a Keep-Alive value like `timeout=5, max=100`; 0 if it gives none. */
export function keepAliveTimeout(head: Head, start: number, end: number): number {
  const { bytes } = head;
  for (let i = start; i + TIMEOUT.length < end; i++) {
    if (!equalsLowered(bytes, i, TIMEOUT)) continue;
    let seconds = 0;
    for (let at = i + TIMEOUT.length; at < end && bytes[at] >= 0x30 && bytes[at] <= 0x39; at++) {
      seconds = Math.min(MAX_SECONDS, seconds * 10 + bytes[at] - 0x30);
    }
    return seconds;
  }
  return 0;
}

/** True if a TE value is exactly `trailers`. */
export function isTrailersOnly(head: Head, start: number, end: number): boolean {
  return end - start === TRAILERS.length && equalsLowered(head.bytes, start, TRAILERS);
}

/** True if the head's Connection fields name the field [start, end). Slow, but called only for heads with `hasNominated`,
 * which are rare. */
export function isNominated(head: Head, start: number, end: number): boolean {
  const bytes = head.bytes;
  const name = bytes.slice(start, end).map((byte) => TOKEN[byte]);
  for (let f = 0; f < head.count; f++) {
    if (head.kinds[f] !== CONNECTION) continue;
    const stop = head.fields[f * 4 + 3];
    for (let i = head.fields[f * 4 + 2]; i < stop; i++) {
      const option = i;
      while (i < stop && TOKEN[bytes[i]] !== 0) i++;
      if (i - option === name.length && equalsLowered(bytes, option, name)) return true;
    }
  }
  return false;
}
