// What a process does at the moment, where that may take long, as one word that others can read: which policy of which tenant
// has been asked. 0: nothing of that kind.
import { type Slot, slotOf } from './cells.ts';

const POLICY_BITS = 8;
const MOST_POLICIES = 2 ** POLICY_BITS - 1;

/** `policy`: its place among the policies of the tenant. */
export type Crumb = { readonly tenant: Slot; readonly policy: number };

/** `tenant`: its slot; below 0: it has none. */
export function crumbOf(tenant: number, policy: number): number {
  return ((tenant + 1) << POLICY_BITS) | (policy < MOST_POLICIES ? policy : MOST_POLICIES);
}

/** Null: it says nothing. */
export function readCrumb(word: number): Crumb | null {
  const tenant = (word >>> POLICY_BITS) - 1;
  return tenant < 0 ? null : { tenant: slotOf(tenant), policy: word & MOST_POLICIES };
}
