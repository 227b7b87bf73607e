// The time of a line: `2026-11-28T17:05:12.345+01:00`.
import { ascii } from '../../message/bytes.ts';
import type { Clock } from '../../core/clock.ts';

const ZERO = 0x30;
const MILLISECONDS = '2026-11-28T17:05:12.'.length;
// How often the clocks are compared: the time of day may be set.
const COMPARE = 1000;

export class LineTime {
  /** Written over in place: valid until the next call. */
  private line: Uint8Array = ascii('');
  private second = Number.NaN;
  /** How far the time of day is ahead of the monotonic clock. */
  private ahead = 0;
  private comparedAt = Number.NEGATIVE_INFINITY;

  constructor(private readonly clock: Pick<Clock, 'now' | 'wall'>) {}

  /** The bytes of that time of the monotonic clock. */
  of(time: number): Uint8Array {
    const wall = Math.floor(this.wallOf(time));
    const second = Math.floor(wall / 1000);
    if (second !== this.second) {
      this.second = second;
      this.line = ascii(localTime(new Date(second * 1000)));
    }
    const part = wall - second * 1000;
    const { line } = this;
    line[MILLISECONDS] = ZERO + Math.floor(part / 100);
    line[MILLISECONDS + 1] = ZERO + (Math.floor(part / 10) % 10);
    line[MILLISECONDS + 2] = ZERO + (part % 10);
    return line;
  }

  /** Milliseconds since 1970. */
  wallOf(time: number): number {
    if (Math.abs(time - this.comparedAt) > COMPARE) {
      this.ahead = this.clock.wall() - this.clock.now();
      this.comparedAt = time;
    }
    return time + this.ahead;
  }
}

function localTime(date: Date): string {
  const offset = -date.getTimezoneOffset();
  const local = new Date(date.getTime() + offset * 60_000).toISOString().slice(0, -1);
  return local + offsetText(offset);
}

/** `+01:00`. */
function offsetText(minutes: number): string {
  const size = Math.abs(minutes);
  return `${minutes < 0 ? '-' : '+'}${twoDigits(Math.floor(size / 60))}:${twoDigits(size % 60)}`;
}

export function twoDigits(value: number): string {
  return String(value).padStart(2, '0');
}
