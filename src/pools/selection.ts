// Which backends of a pool a request may go to: the eligible ones of the best tier, and what is left when there is
// none.
import type { LastResort } from '../standing/last-resort.ts';
import type { Backend } from './backend.ts';

/** The backends that get requests, as they were when each of them was read last: the eligible ones of the lowest tier that is not
 * out. A tier whose backends are only full is not out. Its requests wait; otherwise the backups would get requests at every peak. */
export function eligibleOf(members: readonly Backend[]): readonly Backend[] {
  let tier = Number.POSITIVE_INFINITY;
  for (const member of members) if (member.options.tier < tier && holdsTier(member)) tier = member.options.tier;
  const eligible: Backend[] = [];
  for (const member of members) if (member.options.tier === tier && member.isListed) eligible.push(member);
  return eligible;
}

// A backend on trial gets one request. While that is under way the backend does not count as back, and the next tier
// serves.
function holdsTier(backend: Backend): boolean {
  return backend.isServing && (!backend.isOnTrial || backend.isListed);
}

/** An eligible backend of any tier that a request has not tried, the best tier first; null: there is none. */
export function untriedOf(members: readonly Backend[], tried: readonly Backend[]): Backend | null {
  let best: Backend | null = null;
  for (const member of members) {
    if (tried.includes(member) || !member.isEligible) continue;
    if (best === null || order(member, best) < 0) best = member;
  }
  return best;
}

/** A backend that the request has not tried may get it: now, when a place is free, or when its first verdict is there. */
export function mayServe({ backends, isWorthWaiting }: Promising, tried: readonly Backend[]): boolean {
  if (backends.length === 0) return isWorthWaiting; // names that have not led to one yet
  return backends.some((backend) => {
    const { obstacle } = backend;
    return !tried.includes(backend) && (obstacle === null || obstacle === 'full' || obstacle === 'unknown');
  });
}

type Promising = { readonly backends: readonly Backend[]; readonly isWorthWaiting: boolean };

function order(left: Backend, right: Backend): number {
  return left.options.tier - right.options.tier || left.inFlight - right.inFlight;
}

/** Where a request goes although no backend is eligible: to each backend once at most. Null: nowhere. `known`: the
 * backends that were eligible last. */
export function lastResortOf(
  mode: LastResort,
  members: readonly Backend[],
  known: readonly Backend[],
  tried: readonly Backend[],
): Backend | null {
  const candidates = mode === 'any' ? members : mode === 'last_known' ? known : [];
  let best: Backend | null = null;
  for (const candidate of candidates) {
    if (tried.includes(candidate) || !candidate.hasRoom || badness(candidate) === NOT_A_CANDIDATE) continue;
    if (best === null || badness(candidate) < badness(best) || isEvenAndFreer(candidate, best)) best = candidate;
  }
  return best;
}

function isEvenAndFreer(one: Backend, other: Backend): boolean {
  return badness(one) === badness(other) && one.inFlight < other.inFlight;
}

const NOT_A_CANDIDATE = Number.POSITIVE_INFINITY;

// The least bad come first: those in doubt, then those that probes have seen fail. Those that operators took out stay
// out.
function badness(candidate: Backend): number {
  switch (candidate.obstacle) {
    case null:
      return 0;
    case 'unknown':
      return 1;
    case 'ejected':
      return 2;
    case 'withdrawn':
      return candidate.isUnwanted ? NOT_A_CANDIDATE : 3;
    case 'unhealthy':
      return 4;
    case 'unresolved':
    case 'full':
    case 'draining':
    case 'disabled':
      return NOT_A_CANDIDATE;
  }
}
