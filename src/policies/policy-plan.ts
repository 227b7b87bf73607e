// A policy as a plan has it, and which requests it is for: data, which can be compared and sent to another process.
import type { AddressRange } from '../core/cidr.ts';

/** A policy as a plan has it: data. */
export type PolicyPlan = {
  readonly type: string;
  readonly options: unknown;
  /** As the configuration calls it; null: not at all. */
  readonly name: string | null;
  /** Which requests it is for; null: all. */
  readonly when: WhenPlan | null;
};

/** A request is meant if every list that there is has something that it matches. */
export type WhenPlan = {
  readonly methods?: readonly string[];
  /** Exact, or with `*` at the end for every path that begins so. */
  readonly paths?: readonly string[];
  /** As in `domains` of a tenant. */
  readonly hosts?: readonly string[];
  /** By name in lower case: the values, or `*` for any. */
  readonly headers?: Readonly<Record<string, readonly string[]>>;
  readonly clients?: readonly AddressRange[];
  /** Requests that match this one are not meant. */
  readonly not?: WhenPlan;
  /** They must match this one as well. */
  readonly and?: WhenPlan;
};
