// Same key, same backend, by a hash ring; a backend that leaves moves only its own keys.
import { z } from 'zod';
import { mix32 } from '../core/hash.ts';
import { err, ok } from '../core/result.ts';
import { count, setting } from '../core/settings.ts';
import { isTried, leastLoadedUntried } from './another.ts';
import type { Balancer, BalancerKind, BalancerTools, Candidate } from './contract.ts';
import { type KeySource, keyOption } from './key-source.ts';
import { Ring } from './ring.ts';

type Options = { readonly key: KeySource; readonly load_factor: number; readonly points: number };

// A jump finds a backend with room with a probability of about 1 - 1/load_factor: all 64 fail only for a factor near 1.
const MAX_JUMPS = 64;
const GOLDEN_RATIO = 0x9e3779b9;

const loadFactor = setting<number | string, number>({
  type: 'number from 1, or none',
  expected: 'a number from 1 to 100, such as 1.25, or none',
  json: { type: ['number', 'string'], minimum: 1, maximum: 100 },
  parse(value) {
    if (value === 'none') return ok(Number.POSITIVE_INFINITY);
    const factor = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
    if (typeof factor !== 'number' || Number.isNaN(factor)) return err({ message: '{value} is not a number' });
    return factor >= 1 && factor <= 100 ? ok(factor) : err({ message: '{value} is out of range' });
  },
});

/** Affinity for caches and sessions, in pools of any size. */
export const consistentHash = {
  type: 'consistent_hash',
  summary: 'The same key to the same backend; a backend that leaves or joins moves only its own share of the keys.',
  spread: 'key',
  options: z.strictObject({
    key: keyOption,
    load_factor: loadFactor.prefault('none').meta({
      description:
        'No backend gets more than this many times its fair share of the requests in flight; a key whose backend is at that limit goes to another for the moment. 1.25 suits caches.',
      'x-reason': 'sessions stay together at any load.',
    }),
    points: count({ min: 1, max: 4096 }).prefault(160).meta({
      description: 'Points on the ring for each unit of weight. Each takes 12 to 16 B.',
      'x-reason': 'shares are even to within some 10 %; more points are more even and take more memory.',
    }),
  }),
  create: (options, tools) => new ConsistentHash(options, tools),
} as const satisfies BalancerKind<Options>;

class ConsistentHash implements Balancer {
  readonly keySource: KeySource;
  private candidates: readonly Candidate[] = [];
  private readonly ring = new Ring();
  private totalWeight = 0;
  private readonly loadFactor: number;

  constructor(
    private readonly options: Options,
    private readonly tools: BalancerTools,
  ) {
    this.keySource = options.key;
    this.loadFactor = options.load_factor;
  }

  update(candidates: readonly Candidate[]): void {
    this.candidates = candidates;
    this.totalWeight = candidates.reduce((sum, candidate) => sum + candidate.weight, 0);
    this.ring.update(candidates, this.options.points);
  }

  pick(keyHash: number): number {
    const { ring } = this;
    const at = ring.owner(ring.find(keyHash));
    return this.hasRoom(at) ? at : this.jump(keyHash);
  }

  peek(keyHash: number): number {
    return this.pick(keyHash); // a pick changes nothing here
  }

  // The backend that the key would have if the tried ones left the pool.
  pickOther(keyHash: number, tried: readonly Candidate[]): number {
    const { ring, candidates } = this;
    const start = ring.find(keyHash);
    for (let step = 0; step < ring.size; step++) {
      const at = ring.owner((start + step) % ring.size);
      if (at >= 0 && !isTried(candidates[at], tried)) return at;
    }
    return -1;
  }

  // Looks at random points, not along the ring: the neighbour of a full backend would get all of its surplus and fill up
  // next (Chen, Coleman and Shrivastava 2021, "Revisiting Consistent Hashing with Bounded Loads").
  private jump(keyHash: number): number {
    const { ring } = this;
    let hash = keyHash;
    for (let jumps = 0; jumps < MAX_JUMPS; jumps++) {
      hash = mix32(hash + GOLDEN_RATIO);
      const at = ring.owner(ring.find(hash));
      if (this.hasRoom(at)) return at;
    }
    return leastLoadedUntried(this.candidates, NONE, this.tools.random);
  }

  private hasRoom(at: number): boolean {
    const { inFlight, weight } = this.candidates[at];
    if (inFlight === 0 || this.loadFactor === Number.POSITIVE_INFINITY) return true;
    return inFlight < Math.ceil((this.loadFactor * (this.tools.load.inFlight + 1) * weight) / this.totalWeight);
  }
}

const NONE: readonly Candidate[] = [];
