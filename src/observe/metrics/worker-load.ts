// What the processes that serve have used of the processor lately.
import type { Clock } from '../../core/clock.ts';
import { millis } from '../../core/units.ts';
import type { WorkerFigures } from './worker-gauge.ts';

const SECOND = millis(1000);
/** Over so many seconds. */
const RECENT = 5;

/** `cpuShare`: of one core; null: not known yet. */
export type WorkerNow = WorkerFigures & { readonly cpuShare: number | null };

type Sample = { readonly at: number; readonly used: ReadonlyMap<number, number> };

export class WorkerLoad {
  private readonly samples: Sample[] = [];

  constructor(
    private readonly clock: Pick<Clock, 'now' | 'every'>,
    private readonly read: () => readonly WorkerFigures[],
  ) {}

  /** Looks from here on; the function ends that. */
  begin(): () => void {
    return this.clock.every(SECOND, () => {
      this.samples.push(this.sample());
      if (this.samples.length > RECENT) this.samples.shift();
    });
  }

  get now(): readonly WorkerNow[] {
    const [before] = this.samples;
    const now = this.clock.now();
    return this.read().map((figures) => ({ ...figures, cpuShare: shareOf(figures, before, now) }));
  }

  private sample(): Sample {
    return { at: this.clock.now(), used: new Map(this.read().map(({ pid, processorTime }) => [pid, processorTime])) };
  }
}

// A process that has come since has no share yet.
function shareOf({ pid, processorTime }: WorkerFigures, before: Sample | undefined, now: number): number | null {
  const used = before?.used.get(pid);
  if (before === undefined || used === undefined || now <= before.at) return null;
  return Math.max(0, processorTime - used) / ((now - before.at) / 1000);
}
