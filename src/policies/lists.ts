// The policies of one tenant, as lists of those who take part in each step: made once, so that a request asks only who has
// something to do, and a tenant without policies asks nobody.
import { PLACES, type Policy, type PolicyKind, type PolicyPlan, type PolicyTools } from './contract.ts';

type Installed<Step extends keyof Policy> = {
  readonly type: string;
  readonly policy: Policy & Required<Pick<Policy, Step>>;
};

/** In the order in which they are asked. A response passes them the other way round: who saw the request first sees the
 * response last. */
export type PolicyLists = {
  readonly request: readonly Installed<'request'>[];
  readonly response: readonly Installed<'response'>[];
  readonly stage: readonly Installed<'stage'>[];
};

/** Makes the policies; null: there are none. `toolsFor`: with so many words. */
export function policyLists(
  plans: readonly PolicyPlan[],
  kinds: readonly PolicyKind<unknown>[],
  toolsFor: (words: number) => PolicyTools,
): PolicyLists | null {
  if (plans.length === 0) return null;
  const made = plans
    .map(({ type, options }) => ({ kind: kindOf(type, kinds), options }))
    .toSorted((a, b) => PLACES.indexOf(a.kind.place) - PLACES.indexOf(b.kind.place))
    .map(({ kind, options }) => ({ type: kind.type, policy: kind.create(options, toolsFor(kind.words)) }));
  const back = made.toReversed();
  return {
    request: made.filter((one): one is Installed<'request'> => one.policy.request !== undefined),
    response: back.filter((one): one is Installed<'response'> => one.policy.response !== undefined),
    stage: back.filter((one): one is Installed<'stage'> => one.policy.stage !== undefined),
  };
}

function kindOf(type: string, kinds: readonly PolicyKind<unknown>[]): PolicyKind<unknown> {
  const kind = kinds.find((candidate) => candidate.type === type);
  if (kind === undefined) throw new Error(`there is no policy ${type}`);
  return kind;
}
