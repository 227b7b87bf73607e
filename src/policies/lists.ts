// The policies of a tenant as one list for each step. The lists are made once, so that a request asks only the policies that
// take part in a step, and asks nobody where the tenant has none.
import type { Follower, Policy, PolicyKind, PolicyPlan, PolicyTools } from './contract.ts';
import { IdentityGuard } from './identity-guard.ts';
import { type Condition, compileWhen } from './when.ts';

/** One policy of a tenant. */
export type OwnPolicy = {
  /** What its counts belong to. */
  readonly countsBy: unknown;
  /** How many with the same come before it. */
  readonly before: number;
};

type Made = {
  readonly plan: PolicyPlan;
  readonly type: string;
  readonly policy: Policy;
  readonly isShared: boolean;
};

/** `place`: which one of the tenant's it is. */
type Placed = Made & { readonly place: number; readonly when: Condition | null };

/** Who is asked in a step, and for which policy. */
export type Asked<Step extends keyof Follower> = {
  readonly type: string;
  readonly place: number;
  readonly policy: Required<Pick<Follower, Step>>;
};

/** In the order in which policies are asked. For responses the order is reversed: the policy that is asked first about the
 * request is asked last about the response. */
export type PolicyLists = {
  /** All of them, with what they were made of. */
  readonly made: readonly Placed[];
  /** Those that are asked about the request, and those that are not for every request. */
  readonly request: readonly Placed[];
  readonly response: readonly Asked<'response'>[];
  readonly stage: readonly Asked<'stage'>[];
  /** Null: none of them tells backends who a client is. */
  readonly guard: IdentityGuard | null;
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
    private readonly isSame: (one: unknown, other: unknown) => boolean,
  ) {
    this.kinds = new Map(kinds.map((kind) => [kind.type, kind]));
  }

  /** Makes the policies of one tenant; null: it has none. Those of `present` that are wanted as they are stay, with all that
   * they have counted, whatever becomes of the others. */
  make(tenant: string, plans: readonly PolicyPlan[], present: PolicyLists | null = null): PolicyLists | null {
    if (plans.length === 0) return null;
    const known = this.shared.get(plans);
    if (known !== undefined) return known;
    const wanted = plans.map((plan) => ({ plan, kind: this.kindOf(plan.type) }));
    const kept = [...(present?.made ?? [])];
    const made = wanted.map(
      ({ plan, kind }, at) => this.takeSame(kept, plan) ?? this.makeOne(tenant, kind, plan, this.ownOf(wanted, at)),
    );
    const fields = wanted.flatMap(({ plan, kind }) => kind.identityFields?.(plan.options) ?? []);
    const lists = listsOf(made, fields.length === 0 ? null : new IdentityGuard(fields));
    if (wanted.every(({ kind }) => kind.isShared)) this.shared.set(plans, lists);
    return lists;
  }

  private takeSame(kept: Made[], plan: PolicyPlan): Made | null {
    const at = kept.findIndex((made) => this.isSame(made.plan, plan));
    return at < 0 ? null : (kept.splice(at, 1)[0] ?? null);
  }

  private ownOf(wanted: readonly Wanted[], at: number): OwnPolicy {
    const ids = wanted.slice(0, at + 1).map(countedAs);
    const countsBy = ids.at(-1);
    return { countsBy, before: ids.slice(0, -1).filter((id) => this.isSame(id, countsBy)).length };
  }

  private makeOne(tenant: string, kind: PolicyKind<unknown>, plan: PolicyPlan, own: OwnPolicy): Made {
    const { type, isShared } = kind;
    const tools = this.toolsFor(tenant, kind.words(plan.options), own);
    return { plan, type, isShared, policy: kind.create(plan.options, tools) };
  }

  private kindOf(type: string): PolicyKind<unknown> {
    const kind = this.kinds.get(type);
    if (kind === undefined) throw new Error(`there is no policy ${type}`);
    return kind;
  }
}

type Wanted = { readonly plan: PolicyPlan; readonly kind: PolicyKind<unknown> };

function countedAs({ plan: { type, name, options, when }, kind }: Wanted): unknown {
  return [type, name, kind.countsBy === undefined ? [options, when] : kind.countsBy(options)];
}

/** Ends the policies of `before` that `after` does not have any more. */
export function closeMissing(before: PolicyLists | null, after: PolicyLists | null): void {
  if (before === null || before === after) return;
  const present = new Set((after?.made ?? []).map(({ policy }) => policy));
  for (const { policy, isShared } of before.made) if (!isShared && !present.has(policy)) policy.close?.();
}

function listsOf(unplaced: readonly Made[], guard: IdentityGuard | null): PolicyLists {
  const made = unplaced.map((one, place) => ({ ...one, place, when: compileWhen(one.plan.when) }));
  const back = made.toReversed();
  return {
    made,
    request: made.filter(({ policy, when }) => policy.request !== undefined || when !== null),
    response: back.filter((one): one is Placed & Asked<'response'> => one.policy.response !== undefined),
    stage: back.filter((one): one is Placed & Asked<'stage'> => one.policy.stage !== undefined),
    guard,
  };
}
