// Keeps secrets out of lines: values of query parameters whose names are on a list are written as `***`.
import { ascii, join, latin1 } from '../../message/bytes.ts';
import type { ValueWriter } from './line-writer.ts';

const AND = 0x26;
const EQUALS = 0x3d;
const QUESTION = 0x3f;
const HIDDEN = ascii('=***');

export class Redaction {
  private readonly names: ReadonlySet<string>;
  private readonly longest: number;

  /** Names in lower case. */
  constructor(names: readonly string[]) {
    this.names = new Set(names);
    this.longest = Math.max(0, ...names.map(({ length }) => length));
  }

  /** Writes the query in [start, end), without its question mark. */
  query(source: Uint8Array, start: number, end: number, put: ValueWriter): void {
    const kept = this.withoutSecrets(source, start, end);
    if (kept === null) put.bytes(source, start, end);
    else put.bytes(kept, 0, kept.length);
  }

  /** Writes a reference with its query, if it has one. */
  reference(source: Uint8Array, start: number, end: number, put: ValueWriter): void {
    const mark = source.indexOf(QUESTION, start);
    const kept = mark < 0 || mark >= end ? null : this.withoutSecrets(source, mark + 1, end);
    if (kept === null) return put.bytes(source, start, end);
    const whole = join(source.subarray(start, mark + 1), kept);
    put.bytes(whole, 0, whole.length);
  }

  // Null: it has none.
  private withoutSecrets(source: Uint8Array, start: number, end: number): Uint8Array | null {
    const parts: Uint8Array[] = [];
    let copied = start;
    for (let at = start; at < end; ) {
      let stop = at;
      let equals = -1;
      for (; stop < end && source[stop] !== AND; stop++) if (equals < 0 && source[stop] === EQUALS) equals = stop;
      if (equals >= 0 && this.isSecret(source, at, equals)) {
        parts.push(source.subarray(copied, equals), HIDDEN);
        copied = stop;
      }
      at = stop + 1;
    }
    return parts.length === 0 ? null : join(...parts, source.subarray(copied, end));
  }

  // A percent-encoded character of a name takes three bytes.
  private isSecret(source: Uint8Array, start: number, end: number): boolean {
    if (end - start > this.longest * 3) return false;
    const name = latin1(source, start, end).toLowerCase();
    return this.names.has(name.includes('%') ? decoded(name) : name);
  }
}

function decoded(name: string): string {
  try {
    return decodeURIComponent(name).toLowerCase();
  } catch {
    return name;
  }
}
