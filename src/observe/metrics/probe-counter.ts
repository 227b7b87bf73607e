// Counts probes in the process that decides about backends, which makes all of them.
import type { Slot } from '../../core/cells.ts';
import type { Histogram } from '../../core/traffic-totals.ts';

/** Of one backend. `seconds`: how long all of them took. */
export type ProbeTotals = { readonly passed: number; readonly failed: number; readonly seconds: number };

type Counted = { -readonly [Name in keyof ProbeTotals]: ProbeTotals[Name] };

const MILLISECONDS = 1000;

export class ProbeCounter {
  private readonly bySlot = new Map<Slot, Counted>();
  private readonly counts: number[] = [];
  private seconds = 0;

  /** `bounds`: of the histogram, in milliseconds. */
  constructor(private readonly bounds: () => readonly number[]) {}

  /** A probe of the backend with that slot is over. `duration`: in milliseconds. */
  count(slot: Slot, passed: boolean, duration: number): void {
    const known = this.bySlot.get(slot) ?? { passed: 0, failed: 0, seconds: 0 };
    this.bySlot.set(slot, known);
    if (passed) known.passed++;
    else known.failed++;
    known.seconds += duration / MILLISECONDS;
    this.seconds += duration / MILLISECONDS;
    const bounds = this.bounds();
    const found = bounds.findIndex((bound) => duration <= bound);
    const bucket = found < 0 ? bounds.length : found;
    this.counts[bucket] = (this.counts[bucket] ?? 0) + 1;
  }

  /** The backend is gone, and another one may have its slot. */
  forget(slot: Slot): void {
    this.bySlot.delete(slot);
  }

  /** Null: it has not been probed. */
  of(slot: Slot): ProbeTotals | null {
    return this.bySlot.get(slot) ?? null;
  }

  get durations(): Histogram {
    const bounds = this.bounds();
    const counts = Array.from({ length: bounds.length + 1 }, (_, bucket) => this.counts[bucket] ?? 0);
    return { bounds: bounds.map((bound) => bound / MILLISECONDS), counts, sum: this.seconds };
  }
}
