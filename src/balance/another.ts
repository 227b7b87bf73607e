// The choice for a retry, where a balancer has no better one of its own. Off the hot path.
import type { Candidate } from './contract.ts';

/** The first candidate that was not tried, from `from` on and around; -1 when there is none. */
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
    // Each of the equals has the same chance: the retries of a crowd must not all fall on one.
    if (order < 0 || random() * ties < 1) best = at;
  }
  return best;
}

/** Below 0 when `left` has fewer requests for its weight than `right`; 0 when even. Exact: nothing is divided. */
export function compareLoad(left: Candidate, right: Candidate): number {
  return left.inFlight * right.weight - right.inFlight * left.weight;
}

/** Whether a candidate is among those that were tried. By id: what was tried may come from before an update. */
export function isTried(candidate: Candidate, tried: readonly Candidate[]): boolean {
  for (const one of tried) if (one.id === candidate.id) return true;
  return false;
}
