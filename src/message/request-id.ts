// Ids of requests: 16 hexadecimal digits drawn when the process starts, and 8 that count.
import { ascii, latin1 } from './bytes.ts';
import { REQUEST_ID } from './field-names.ts';
import type { Head } from './head.ts';

const DIGITS = ascii('0123456789abcdef');
/** Of the counted half. */
export const NUMBER_DIGITS = 8;

/** Numbers requests. */
export class RequestIds {
  /** The part that all ids of this process share. */
  readonly prefix: Uint8Array;
  private readonly prefixText: string;
  /** Written over in place. */
  private readonly line: Uint8Array;
  private next = 0;

  constructor(random: () => number) {
    this.prefixText = Array.from({ length: 16 }, () => Math.floor(random() * 16).toString(16)).join('');
    this.prefix = ascii(this.prefixText);
    this.line = ascii(this.prefixText + '0'.repeat(NUMBER_DIGITS));
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
    return this.prefixText + head.number.toString(16).padStart(NUMBER_DIGITS, '0');
  }

  /** The same as bytes, which are valid until the next call. */
  bytes(head: Head): Uint8Array {
    if (head.isTrusted) return ascii(this.text(head));
    writeNumber(this.line, this.prefix.length, head.number);
    return this.line;
  }
}

/** Writes the counted half; returns the position after it. */
export function writeNumber(out: Uint8Array, at: number, number: number): number {
  for (let shift = 28, to = at; shift >= 0; shift -= 4, to++) out[to] = DIGITS[(number >>> shift) & 15];
  return at + NUMBER_DIGITS;
}
