// What every balancer is. Balancers are pure: they see candidates that are already eligible, and the random source and
// the clock that they are given; they never ask whether a backend is well.
import type { z } from 'zod';
import type { Millis } from '../core/units.ts';
import type { KeySource } from './key-source.ts';

/** What a balancer may know of a backend. */
export type Candidate = {
  /** Stable within the gateway's life; survives a reload. */
  readonly id: number;
  /**
   * Hash of its name and address: the same in every worker, in every gateway and after a restart, so that a key finds
   * its backend again. Different for the backends of one pool.
   */
  readonly identityHash: number;
  /** Share of traffic relative to the other candidates. Above 0; below 1 only during a slow start. */
  readonly weight: number;
  /** Requests that it is serving now. Read at each pick. */
  readonly inFlight: number;
};

/** Picks among the candidates of one pool. Stateful, one instance for each pool. */
export type Balancer = {
  /** Which part of a request is the key for `pick`; null: none is needed, `pick` may be given any number. */
  readonly keySource: KeySource | null;
  /**
   * `candidates` changed (a new array each time; it may be empty, but `pick` is not called then). Called on change only,
   * never per request.
   */
  update(candidates: readonly Candidate[]): void;
  /** The index of the choice in the array of the latest `update`. For the first attempt; allocates nothing. */
  pick(keyHash: number): number;
  /** The index that `pick` would give now; no later pick is another for it. Whoever draws at random draws for it, too. */
  peek(keyHash: number): number;
  /** For a retry: the index of a candidate that is not in `tried`, by id; -1 when there is none. Off the hot path. */
  pickOther(keyHash: number, tried: readonly Candidate[]): number;
  /**
   * How long a candidate took to its first byte; for a failed attempt the limit that it would have had, or a fast
   * failure would look like a fast backend. Only for balancers that have it.
   */
  observe?(id: number, latency: Millis): void;
};

/** What a balancer may use of its surroundings. */
export type BalancerTools = {
  /** A number from 0 to below 1. */
  readonly random: () => number;
  /** Monotonic; a time kept from the event loop's turn is good enough. */
  readonly now: () => Millis;
  /** Requests in flight in the whole pool, so that no pick has to add them up. */
  readonly load: { readonly inFlight: number };
};

/** One entry of the registry. */
export type BalancerKind<Options> = {
  /** Its name in the configuration. */
  readonly type: string;
  /** One sentence for the reference. */
  readonly summary: string;
  /** What decides in the long run: weights, keys (in proportion to the weights), or the order in the configuration. */
  readonly spread: 'weight' | 'key' | 'order';
  /** What may stand beside `type` in the configuration. */
  readonly options: z.ZodType<Options> & z.ZodObject;
  create(options: Options, tools: BalancerTools): Balancer;
};
