// Watches the processes of a gateway while it serves, and compares it at rest before and after.
import { setTimeout as sleep } from 'node:timers/promises';
import type { SoakGateway } from './gateway.ts';
import { type Growth, type Sample, growthOf, lookAt, sleepsOf } from './samples.ts';

/** One process while nobody asks. */
export type Rest = {
  readonly share: number;
  readonly descriptors: number;
  readonly threads: number;
  /** How often it goes to sleep in a second. */
  readonly wakeUps: number;
};

export type Compared = { readonly who: string; readonly before: Rest; readonly after: Rest; readonly isSame: boolean };

/** The two processes that nobody ends, and all together. */
type Watched = 'supervisor' | 'eldest worker' | 'all processes';

type Course = {
  readonly who: Watched;
  readonly parts: readonly { readonly least: number; readonly most: number }[];
};

const OBSERVED = 5000;
const PARTS = 10;
// A timer that is left wakes a process at least once a second.
const MORE = { descriptors: 6, threads: 2, wakeUps: 15 };

export class Watch {
  private readonly samples = new Map<Watched, Sample[]>();
  private readonly atRest = new Map<Watched, Sample[]>();
  private readonly began = performance.now();

  /** `count`: how many processes there are when none is missing. */
  constructor(
    private readonly gateway: SoakGateway,
    private readonly count: number,
  ) {}

  private get processes(): readonly number[] {
    return [this.gateway.supervisor, ...this.gateway.workers];
  }

  /** All processes at the moment. */
  readonly look = (): Sample => {
    const at = (performance.now() - this.began) / 1000;
    const seen = this.processes.flatMap((pid) => lookAt(pid, at) ?? []);
    const sum = (of: (sample: Sample) => number): number => seen.reduce((total, sample) => total + of(sample), 0);
    return {
      at,
      share: sum(({ share }) => share),
      resident: sum(({ resident }) => resident),
      descriptors: sum(({ descriptors }) => descriptors),
      threads: sum(({ threads }) => threads),
    };
  };

  sample(isResting: boolean): void {
    const all = this.look();
    // For a moment after a worker was killed there is one process less.
    if (this.processes.length === this.count) this.keep('all processes', all, isResting);
    this.keep('supervisor', lookAt(this.gateway.supervisor, all.at), isResting);
    this.keep('eldest worker', lookAt(this.gateway.eldest, all.at), isResting);
  }

  private keep(who: Watched, sample: Sample | null, isResting: boolean): void {
    if (sample === null) return;
    for (const samples of isResting ? [this.samples, this.atRest] : [this.samples]) {
      const known = samples.get(who) ?? [];
      samples.set(who, known);
      known.push(sample);
    }
  }

  /** At rest: under load, the heap holds what its next full collection frees, which may be minutes away. */
  get growths(): readonly (Growth & { readonly who: Watched })[] {
    return [...this.atRest].flatMap(([who, samples]) => growthOf(samples).map((growth) => ({ who, ...growth })));
  }

  /** The least and the most memory of each in each tenth of the time, in bytes. */
  get course(): readonly Course[] {
    return [...this.samples].map(([who, samples]) => {
      const shares = Array.from({ length: PARTS }, (_, part) =>
        samples
          .slice(Math.floor((samples.length * part) / PARTS), Math.floor((samples.length * (part + 1)) / PARTS))
          .map(({ share }) => share),
      );
      return { who, parts: shares.map((part) => ({ least: Math.min(...part), most: Math.max(...part) })) };
    });
  }

  /** How the two processes are that nobody ends, while nobody asks. */
  async rest(): Promise<ReadonlyMap<string, Rest>> {
    const { supervisor, eldest } = this.gateway;
    const pids = new Map([
      ['supervisor', supervisor],
      ['eldest worker', eldest],
    ]);
    const slept = new Map([...pids].map(([who, pid]) => [who, sleepsOf(pid)]));
    await sleep(OBSERVED);
    return new Map(
      [...pids].flatMap(([who, pid]) => {
        const wakeUps = ((sleepsOf(pid) - (slept.get(who) ?? 0)) * 1000) / OBSERVED;
        const sample = lookAt(pid, 0);
        return sample === null ? [] : [[who, { ...sample, wakeUps }] as const];
      }),
    );
  }
}

/** Whether they rest as they did before. Memory may be more: code has been compiled since. */
export function compare(before: ReadonlyMap<string, Rest>, after: ReadonlyMap<string, Rest>): readonly Compared[] {
  return [...before].flatMap(([who, one]) => {
    const other = after.get(who);
    if (other === undefined) return [];
    const isSame =
      other.descriptors <= one.descriptors + MORE.descriptors &&
      other.threads <= one.threads + MORE.threads &&
      other.wakeUps <= one.wakeUps + MORE.wakeUps;
    return [{ who, before: one, after: other, isSame }];
  });
}
