// How balancers without a rule of their own choose for a retry. Off the hot path.
import type { Candidate } from './contract.ts';

/** The first candidate at or after `from`, going round, that was not tried; -1 when there is none. */
export function nextUntried(candidates: readonly Candidate[], tried: readonly Candidate[], from: number): number {
  for (let step = 0; step < candidates.length; step++) {
    const at = (from + step) % candidates.length;
    if (!isTried(candidates[at], tried)) return at;
  }
  return -1;
}

/** The candidate with the fewest requests for its weight among those that were not tried; -1 when there is none. */
export function leastLoadedUntried(
  candidates: readonly Candidate[],
  tried: readonly Candidate[],
  random: () => number,
): number {
  let best = -1;
  let ties = 0;
  for (let at = 0; at < candidates.length; at++) {
    if (isTried(candidates[at], tried)) continue;
    const order = best < 0 ? -1 : compareLoad(candidates[at], candidates[best]);
    if (order > 0) continue;
    ties = order < 0 ? 1 : ties + 1;
    // Give equal candidates the same chance: when many requests retry at once, they must not all go to one backend.
    if (order < 0 || random() * ties < 1) best = at;
  }
  return best;
}

/** Below 0 when `left` has fewer requests for its weight than `right`; 0 when even. Exact: nothing is divided. */
export function compareLoad(left: Candidate, right: Candidate): number {
  return left.inFlight * right.weight - right.inFlight * left.weight;
}

/** Whether a candidate was tried. Compares ids, since a tried candidate may be an object from before an update. */
export function isTried(candidate: Candidate, tried: readonly Candidate[]): boolean {
  for (const one of tried) if (one.id === candidate.id) return true;
  return false;
}
