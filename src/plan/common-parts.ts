// What many tenants have in common is one object in a plan (once-for.ts), and so it is in each message that brings a part of
// one. But thousands of tenants come in hundreds of messages: here they get one object again. It saves memory, and what is
// made once for each such object, such as the policies of all tenants without policies of their own, is made once indeed.
import { isDeepStrictEqual } from 'node:util';
import type { HostSpec } from '../discovery/contract.ts';
import type { BackendPlan, CheckPlan, PoolPlan, PoolSettings } from './pool-plan.ts';
import { poolsOf } from './pools-of.ts';
import type { TenantPlan } from './tenant-plan.ts';

type Writable<Data> = { -readonly [Key in keyof Data]: Data[Key] };

const NONE: readonly never[] = [];

/** Sees to it that equal parts of tenants are one object. */
export class CommonParts {
  private readonly retries = new Alike<PoolSettings['retry']>();
  private readonly balances = new Alike<PoolSettings['balance']>();
  private readonly slowStarts = new Alike<PoolPlan['slowStart']>();
  private readonly limits = new Alike<TenantPlan['limits']>();
  private readonly policies = new Alike<TenantPlan['policies']>();
  private readonly trusts = new Alike<BackendPlan['trust']>();
  private readonly outliers = new Alike<NonNullable<BackendPlan['outlier']>>();
  private readonly options = new Alike<CheckPlan['options']>();
  private readonly schedules = new Alike<CheckPlan['schedule']>();
  private readonly hosts = new Alike<HostSpec>();
  private readonly checks = new Map<string, CheckPlan>();

  /** Changes a tenant that nobody else has yet, and returns it. */
  in(tenant: TenantPlan): TenantPlan {
    this.inTenant(tenant);
    for (const pool of poolsOf(tenant)) this.inPool(pool);
    return tenant;
  }

  private inTenant(tenant: Writable<TenantPlan>): void {
    tenant.limits = this.limits.one(tenant.limits);
    tenant.policies = this.policies.one(tenant.policies);
    tenant.prefixes = shortList(tenant.prefixes);
    tenant.paths = shortList(tenant.paths);
    tenant.pools = shortList(tenant.pools);
    tenant.routes = shortList(tenant.routes);
    tenant.allowedClaims = shortList(tenant.allowedClaims);
  }

  private inPool(settings: Writable<PoolSettings>): void {
    settings.retry = this.retries.one(settings.retry);
    settings.balance = this.balances.one(settings.balance);
    this.inPoolPlan(settings.pool);
    for (const { backend } of settings.services) this.inBackend(backend);
  }

  private inPoolPlan(pool: Writable<PoolPlan>): void {
    pool.slowStart = this.slowStarts.one(pool.slowStart);
  }

  private inBackend(backend: Writable<BackendPlan>): void {
    backend.trust = this.trusts.one(backend.trust);
    if (backend.host !== null) backend.host = this.hosts.one(backend.host);
    if (backend.outlier !== null) backend.outlier = this.outliers.one(backend.outlier);
    if (backend.check !== null) backend.check = this.oneCheck(backend.check);
    this.inUrl(backend.url);
  }

  private inUrl(url: Writable<BackendPlan['url']>): void {
    url.secrets = shortList(url.secrets);
  }

  // Its key says what is asked, and where; the rest is compared.
  private oneCheck(check: Writable<CheckPlan>): CheckPlan {
    check.options = this.options.one(check.options);
    check.schedule = this.schedules.one(check.schedule);
    if (check.host !== null) check.host = this.hosts.one(check.host);
    const known = this.checks.get(check.key);
    if (known === undefined) this.checks.set(check.key, check);
    const isSame =
      known?.type === check.type &&
      known.options === check.options &&
      known.schedule === check.schedule &&
      known.host === check.host;
    return isSame ? known : check;
  }
}

// More kinds of one part than that are no common ones.
const MOST_KINDS = 32;

/** One object for all that say the same. */
class Alike<Part extends object> {
  private readonly kinds: Part[] = [];
  /** One message has few of them, each many times. */
  private readonly known = new WeakMap<Part, Part>();

  one(part: Part): Part {
    return this.known.get(part) ?? this.learn(part);
  }

  private learn(part: Part): Part {
    const one = this.kinds.find((kind) => isDeepStrictEqual(kind, part)) ?? part;
    if (one === part && this.kinds.length < MOST_KINDS) this.kinds.push(part);
    this.known.set(part, one);
    return one;
  }
}

function shortList<Item>(list: readonly Item[]): readonly Item[] {
  return list.length === 0 ? NONE : list;
}
