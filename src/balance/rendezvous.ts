// Highest random weight (Thaler and Ravishankar 1998): each backend draws a lot for the key, and the best lot wins.
import { z } from 'zod';
import { mix32 } from '../core/hash.ts';
import { isTried } from './another.ts';
import type { Balancer, BalancerKind, Candidate } from './contract.ts';
import { type KeySource, keyOption } from './key-source.ts';

type Options = { readonly key: KeySource };

/** Affinity for small pools: exact shares and no table, but each pick computes a hash for every backend. */
export const rendezvous = {
  type: 'rendezvous',
  summary:
    'The same key to the same backend, without a table: exact shares for any weights. A pick computes a hash for every ' +
    'backend; in pools of more than ten consistent_hash is faster.',
  spread: 'key',
  options: z.strictObject({ key: keyOption }),
  create: (options) => new Rendezvous(options),
} as const satisfies BalancerKind<Options>;

class Rendezvous implements Balancer {
  readonly keySource: KeySource;
  private candidates: readonly Candidate[] = [];
  private identities = new Int32Array(0);
  private weights = new Float64Array(0);
  private isEven = true;

  constructor(options: Options) {
    this.keySource = options.key;
  }

  update(candidates: readonly Candidate[]): void {
    this.candidates = candidates;
    this.identities = Int32Array.from(candidates, (candidate) => candidate.identityHash);
    this.weights = Float64Array.from(candidates, (candidate) => candidate.weight);
    this.isEven = candidates.every((candidate) => candidate.weight === candidates[0].weight);
  }

  pick(keyHash: number): number {
    return this.isEven ? this.evenPick(keyHash) : this.weightedPick(keyHash);
  }

  peek(keyHash: number): number {
    return this.pick(keyHash); // a pick changes nothing here
  }

  pickOther(keyHash: number, tried: readonly Candidate[]): number {
    const { candidates } = this;
    let best = -1;
    let bestLot = Number.NEGATIVE_INFINITY;
    for (let at = 0; at < candidates.length; at++) {
      if (isTried(candidates[at], tried)) continue;
      const lot = weightedLot(mix32(keyHash ^ this.identities[at]), this.weights[at]);
      if (lot > bestLot) {
        best = at;
        bestLot = lot;
      }
    }
    return best;
  }

  // With equal weights the logarithm can be left out: it is monotonic, so that the same draw is the largest.
  private evenPick(keyHash: number): number {
    const { identities } = this;
    let best = 0;
    let bestLot = -1;
    for (let at = 0; at < identities.length; at++) {
      const lot = mix32(keyHash ^ identities[at]);
      if (lot > bestLot) {
        best = at;
        bestLot = lot;
      }
    }
    return best;
  }

  private weightedPick(keyHash: number): number {
    const { identities, weights } = this;
    let best = 0;
    let bestLot = Number.NEGATIVE_INFINITY;
    for (let at = 0; at < identities.length; at++) {
      const lot = weightedLot(mix32(keyHash ^ identities[at]), weights[at]);
      if (lot > bestLot) {
        best = at;
        bestLot = lot;
      }
    }
    return best;
  }
}

// Makes the uniform draw an exponential one, negated: each backend has the largest lot in exact proportion to its weight.
function weightedLot(draw: number, weight: number): number {
  return Math.log((draw + 0.5) / 0x1_0000_0000) / weight;
}
