// What a reload changes, as lines for people: `+ tenant shop`, `api/b2 weight 1 → 3`, `limits.connections 10000 → 5000`.
// Pure, bounded, and never with a secret.
import type { Steps } from '../core/slices.ts';
import type { Difference } from './difference.ts';
import type { Fact } from './facts.ts';
import type { GatewayPlan } from './plan.ts';
import type { TenantPlan } from './tenant-plan.ts';
import { serviceFacts, tenantFacts } from './tenant-facts.ts';

/** What has changed. */
export type ChangeWords = {
  readonly lines: readonly string[];
  /** Lines beyond those. */
  readonly more: number;
};

/** What a tenant says, in a form that another process can make as well. */
export type TenantFacts = {
  readonly name: string;
  readonly own: readonly Fact[];
  readonly services: ReadonlyMap<string, readonly Fact[]>;
};

/** All that differs, in parts that are known one by one. */
export type Changes = {
  readonly gateway: readonly [readonly Fact[], readonly Fact[]];
  readonly added: readonly string[];
  readonly removed: readonly string[];
  readonly changed: Iterable<readonly [TenantFacts, TenantFacts]>;
  /** How many `changed` has. */
  readonly changedCount: number;
};

/** As many as people read, and as a line of the log may have. */
export const MOST_LINES = 50;

// One setting of the whole gateway may change all of ten thousand tenants. Those that are looked at tell what it
// is; each takes a fifth of a millisecond.
const MOST_TENANTS = 250;

/** What a plan changes of the one in force. */
export function* planChanges(
  before: { readonly gateway: GatewayPlan; readonly tenants: readonly TenantPlan[] },
  { plan, added, changed, removed }: Difference,
): Steps<ChangeWords> {
  const names = new Set(changed.slice(0, MOST_TENANTS).map(({ name }) => name));
  const old = new Map(before.tenants.filter(({ name }) => names.has(name)).map((tenant) => [tenant.name, tenant]));
  return yield* changesInWords({
    gateway: [before.gateway.settings, plan.gateway.settings],
    added: added.map(({ name }) => name),
    removed,
    changed: pairs(old, changed),
    changedCount: changed.length,
  });
}

function* pairs(
  old: ReadonlyMap<string, TenantPlan>,
  changed: readonly TenantPlan[],
): Generator<readonly [TenantFacts, TenantFacts]> {
  for (const tenant of changed) {
    const before = old.get(tenant.name);
    if (before === undefined) return;
    yield [factsOfTenant(before), factsOfTenant(tenant)];
  }
}

/** What a tenant says. */
export function factsOfTenant(tenant: TenantPlan): TenantFacts {
  return { name: tenant.name, own: tenantFacts(tenant), services: serviceFacts(tenant) };
}

/** The lines for what differs. */
export function* changesInWords({ gateway, added, removed, changed, changedCount }: Changes): Steps<ChangeWords> {
  const settings = changesOf(gateway[0], gateway[1]);
  const known = new Set(settings);
  // By what has changed: one line for all tenants and backends that it has happened to.
  const bySubject = new Map<string, string[]>();
  let seen = 0;
  for (const [before, after] of changed) {
    if (seen === MOST_TENANTS) break;
    seen++;
    // What follows from a setting of the gateway is told once.
    for (const [subject, change] of tenantChanges(before, after)) {
      if (known.has(change)) continue;
      const subjects = bySubject.get(change);
      if (subjects === undefined) bySubject.set(change, [subject]);
      else subjects.push(subject);
    }
    yield;
  }
  const lines = [
    ...settings,
    ...added.map((name) => `+ tenant ${name}`),
    ...removed.map((name) => `- tenant ${name}`),
    ...Array.from(bySubject, ([change, subjects]) => lineOf(subjects, change)),
  ];
  const unseen = changedCount - seen;
  return { lines: lines.slice(0, MOST_LINES), more: Math.max(0, lines.length - MOST_LINES) + unseen };
}

/** The lines with what they leave out as the last one. */
export function allLines({ lines, more }: ChangeWords): readonly string[] {
  return more === 0 ? lines : [...lines, `and ${more} more`];
}

