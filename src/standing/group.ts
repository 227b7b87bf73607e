// How the backends of one pool stand together, where a decision about one depends on the others.
import type { Group, Member } from './member.ts';
import type { PoolStanding } from './outlier.ts';

/** How many backends serve in the best tier that has any. One on trial does not count, unless it is `subject`. */
export function servingOf(members: readonly Member[], subject: Member | null): number {
  let tier = Number.POSITIVE_INFINITY;
  let count = 0;
  for (const member of members) {
    if (!member.isServing || (member.isOnTrial && member !== subject) || member.plan.tier > tier) continue;
    count = member.plan.tier === tier ? count + 1 : 1;
    tier = member.plan.tier;
  }
  return count;
}

/** Fewer than half of the backends serve, so that the first one to come back would get the load of all. */
export function isScarce(members: readonly Member[]): boolean {
  return servingOf(members, null) * 2 < members.length;
}

/** How the pool stands, for a decision about one of its members. */
export function standingFor(subject: Member, members: readonly Member[]): PoolStanding {
  const others = members.filter((other) => other !== subject && other.isServing);
  return {
    size: members.length,
    ejected: members.filter(({ ejection }) => ejection !== null).length,
    eligible: servingOf(members, subject),
    troubled: others.filter(({ usedTracker }) => usedTracker?.isTroubled === true).length,
  };
}

/** At least half of the pool would serve without this one. */
export function canSpare(subject: Member, members: readonly Member[]): boolean {
  const others = members.filter((other) => other !== subject && other.isServing);
  return others.length * 2 >= members.length;
}

const NONE: ReadonlyMap<string, Member> = new Map();

/** The members that a group has, by their identities. New groups have none: at the start there are thousands of those, and what
 * was made for each would lie between what stays. */
export function knownOf({ leaving, members }: Group): ReadonlyMap<string, Member> {
  if (leaving.length === 0 && members.length === 0) return NONE;
  return new Map([...leaving, ...members].map((member) => [member.plan.identity, member]));
}

/** Those that a group had before and has no more. Members that have come back are leaving no more. */
export function othersOf(group: Group, before: readonly Member[]): readonly Member[] {
  if (group.leaving.length === 0 && before.length === 0) return before;
  const kept = new Set(group.members);
  group.leaving = group.leaving.filter((member) => !kept.has(member));
  return before.filter((member) => !kept.has(member));
}
