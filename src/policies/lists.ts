// The policies of a tenant as one list for each step. The lists are made once, so that a request asks only the policies that
// take part in a step, and asks nobody where the tenant has none.
import type { Follower, Policy, PolicyKind } from './contract.ts';
import type { PolicyPlan } from './policy-plan.ts';
import type { PolicyTools } from './tools.ts';
import { IdentityGuard } from './identity-guard.ts';
import { type Alike, type Condition, type PathPlace, compileWhen, compileAlike } from './when.ts';

/** One policy of a tenant. */
export type OwnPolicy = {
  /** What its counts belong to. */
  readonly countsBy: unknown;
  /** How many with the same come before it. */
  readonly before: number;
};

/** What one policy is made with. */
export type MadeTools = PolicyTools & {
  /** The policy is not needed any more. */
  readonly release?: () => void;
};

type Made = {
  readonly plan: PolicyPlan;
  readonly type: string;
  readonly policy: Policy;
  readonly isShared: boolean;
  readonly keepsOut: boolean;
  readonly release: () => void;
};

/** `place`: which one of the tenant's it is. */
type Placed = Made & {
  readonly place: number;
  readonly when: Condition | null;
  /** Null: it keeps nobody out by a path. */
  readonly alike: Alike | null;
};

/** Who is asked in a step, and for which policy. */
export type Asked<Step extends keyof Follower> = {
  readonly type: string;
  readonly place: number;
  readonly policy: Required<Pick<Follower, Step>> & Pick<Follower, 'keepsBody'>;
};

/** In the order in which policies are asked. For responses the order is reversed: the policy that is asked first about the
 * request is asked last about the response. */
export type PolicyLists = {
  /** All of them, with what they were made of. */
  readonly made: readonly Placed[];
  /** How many of them are the tenant's, where these are the policies of one of its routes; otherwise 0. */
  readonly common: number;
  /** Those that are asked about the request, and those that are not for every request. */
  readonly request: readonly Placed[];
  readonly response: readonly Asked<'response'>[];
  readonly stage: readonly Asked<'stage'>[];
  /** Those that change the gateway's own answers whose bodies are kept. */
  readonly kept: readonly Placed[];
  /** Null: none of them tells backends who a client is. */
  readonly guard: IdentityGuard | null;
};

/** What the policies of a route are made of. `common`: those of its tenant; `route`: which one it is; `present`: those that
 * it has. */
export type RoutePolicies = {
  readonly common: PolicyLists | null;
  readonly plans: readonly PolicyPlan[];
  readonly route: string;
  readonly present: PolicyLists | null;
};

/** Makes the policies of tenants. */
export class PolicyMaker {
  private readonly kinds: ReadonlyMap<string, PolicyKind<unknown>>;
  /** By the list of plans, which tenants without settings of their own have in common: ten thousand of them share these. */
  private readonly shared = new WeakMap<readonly PolicyPlan[], PolicyLists>();

  constructor(
    kinds: readonly PolicyKind<unknown>[],
    private readonly toolsFor: (tenant: string, words: number, own: OwnPolicy) => MadeTools,
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
    const lists = this.listsOf(this.makeOwn(tenant, plans, [...(present?.made ?? [])], null), 0);
    if (lists.made.every(({ isShared }) => isShared)) this.shared.set(plans, lists);
    return lists;
  }

  /** Makes the policies of a route: first those of its tenant, which all of its routes have in common, and then its own. What
   * these count belongs to `route`. */
  extend(tenant: string, { common, plans, route, present }: RoutePolicies): PolicyLists | null {
    if (plans.length === 0) return common;
    const kept = present === null ? [] : present.made.slice(present.common);
    const inherited = common?.made ?? [];
    return this.listsOf([...inherited, ...this.makeOwn(tenant, plans, kept, route)], inherited.length);
  }

  private makeOwn(tenant: string, plans: readonly PolicyPlan[], kept: Made[], route: string | null): readonly Made[] {
    const wanted = plans.map((plan) => ({ plan, kind: this.kindOf(plan.type), route }));
    return wanted.map(
      ({ plan, kind }, at) => this.takeSame(kept, plan) ?? this.makeOne(tenant, kind, plan, this.ownOf(wanted, at)),
    );
  }

  private listsOf(made: readonly Made[], common: number): PolicyLists {
    const fields = made.flatMap(({ plan }) => this.kindOf(plan.type).identityFields?.(plan.options) ?? []);
    return listsOf(made, common, fields.length === 0 ? null : new IdentityGuard(fields));
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
    const { type, isShared, keepsOut = false } = kind;
    const tools = this.toolsFor(tenant, kind.words(plan.options), own);
    return {
      plan,
      type,
      isShared,
      keepsOut,
      policy: kind.create(plan.options, tools),
      release: () => tools.release?.(),
    };
  }

  private kindOf(type: string): PolicyKind<unknown> {
    const kind = this.kinds.get(type);
    if (kind === undefined) throw new Error(`there is no policy ${type}`);
    return kind;
  }
}

type Wanted = { readonly plan: PolicyPlan; readonly kind: PolicyKind<unknown>; readonly route: string | null };

function countedAs({ plan: { type, name, options, when }, kind, route }: Wanted): unknown {
  const own = [type, name, kind.countsBy === undefined ? [options, when] : kind.countsBy(options)];
  return route === null ? own : [...own, route];
}

type Lists = readonly (PolicyLists | null)[];

/** Ends the policies of `before` that `after` does not have any more: those of a tenant and of its routes. */
export function closeMissing(before: Lists, after: Lists): void {
  const present = policiesIn(after);
  for (const [policy, { release }] of policiesIn(before)) {
    if (present.has(policy)) continue;
    policy.close?.();
    release();
  }
}

// But for those that all tenants have in common.
function policiesIn(lists: Lists): ReadonlyMap<Policy, Made> {
  const own = lists.flatMap((list) => (list?.made ?? []).filter(({ isShared }) => !isShared));
  return new Map(own.map((made) => [made.policy, made]));
}

function listsOf(unplaced: readonly Made[], common: number, guard: IdentityGuard | null): PolicyLists {
  const made = unplaced.map((one, place) => ({
    ...one,
    place,
    when: compileWhen(one.plan.when),
    alike: one.keepsOut && one.plan.when !== null ? compileAlike(one.plan.when) : null,
  }));
  const back = made.toReversed();
  return {
    made,
    common,
    request: made.filter(({ policy, when }) => policy.request !== undefined || when !== null),
    response: back.filter((one): one is Placed & Asked<'response'> => one.policy.response !== undefined),
    stage: back.filter((one): one is Placed & Asked<'stage'> => one.policy.stage !== undefined),
    kept: back.filter(({ policy }) => policy.kept !== undefined),
    guard,
  };
}

/** Whether the policies that keep requests out are for both paths, or for none: the path of a request, and the one that another
 * program could take it for. */
export function keepsOutAlike(lists: PolicyLists | null, one: PathPlace, other: PathPlace): boolean {
  return (lists?.made ?? []).every(({ alike }) => alike === null || alike(one, other));
}
