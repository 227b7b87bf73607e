// The latest probes of one backend. Most of them see the same, so that is kept once for all in a row, and each adds only two
// numbers: the probes of thirty thousand backends that are down take 15 MB, where an object for each takes 60.
import { type Millis, millis } from '../core/units.ts';

/** What a probe saw. */
export type Sight = {
  /** The check's type. */
  readonly kind: string;
  readonly passed: boolean;
  readonly status: number | null;
  /** One line: a status, an error. */
  readonly detail: string;
  /** The beginning of the body, or null. */
  readonly excerpt: string | null;
};

/** One finished probe. */
export type ProbeRecord = Sight & {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly duration: Millis;
};

/** So many probes in a row saw this. */
type Run = { readonly sight: Sight; count: number };

/** Keeps the latest `limit` probes. */
export class ProbeHistory {
  /** The oldest first. */
  private readonly runs: Run[] = [];
  /** A ring: when each probe ended, and how long it took. */
  private readonly times: number[] = [];
  private next = 0;

  constructor(private readonly limit: number) {}

  push(sight: Sight, at: number, duration: Millis): void {
    if (this.isFull) this.forgetOldest();
    this.times[this.next] = at;
    this.times[this.next + 1] = duration;
    this.next = (this.next + 2) % (2 * this.limit);
    const latest = this.runs.at(-1);
    if (latest !== undefined && isSame(latest.sight, sight)) latest.count++;
    else this.runs.push({ sight, count: 1 });
  }

  /** The oldest first. */
  toArray(): readonly ProbeRecord[] {
    const sights = this.runs.flatMap(({ sight, count }) => new Array<Sight>(count).fill(sight));
    const first = this.isFull ? this.next : 0;
    return sights.map((sight, place) => {
      const slot = (first + 2 * place) % (2 * this.limit);
      return { ...sight, at: this.times[slot], duration: millis(this.times[slot + 1]) };
    });
  }

  private get isFull(): boolean {
    return this.times.length === 2 * this.limit;
  }

  private forgetOldest(): void {
    const [oldest] = this.runs;
    if (--oldest.count === 0) this.runs.shift();
  }
}

function isSame(one: Sight, other: Sight): boolean {
  if (one === other) return true;
  const { kind, passed, status, detail, excerpt } = other;
  return (
    one.passed === passed &&
    one.status === status &&
    one.detail === detail &&
    one.excerpt === excerpt &&
    one.kind === kind
  );
}
