// Ids of requests: 16 hexadecimal digits drawn when the process starts, and 8 that count.
import { REQUEST_ID } from '../message/field-names.ts';
import { ascii, latin1 } from '../message/bytes.ts';
import type { Head } from '../message/head.ts';

const DIGITS = ascii('0123456789abcdef');
/** Of the counted half. */
export const NUMBER_DIGITS = 8;

/** Numbers requests. */
export class RequestIds {
  /** `X-Request-Id: ` and the part that all ids of this process share. */
  readonly linePrefix: Uint8Array;
  private next = 0;

  constructor(random: () => number) {
    const digits = Array.from({ length: 16 }, () => Math.floor(random() * 16).toString(16));
    this.linePrefix = ascii(`X-Request-Id: ${digits.join('')}`);
  }

  number(head: Head): void {
    head.number = this.next;
    this.next = (this.next + 1) >>> 0;
  }

  /** The id as text; that of a trusted sender where it has sent one. */
  text(head: Head): string {
    if (head.isTrusted) {
      for (let f = 0; f < head.count; f++) {
        if (head.kinds[f] === REQUEST_ID) return latin1(head.bytes, head.fields[f * 4 + 2], head.fields[f * 4 + 3]);
      }
    }
    const prefix = latin1(this.linePrefix, 'X-Request-Id: '.length, this.linePrefix.length);
    return prefix + head.number.toString(16).padStart(NUMBER_DIGITS, '0');
  }
}

/** Writes the counted half; returns the position after it. */
export function writeNumber(out: Uint8Array, at: number, number: number): number {
  for (let shift = 28, to = at; shift >= 0; shift -= 4, to++) out[to] = DIGITS[(number >>> shift) & 15];
  return at + NUMBER_DIGITS;
}
