// Which of several pools a key belongs to: highest random weight (Thaler and Ravishankar 1998), with shares by weight. A share
// that grows keeps all of its keys and takes others; where the pools stand in the file means nothing.
import { combine, hashText } from '../../core/hash.ts';

/** Weights by the names of pools. */
export type Weights = Readonly<Record<string, number>>;

type Part = { readonly pool: string; readonly weight: number; readonly hash: number };

const ALL = 2 ** 32;

export class Shares {
  /** The pool with the largest share; of equal ones the first. */
  readonly main: string;
  private readonly parts: readonly Part[];
  private readonly total: number;

  /** `seed`: with another one, other keys are drawn. */
  constructor(
    weights: Weights,
    private readonly seed: number,
  ) {
    const all = Object.entries(weights).map(([pool, weight]) => ({ pool, weight, hash: hashText(pool, seed) }));
    this.total = all.reduce((sum, { weight }) => sum + weight, 0);
    this.parts = all.filter(({ weight }) => weight > 0);
    this.main = this.parts.reduce((best, part) => (part.weight > best.weight ? part : best)).pool;
  }

  poolOf(key: string): string {
    const drawn = hashText(key, this.seed);
    let best = this.main;
    let bestLot = Number.NEGATIVE_INFINITY;
    for (const { pool, weight, hash } of this.parts) {
      // In (0, 1), so that no lot is without an end.
      const lot = Math.log((combine(drawn, hash) + 0.5) / ALL) / weight;
      if (lot <= bestLot) continue;
      best = pool;
      bestLot = lot;
    }
    return best;
  }

  /** For people: `5%`. */
  describe(pool: string): string {
    const weight = this.parts.find((part) => part.pool === pool)?.weight ?? 0;
    return `${Math.round((weight / this.total) * 10_000) / 100}%`;
  }
}
