// The contract of balancers. They are pure: they see only the candidates, the random source and the clock that they are
// given. All candidates are eligible already; a balancer never asks for a backend's health.
import type { z } from 'zod';
import type { Millis } from '../core/units.ts';
import type { KeySource } from './key-source.ts';

/** What a balancer may know of a backend. */
export type Candidate = {
  /** Stable within the gateway's life; survives a reload. */
  readonly id: number;
  /**
   * Hash of its name and address: the same in every worker, in every gateway and after a restart, so that a key leads to
   * the same backend again. Different for the backends of one pool.
   */
  readonly identityHash: number;
  /** Share of traffic relative to the other candidates. Above 0; below 1 only during a slow start. */
  readonly weight: number;
  /** Requests that it is serving now. Read at each pick. */
  readonly inFlight: number;
};

/** Picks among the candidates of one pool. Stateful, one instance for each pool. */
export type Balancer = {
  /** Which part of a request is the key for `pick`; null: the balancer ignores the key. */
  readonly keySource: KeySource | null;
  /**
   * Called when the candidates have changed, never per request. The array is a new one each time. While it is empty, `pick`
   * is not called.
   */
  update(candidates: readonly Candidate[]): void;
  /** The index of the choice in the array of the latest `update`. For the first attempt; allocates nothing. */
  pick(keyHash: number): number;
  /** The index that `pick` would give now. It takes no turn, so that later picks are the same; a random balancer draws anew. */
  peek(keyHash: number): number;
  /** For a retry: the index of a candidate that is not in `tried`, by id; -1 when there is none. Off the hot path. */
  pickOther(keyHash: number, tried: readonly Candidate[]): number;
  /**
   * Tells how long a candidate took to its first byte. For a failed attempt it is the limit that the attempt had, since a
   * backend that fails fast must not look like a fast one. Absent: the balancer does not measure.
   */
  observe?(id: number, latency: Millis): void;
};

/** What a balancer may use besides its candidates. */
export type BalancerTools = {
  /** A number from 0 to below 1. */
  readonly random: () => number;
  /** Monotonic; it may be read once for each turn of the event loop. */
  readonly now: () => Millis;
  /** Requests in flight in the whole pool, so that no pick has to add them up. */
  readonly load: { readonly inFlight: number };
  /** The process is this one among those that serve: balancers with turns begin with this turn. */
  readonly offset: number;
};

/** One entry of the registry. */
export type BalancerKind<Options> = {
  /** Its name in the configuration. */
  readonly type: string;
  /** One sentence for the reference. */
  readonly summary: string;
  /** What traffic follows in the long run: weights, keys (in proportion to the weights), or the order in the configuration. */
  readonly spread: 'weight' | 'key' | 'order';
  /** What may stand beside `type` in the configuration. */
  readonly options: z.ZodType<Options> & z.ZodObject;
  create(options: Options, tools: BalancerTools): Balancer;
};
