// What every balancer is. Balancers are pure: they see candidates that are already eligible, and the random source that
// they are given; they never ask whether a backend is well.
import type { z } from 'zod';

/** What a balancer may know of a backend. */
export type Candidate = {
  /** Stable within the gateway's life; survives a reload. */
  readonly id: number;
  /** Share of traffic relative to the other candidates; at least 1. */
  readonly weight: number;
  /** Requests that it is serving now. */
  readonly inFlight: number;
};

/** Picks among the candidates of one pool. Stateful, one instance for each pool. */
export type Balancer = {
  /** `candidates` changed (a new array each time, never empty when `pick` is called next). Called on change only, never per request. */
  update(candidates: readonly Candidate[]): void;
  /** The index of the chosen candidate in the array of the latest `update`. Called for every attempt; allocates nothing. */
  pick(): number;
};

/** One entry of the registry. */
export type BalancerKind<Options> = {
  /** Its name in the configuration. */
  readonly type: string;
  /** One sentence for the reference. */
  readonly summary: string;
  /** What may stand beside `type` in the configuration. */
  readonly options: z.ZodType<Options> & z.ZodObject;
  create(options: Options, random: () => number): Balancer;
};
