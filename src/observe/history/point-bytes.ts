// Points as bytes, for a file. Most numbers of a point are small or zero: a mask says which there are, and each takes as many
// bytes as it needs. Latencies are kept to a microsecond.
import { POINT_FIELDS, POINT_SIZE } from './timeline.ts';

const FIRST_ROOM = 1024;
const FIRST_LATENCY = POINT_FIELDS.indexOf('p50');
const MICROSECONDS = 1000;
const MORE = 0x80;
const LOW = 0x7f;
const BASE = 128;
// 2^53 needs eight.
const MOST_BYTES = 8;

/** Takes numbers one after the other. */
export class ByteWriter {
  private bytes = new Uint8Array(FIRST_ROOM);
  private length = 0;

  /** A whole number from 0 on, below 2^53. */
  count(value: number): void {
    if (this.length + MOST_BYTES > this.bytes.length) this.grow();
    let rest = value;
    for (; rest >= BASE; rest = Math.floor(rest / BASE)) this.bytes[this.length++] = (rest % BASE) | MORE;
    this.bytes[this.length++] = rest;
  }

  /** The point whose numbers begin there. */
  point(values: Float64Array, start: number): void {
    let mask = 0;
    for (let at = 0; at < POINT_SIZE; at++) if (isKept(values[start + at] ?? 0, at)) mask |= 1 << at;
    this.count(mask);
    for (let at = 0; at < POINT_SIZE; at++) {
      const value = values[start + at] ?? 0;
      if ((mask & (1 << at)) !== 0) this.count(Math.round(at < FIRST_LATENCY ? value : value * MICROSECONDS));
    }
  }

  /** What has been written. It may begin anew then. */
  take(): Uint8Array {
    const taken = this.bytes.slice(0, this.length);
    this.length = 0;
    return taken;
  }

  private grow(): void {
    const larger = new Uint8Array(this.bytes.length * 2);
    larger.set(this.bytes);
    this.bytes = larger;
  }
}

// A count of 0 is not written, nor is a latency that is not known.
function isKept(value: number, at: number): boolean {
  return at < FIRST_LATENCY ? value > 0 : value >= 0;
}

/** Reads them again. Throws a RangeError where the bytes are damaged. */
export class ByteReader {
  private at = 0;

  constructor(private readonly bytes: Uint8Array) {}

  get isAtEnd(): boolean {
    return this.at >= this.bytes.length;
  }

  count(): number {
    let value = 0;
    let unit = 1;
    for (let read = 0; read < MOST_BYTES; read++) {
      const byte = this.bytes[this.at++];
      if (byte === undefined) break;
      value += (byte & LOW) * unit;
      if (byte < MORE) return value;
      unit *= BASE;
    }
    throw new RangeError('the bytes of a point are damaged');
  }

  /** Puts the numbers of the next point there. */
  point(values: Float64Array, start: number): void {
    const mask = this.count();
    for (let at = 0; at < POINT_SIZE; at++) {
      const isThere = (mask & (1 << at)) !== 0;
      if (at < FIRST_LATENCY) values[start + at] = isThere ? this.count() : 0;
      else values[start + at] = isThere ? this.count() / MICROSECONDS : Number.NaN;
    }
  }

  /** Passes the next point over. */
  skip(): void {
    for (let mask = this.count(); mask > 0; mask >>>= 1) if ((mask & 1) !== 0) this.count();
  }
}
