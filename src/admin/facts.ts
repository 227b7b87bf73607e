// What plans say, as operators may read it.
import type { Fact } from '../plan/facts.ts';

export type ShownFact = Pick<Fact, 'setting' | 'shown'> & { readonly items?: readonly string[] };

/** The facts without what must not leave the process. */
export function shownFacts(facts: readonly Fact[]): readonly ShownFact[] {
  return facts.map(({ same: _, ...shown }) => shown);
}