// Each with its subject: the tenant, or one of its backends. What all of its backends have in common is the tenant's.
function* tenantChanges(before: TenantFacts, after: TenantFacts): Generator<readonly [string, string]> {
  const { name } = after;
  let count = 0;
  for (const change of changesOf(before.own, after.own)) {
    count++;
    yield [name, change];
  }
  for (const [service, facts] of before.services) {
    if (after.services.has(service)) continue;
    count++;
    yield [name, `- backend ${service}${placeOf(facts)}`];
  }
  for (const [service, facts] of after.services) {
    if (before.services.has(service)) continue;
    count++;
    yield [name, `+ backend ${service}${placeOf(facts)}`];
  }
  for (const one of serviceChanges(before, after)) {
    count++;
    yield one;
  }
  // The order of its backends, or a secret whose value another process does not tell.
  if (count === 0) yield [name, 'has changed in what is not shown'];
}

function serviceChanges(before: TenantFacts, after: TenantFacts): readonly (readonly [string, string])[] {
  const { name } = after;
  const kept = [...after.services].filter(([service]) => before.services.has(service));
  const services = new Map<string, string[]>();
  for (const [service, facts] of kept) {
    for (const change of changesOf(before.services.get(service) ?? [], facts)) {
      const having = services.get(change);
      if (having === undefined) services.set(change, [service]);
      else having.push(service);
    }
  }
  return [...services].flatMap(([change, having]) =>
    having.length === kept.length && having.length > 1
      ? [[name, change] as const]
      : having.map((service) => [`${name}/${service}`, change] as const),
  );
}

function placeOf(facts: readonly Fact[]): string {
  const url = facts.find(({ setting }) => setting === 'url');
  return url === undefined ? '' : ` ${url.shown}`;
}

// `weight 1 → 3`.
function changesOf(before: readonly Fact[], after: readonly Fact[]): readonly string[] {
  const old = new Map(before.map((fact) => [fact.setting, fact]));
  const now = new Map(after.map((fact) => [fact.setting, fact]));
  const gone = before.filter(({ setting }) => !now.has(setting)).map((fact) => [fact, absent(fact)] as const);
  const kept = after.map((fact) => [old.get(fact.setting) ?? absent(fact), fact] as const);
  return [...gone, ...kept].filter(([was, is]) => was.same !== is.same).map(([was, is]) => changeOf(was, is));
}

// A setting of something that is not there. That a listener has come or gone is told by the list of them.
function absent({ setting, shown, same }: Fact): Fact {
  const isImplied = shown === NONE || /^listeners\[.*\]\./.test(setting);
  return { setting, shown: NONE, same: isImplied ? same : '' };
}

const NONE = 'none';

function changeOf(before: Fact, { setting, shown, items }: Fact): string {
  if (before.items !== undefined && items !== undefined) return `${setting} ${listChange(before.items, items)}`;
  return before.shown === shown ? `${setting} has changed` : `${setting} ${before.shown} → ${shown}`;
}

// Of a list of a hundred hosts, the first tell what has happened.
const MOST_ITEMS = 5;

function listChange(before: readonly string[], after: readonly string[]): string {
  const [old, now] = [new Set(before), new Set(after)];
  const changes = [
    ...after.filter((item) => !old.has(item)).map((item) => `+ ${item}`),
    ...before.filter((item) => !now.has(item)).map((item) => `- ${item}`),
  ];
  if (changes.length === 0) return 'in another order';
  const more = changes.length > MOST_ITEMS ? ` and ${changes.length - MOST_ITEMS} more` : '';
  return changes.slice(0, MOST_ITEMS).join(', ') + more;
}

const MOST_SUBJECTS = 3;

function lineOf(subjects: readonly string[], change: string): string {
  if (subjects.length <= MOST_SUBJECTS) return `${subjects.join(', ')} ${change}`;
  return `${subjects.slice(0, MOST_SUBJECTS).join(', ')} and ${subjects.length - MOST_SUBJECTS} more: ${change}`;
}
