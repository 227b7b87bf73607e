// Why one of two routes of a tenant comes before the other, for people.
import { type PathPattern, type RouteMatch, conditionCount, segmentsOf } from './match.ts';

type Ranked = { readonly match: RouteMatch; readonly pattern: PathPattern };

/** Why the second one has lost. Both match. */
export function whyRouteLost(winner: Ranked, loser: Ranked): string {
  const own = segmentsOf(winner.pattern);
  const others = segmentsOf(loser.pattern);
  for (const [at, segment] of own.entries()) {
    if (at >= others.length) return 'its prefix is shorter';
    if (segment !== others[at]) return 'it has a parameter where the other has a literal';
  }
  if (winner.pattern.kind !== 'prefix' && loser.pattern.kind === 'prefix') return 'it is about all paths that begin so';
  const [count, fewer] = [conditionCount(winner.match), conditionCount(loser.match)];
  return `it has ${fewer === 0 ? 'no' : fewer} ${fewer === 1 ? 'condition' : 'conditions'}, the other ${count}`;
}

/** In one word or two, what a route has won by. */
export function whyRouteWon({ match, pattern }: Ranked, others: number): string {
  if (others === 0) return 'the only route that matches';
  if (pattern.kind === 'exact') return 'an exact path comes first';
  return conditionCount(match) === 0 ? 'the longest literal beginning' : 'the most specific one that matches';
}
