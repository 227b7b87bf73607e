// The policies of a tenant as one list for each step. The lists are made once, so that a request asks only the policies that
// take part in a step, and asks nobody where the tenant has none.
import { PLACES, type Policy, type PolicyKind, type PolicyPlan, type PolicyTools } from './contract.ts';

/** One policy of a tenant: its plan, and how many of the same plan come before it. */
export type OwnPolicy = { readonly plan: PolicyPlan; readonly before: number };

type Made = { readonly plan: PolicyPlan; readonly type: string; readonly policy: Policy };

/** `place`: which one of the tenant's it is. */
type Placed = Made & { readonly place: number };

type Installed<Step extends keyof Policy> = Placed & { readonly policy: Required<Pick<Policy, Step>> };

/** In the order in which policies are asked. For responses the order is reversed: the policy that is asked first about the
 * request is asked last about the response. */
export type PolicyLists = {
  /** All of them, with what they were made of. */
  readonly made: readonly Placed[];
  readonly request: readonly Installed<'request'>[];
  readonly response: readonly Installed<'response'>[];
  readonly stage: readonly Installed<'stage'>[];
};

/** Makes the policies of tenants. */
export class PolicyMaker {
  private readonly kinds: ReadonlyMap<string, PolicyKind<unknown>>;
  /** By the list of plans, which tenants without settings of their own have in common: ten thousand of them share these. */
  private readonly shared = new WeakMap<readonly PolicyPlan[], PolicyLists>();

  constructor(
    kinds: readonly PolicyKind<unknown>[],
    private readonly toolsFor: (tenant: string, words: number, own: OwnPolicy) => PolicyTools,
    /** Whether two policies are made of the same. */
    private readonly isSame: (one: PolicyPlan, other: PolicyPlan) => boolean,
  ) {
    this.kinds = new Map(kinds.map((kind) => [kind.type, kind]));
  }

  /** Makes the policies of one tenant; null: it has none. Those of `present` that are wanted as they are stay, with all that
   * they have counted, whatever becomes of the others. */
  make(tenant: string, plans: readonly PolicyPlan[], present: PolicyLists | null = null): PolicyLists | null {
    if (plans.length === 0) return null;
    const known = this.shared.get(plans);
    if (known !== undefined) return known;
    const wanted = plans
      .map((plan, at) => ({ plan, at, kind: this.kindOf(plan.type) }))
      .toSorted((a, b) => PLACES.indexOf(a.kind.place) - PLACES.indexOf(b.kind.place));
    const kept = [...(present?.made ?? [])];
    const lists = listsOf(
      wanted.map(
        ({ plan, at, kind }) => this.takeSame(kept, plan) ?? this.makeOne(tenant, kind, this.ownOf(plans, at)),
      ),
    );
    if (wanted.every(({ kind }) => kind.isShared)) this.shared.set(plans, lists);
    return lists;
  }

  private takeSame(kept: Made[], plan: PolicyPlan): Made | null {
    const at = kept.findIndex((made) => this.isSame(made.plan, plan));
    return at < 0 ? null : (kept.splice(at, 1)[0] ?? null);
  }

  private ownOf(plans: readonly PolicyPlan[], at: number): OwnPolicy {
    const plan = plans[at];
    const before = plans.slice(0, at).filter((other) => this.isSame(other, plan));
    return { plan, before: before.length };
  }

  private makeOne(tenant: string, kind: PolicyKind<unknown>, own: OwnPolicy): Made {
    const { plan } = own;
    return { plan, type: kind.type, policy: kind.create(plan.options, this.toolsFor(tenant, kind.words, own)) };
  }

  private kindOf(type: string): PolicyKind<unknown> {
    const kind = this.kinds.get(type);
    if (kind === undefined) throw new Error(`there is no policy ${type}`);
    return kind;
  }
}

function listsOf(unplaced: readonly Made[]): PolicyLists {
  const made = unplaced.map((one, place) => ({ ...one, place }));
  const back = made.toReversed();
  return {
    made,
    request: made.filter((one): one is Installed<'request'> => one.policy.request !== undefined),
    response: back.filter((one): one is Installed<'response'> => one.policy.response !== undefined),
    stage: back.filter((one): one is Installed<'stage'> => one.policy.stage !== undefined),
  };
}
