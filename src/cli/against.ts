// What a configuration would change of the one that the running gateway has in force: its settings, and where the latest
// requests would go.
import { atOnce } from '../core/slices.ts';
import { type Result, err, ok } from '../core/result.ts';
import { type RoutingKey, routeOf } from '../forward/route-of.ts';
import { type TenantFacts, allLines, changesInWords, factsOfTenant } from '../plan/difference-in-words.ts';
import type { Fact } from '../plan/facts.ts';
import type { Plan } from '../plan/plan.ts';
import type { TenantPlan } from '../plan/tenant-plan.ts';
import { Router } from '../route/router.ts';
import { rulesOf } from '../route/rules.ts';
import type { RecentList, TenantPlanInForce } from './admin-answers.ts';
import type { AdminClient } from './admin-client.ts';
import type { AdminFailure } from './admin-failure.ts';

/** A request that would come to another tenant. Null: to none. */
export type Rerouted = {
  readonly request: string;
  readonly from: string | null;
  readonly to: string | null;
  /** How many of the sample are like it. */
  readonly count: number;
};

export type Comparison = {
  readonly changes: readonly string[];
  /** How many recent requests were looked at, and how many of them would go elsewhere. */
  readonly sampled: number;
  readonly rerouted: number;
  /** The most frequent first; bounded. */
  readonly examples: readonly Rerouted[];
};

// The lines are for people; more tenants than these would not be read.
const MOST_ASKED = 100;
const MOST_EXAMPLES = 10;

/** Compares a plan with what the gateway has. */
export async function compareWith(client: AdminClient, plan: Plan): Promise<Result<Comparison, AdminFailure>> {
  const [inForce, recent] = await Promise.all([client.plan(), client.recent()]);
  if (!inForce.ok) return inForce;
  if (!recent.ok) return recent;
  const fingerprints = new Map(inForce.value.tenants);
  const names = new Set(plan.tenants.map(({ name }) => name));
  const isChanged = ({ name, fingerprint }: TenantPlan): boolean =>
    fingerprints.has(name) && fingerprints.get(name) !== fingerprint;
  const changed = plan.tenants.filter(isChanged);
  const pairs = await pairsOf(client, changed.slice(0, MOST_ASKED));
  if (!pairs.ok) return pairs;
  const words = changesInWords({
    gateway: [inForce.value.settings.map(knownFact), plan.gateway.settings.map(knownFact)],
    added: [...names].filter((name) => !fingerprints.has(name)),
    removed: [...fingerprints.keys()].filter((name) => !names.has(name)),
    changed: pairs.value,
    changedCount: changed.length,
  });
  return ok({ changes: allLines(atOnce(words)), ...reroutedOf(recent.value, plan) });
}

async function pairsOf(
  client: AdminClient,
  changed: readonly TenantPlan[],
): Promise<Result<readonly (readonly [TenantFacts, TenantFacts])[], AdminFailure>> {
  const pairs: (readonly [TenantFacts, TenantFacts])[] = [];
  for (const tenant of changed) {
    const before = await client.planOf(tenant.name);
    // A reload may have taken it away meanwhile.
    if (!before.ok && before.error.kind === 'unknown-tenant') continue;
    if (!before.ok) return err(before.error);
    pairs.push([knownTenant(before.value), ownTenant(tenant)]);
  }
  return ok(pairs);
}

function knownTenant({ name, own, services }: TenantPlanInForce): TenantFacts {
  const entries = Object.entries(services).map(([service, facts]) => [service, facts.map(knownFact)] as const);
  return { name, own: own.map(knownFact), services: new Map(entries) };
}

function ownTenant(tenant: TenantPlan): TenantFacts {
  const { name, own, services } = factsOfTenant(tenant);
  const entries = Array.from(services, ([service, facts]) => [service, facts.map(knownFact)] as const);
  return { name, own: own.map(knownFact), services: new Map(entries) };
}

// The gateway tells only what may be shown: both sides are compared by that.
function knownFact({ setting, shown, items }: Pick<Fact, 'setting' | 'shown' | 'items'>): Fact {
  const same = items?.join(', ') ?? shown;
  return items === undefined ? { setting, shown, same } : { setting, shown, same, items };
}

type Led = { readonly allowsTrace: boolean; readonly tenant: string | null };

function reroutedOf({ requests }: RecentList, plan: Plan): Omit<Comparison, 'changes'> {
  const routers = new Map<string | null, Router<Led>>();
  const found = new Map<string, Rerouted>();
  let rerouted = 0;
  for (const one of requests) {
    const router = routers.get(one.listener) ?? routerOf(plan, one.listener);
    routers.set(one.listener, router);
    const to = routeOf(router, one)?.value.tenant ?? null;
    if (to === one.tenant) continue;
    rerouted++;
    const request = describe(one);
    const count = (found.get(request)?.count ?? 0) + 1;
    found.set(request, { request, from: one.tenant, to, count });
  }
  const examples = [...found.values()].toSorted((one, other) => other.count - one.count).slice(0, MOST_EXAMPLES);
  return { sampled: requests.length, rerouted, examples };
}

function describe({ method, host, path }: RoutingKey): string {
  return `${method} ${host}${path}`;
}

// As a gateway with this plan would make it for that listener; null: one that no tenant names.
function routerOf({ gateway, tenants }: Plan, listener: string | null): Router<Led> {
  const served = tenants.filter(
    ({ listeners }) => listeners === null || (listener !== null && listeners.includes(listener)),
  );
  const rules = served.map((tenant) => ({ tenant, rules: rulesOf(tenant) }));
  const router = new Router<Led>(rules.reduce((count, one) => count + one.rules.length, 0));
  const { publicPath } = gateway.admin;
  if (publicPath !== null) router.reserve(publicPath, { tenant: null, allowsTrace: false });
  for (const { tenant, rules: own } of rules)
    for (const rule of own) router.add(rule, { tenant: tenant.name, allowsTrace: tenant.allowsTrace });
  return router;
}

/** The comparison for people. */
export function describeComparison({ changes, sampled, rerouted, examples }: Comparison): string {
  const head = changes.length === 0 ? 'a reload would change nothing\n' : 'a reload would change:\n';
  const lines = changes.map((line) => `  ${line}\n`).join('');
  const share = sampled === 0 ? '' : ` (${Math.round((1000 * rerouted) / sampled) / 10}%)`;
  const routes = `of the ${sampled} latest requests that were sampled, ${rerouted}${share} would be routed differently\n`;
  const shown = examples.map(({ request, from, to, count }) => {
    const times = count === 1 ? '' : `  (${count} times)`;
    return `  ${request}  ${from ?? 'nobody'} → ${to ?? 'nobody'}${times}\n`;
  });
  return head + lines + routes + shown.join('');
}
