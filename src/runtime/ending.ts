// How long a gateway has to end, and what becomes of the requests that it has then.
import { type Millis, millis } from '../core/units.ts';
import type { Plan, ShutdownPlan } from '../plan/plan.ts';

/** How many requests came to their end while the gateway was ending, and how many were cut. */
export type Ending = { readonly finished: number; readonly cut: number };

/** `handsOver`: the time that everything has where another process has taken its place; null: none has. */
export function endOf({ gateway: { shutdown } }: Plan, handsOver: Millis | null): ShutdownPlan {
  return handsOver === null ? shutdown : { delay: millis(0), timeout: handsOver, tunnelTimeout: handsOver };
}
