// The better of two by expected wait: latency, as a moving average that jumps to peaks, times the requests in flight.
import { z } from 'zod';
import { duration } from '../core/settings.ts';
import type { Millis } from '../core/units.ts';
import { leastLoadedUntried } from './another.ts';
import type { Balancer, BalancerKind, BalancerTools, Candidate } from './contract.ts';
import { WeightedChoice } from './weighted-choice.ts';

type Options = { readonly decay: Millis };

// Above any latency, but small enough that adding a number of requests is not lost in rounding.
const UNMEASURED_AND_BUSY = 1e9;

/** For backends of unequal or changing speed: a slow one gets less within a few requests. */
export const peakEwma = {
  type: 'peak_ewma',
  summary:
    'Of two backends, chosen at random in proportion to the weights, the one with the lower expected wait: its average ' +
    'latency, which jumps to peaks, times its requests in flight.',
  spread: 'weight',
  options: z.strictObject({
    decay: duration.prefault('10s').meta({
      description: 'How long a measured latency counts: after this time without a new one, a third of it is left.',
      'x-reason':
        'long enough to smooth out a garbage collection, short enough that a backend that was slow is tried again within half a minute.',
    }),
  }),
  create: (options, tools) => new PeakEwma(options, tools),
} as const satisfies BalancerKind<Options>;

/** The new average. A higher latency replaces it at once; a lower one brings it down by the time that has passed, so that
 * many requests do not make it forget a peak sooner. */
export function nextAverage(average: number, latency: Millis, elapsed: number, decay: Millis): number {
  if (latency >= average) return latency;
  const kept = Math.exp(-elapsed / decay);
  return average * kept + latency * (1 - kept);
}

type Measure = { average: number; at: Millis };

class PeakEwma implements Balancer {
  readonly keySource = null;
  private candidates: readonly Candidate[] = [];
  /** By candidate index, so that a pick looks nothing up. */
  private current: Measure[] = [];
  private readonly measures = new Map<number, Measure>();
  private readonly choice = new WeightedChoice();

  constructor(
    private readonly options: Options,
    private readonly tools: BalancerTools,
  ) {}

  update(candidates: readonly Candidate[]): void {
    this.candidates = candidates;
    this.choice.update(candidates);
    this.current = candidates.map((candidate) => this.measureOf(candidate.id));
    this.forget(new Set(candidates.map((candidate) => candidate.id)));
  }

  pick(): number {
    const { choice, tools } = this;
    if (this.candidates.length === 1) return 0;
    const one = choice.choose(tools.random());
    const two = choice.chooseOther(one, tools.random());
    const now = tools.now();
    // A tie goes to the first, which was chosen in exact proportion to the weights: so an idle pool follows them exactly.
    return this.cost(two, now) < this.cost(one, now) ? two : one;
  }

  peek(): number {
    return this.pick(); // a pick changes nothing here
  }

  pickOther(_keyHash: number, tried: readonly Candidate[]): number {
    return leastLoadedUntried(this.candidates, tried, this.tools.random);
  }

  observe(id: number, latency: Millis): void {
    const measure = this.measures.get(id);
    if (measure === undefined) return;
    const now = this.tools.now();
    measure.average = nextAverage(measure.average, latency, now - measure.at, this.options.decay);
    measure.at = now;
  }

  // The average decays while no answer measures it: otherwise a backend that was slow once would never be tried again. A
  // backend that was never measured gets one request; until that is answered, others prefer measured backends.
  private cost(at: number, now: Millis): number {
    const { average, at: measuredAt } = this.current[at];
    const { inFlight, weight } = this.candidates[at];
    if (average === 0) return inFlight === 0 ? 0 : UNMEASURED_AND_BUSY + inFlight / weight;
    return average * Math.exp((measuredAt - now) / this.options.decay) * (inFlight / weight + 1);
  }

  private measureOf(id: number): Measure {
    const known = this.measures.get(id);
    if (known !== undefined) return known;
    const measure = { average: 0, at: this.tools.now() };
    this.measures.set(id, measure);
    return measure;
  }

  // Keeps the average of a backend that is away for a moment (full, ejected), and drops that of one that is gone for good.
  private forget(present: ReadonlySet<number>): void {
    const oldest = this.tools.now() - 10 * this.options.decay;
    for (const [id, measure] of this.measures) {
      if (measure.at < oldest && !present.has(id)) this.measures.delete(id);
    }
  }
}
