// What is told of tenants whose configuration is broken: when they become so, and when they are sound again.
import type { QuarantinedTenant } from '../config/last-good.ts';
import { formatProblem } from '../config/problems.ts';
import type { BackendObserver } from '../core/observer.ts';

type Quarantined = readonly QuarantinedTenant[];

/** Tells of what differs between two plans. */
export function tellOfQuarantine(before: Quarantined, after: Quarantined, observer: BackendObserver): void {
  const [old, now] = [byKey(before), byKey(after)];
  for (const [key, one] of now) {
    const detail = describe(one);
    const known = old.get(key);
    if (known !== undefined && describe(known) === detail) continue;
    observer.tenantChanged({ tenant: nameOf(one), kind: 'tenant_degraded', detail });
  }
  for (const [key, one] of old) {
    if (now.has(key)) continue;
    observer.tenantChanged({
      tenant: nameOf(one),
      kind: 'tenant_restored',
      detail: 'its configuration has no problems',
    });
  }
}

function byKey(all: Quarantined): ReadonlyMap<string, QuarantinedTenant> {
  return new Map(all.map((one) => [`${one.file} ${one.tenant ?? ''}`, one]));
}

function nameOf({ tenant, file }: QuarantinedTenant): string {
  return tenant ?? file;
}

function describe({ serves, problems: [first, ...others] }: QuarantinedTenant): string {
  const what = serves === 'last_good' ? 'keeps its last good version' : 'is left out';
  const more = others.length === 0 ? '' : ` (and ${others.length} more)`;
  return `${what}: ${first === undefined ? 'its configuration is broken' : formatProblem(first)}${more}`;
}
