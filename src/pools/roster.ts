// Which of a pool's backends may get requests, and which of them gets the next one.
import type { Balancer, BalancerTools } from '../balance/contract.ts';
import type { Clock } from '../core/clock.ts';
import type { BackendPlan } from '../plan/pool-plan.ts';
import type { LastResort } from '../standing/last-resort.ts';
import type { Backend } from './backend.ts';
import { eligibleOf, lastResortOf, untriedOf } from './selection.ts';

const NONE: readonly Backend[] = [];

/** Makes a balancer with what it may use of its pool. */
export type CreateBalancer = (tools: BalancerTools) => Balancer;

/** What balancers and turns need of the process. */
export type RosterTools = Pick<BalancerTools, 'random'> & {
  readonly clock: Clock;
  readonly cells: { readonly offset: number };
};

/** The backends of one pool. The list of the eligible ones is made anew when something changes, never per request. */
export class Roster implements BalancerTools {
  members: readonly Backend[] = [];
  eligible: readonly Backend[] = [];
  /** Requests that all of these may have at a time. */
  capacity = 0;
  /** Some are left out because they are full. */
  isShort = false;
  hasTiers = false;
  /** Those that were eligible last. */
  private known: readonly Backend[] = [];
  /** Kept over a reload with its turns and measurements, unless the configuration asks for another one. */
  balancer: Balancer;
  private nextUnknown: number;

  constructor(
    create: CreateBalancer,
    /** Of the whole pool. */
    readonly load: BalancerTools['load'],
    private readonly tools: RosterTools,
  ) {
    this.nextUnknown = tools.cells.offset;
    this.balancer = create(this);
  }

  /** Makes a balancer for these backends. It is used from `change` on. */
  newBalancer(create: CreateBalancer): Balancer {
    return create(this);
  }

  // What balancers may use besides. It is no object for each pool: most of ten thousand have a balancer that needs little of it.
  get random(): BalancerTools['random'] {
    return this.tools.random;
  }

  get now(): BalancerTools['now'] {
    return this.tools.clock.now;
  }

  get offset(): number {
    return this.tools.cells.offset;
  }

  set(members: readonly Backend[]): void {
    this.members = members;
    this.hasTiers = false;
    for (const { options } of members) if (options.tier !== members[0].options.tier) this.hasTiers = true;
  }

  /** Its members that are not meant by these plans. */
  othersThan(plans: readonly BackendPlan[]): readonly Backend[] {
    if (this.members.length === 0) return this.members;
    const identities = new Set(plans.map(({ identity }) => identity));
    return this.members.filter(({ options }) => !identities.has(options.identity));
  }

  /** Forgets those that have left. */
  prune(): void {
    if (this.members.length === 0 && this.known.length === 0) return;
    this.members = this.members.filter(({ hasLeft }) => !hasLeft);
    this.known = this.known.filter(({ hasLeft }) => !hasLeft);
  }

  /** Another balancer chooses from here on. */
  change(balancer: Balancer): void {
    if (balancer === this.balancer) return;
    this.balancer = balancer;
    balancer.update(this.eligible);
  }

  /** Reads anew how the members stand. Returns those that have been found to be well. The balancer chooses among the
   * eligible ones when `inform` has told it of them. */
  read(): readonly Backend[] {
    let well: Backend[] | null = null;
    this.isShort = false;
    for (const member of this.members) {
      if (member.read()) (well ??= []).push(member);
      if (member.isLeftOut) this.isShort = true;
    }
    this.eligible = eligibleOf(this.members);
    return well ?? NONE;
  }

  inform(): void {
    if (this.eligible.length > 0) this.known = this.eligible;
    this.capacity = 0;
    for (const backend of this.eligible) this.capacity += backend.maxRequests;
    this.balancer.update(this.eligible);
  }

  /** The next in turn; null: none is eligible. */
  first(keyHash: number): Backend | null {
    return this.eligible.length === 0 ? null : this.eligible[this.balancer.pick(keyHash)];
  }

  /** One that a request has not tried, if there is one; null: none is eligible. */
  other(tried: readonly Backend[], keyHash: number): Backend | null {
    const { eligible, balancer } = this;
    const other = eligible.length === 0 ? -1 : balancer.pickOther(keyHash, tried);
    return other >= 0 ? eligible[other] : (untriedOf(this.members, tried) ?? this.first(keyHash));
  }

  /** What `first` would give now. */
  peek(keyHash: number): Backend | null {
    return this.eligible.length === 0 ? null : this.eligible[this.balancer.peek(keyHash)];
  }

  /** One whose health is not known yet; null: there is none. */
  unknown(): Backend | null {
    const unknown = this.members.filter((backend) => backend.obstacle === 'unknown' && backend.hasRoom);
    return unknown.length === 0 ? null : unknown[this.nextUnknown++ % unknown.length];
  }

  /** Where a request goes although none is eligible; null: nowhere. */
  lastResort(mode: LastResort, tried: readonly Backend[]): Backend | null {
    return lastResortOf(mode, this.members, this.known, tried);
  }
}
