// Which hosts may have a certificate because a client asks for them: those that no tenant names one by one, and that are served by
// some tenant all the same.
import { isPublicName, parentOf } from '../core/certificate-names.ts';
import type { Plan } from '../plan/plan.ts';

type Hosts = {
  /** Each with its dot: `.example.com` of `*.example.com`. */
  readonly parents: ReadonlySet<string>;
  /** Some tenant serves hosts of any name, or with any ending. */
  readonly hasAny: boolean;
};

const NONE: Hosts = { parents: new Set(), hasAny: false };
// Plans are large, and names come one by one.
const known = new WeakMap<Plan, Hosts>();

/** Whether that plan lets a client have a certificate for that name; whether its owner is asked as well is another matter. */
export function mayDemand(plan: Plan, name: string): boolean {
  const onDemand = plan.gateway.acme?.onDemand ?? null;
  if (onDemand === null || !isPublicName(name)) return false;
  const { parents, hasAny } = hostsOf(plan);
  return parents.has(parentOf(name)) || (hasAny && onDemand.ask !== null);
}

function hostsOf(plan: Plan): Hosts {
  const before = known.get(plan);
  if (before !== undefined) return before;
  const tenants = plan.tenants.filter(({ tls }) => tls === null || (tls.files === null && tls.acme));
  const domains = tenants.flatMap((tenant) => tenant.domains);
  const parents = new Set(domains.filter((one) => one.startsWith('*.')).map((one) => one.slice(1)));
  const hasAny = tenants.some((tenant) => tenant.domains.length === 0) || domains.some((one) => one.endsWith('.*'));
  const hosts = domains.length === 0 && !hasAny ? NONE : { parents, hasAny };
  known.set(plan, hosts);
  return hosts;
}
