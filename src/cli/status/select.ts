// Which tenants are shown, and in which order: of forty, people look for the broken ones. Pure.
import type { BackendRow, TenantRow } from '../admin-answers.ts';

export const ORDERS = ['state', 'name', 'file', 'requests', 'failures'] as const;
export const SUBSETS = ['unhealthy', 'down'] as const;

export type Selection = {
  /** state: the broken ones first; file: as in the configuration. */
  readonly order: (typeof ORDERS)[number];
  /** unhealthy: what is not well; down: tenants that no backend serves. Null: all. */
  readonly only: (typeof SUBSETS)[number] | null;
  /** A part of the name or of a host, in any case; null: all. */
  readonly name: string | null;
};

/** The tenants to show, in their order. */
export function select(tenants: readonly TenantRow[], { order, only, name }: Selection): readonly TenantRow[] {
  const wanted = name?.toLowerCase() ?? '';
  const named = tenants.filter((tenant) =>
    [tenant.name, ...tenant.domains].some((text) => text.toLowerCase().includes(wanted)),
  );
  return sorted(only === null ? named : named.flatMap((tenant) => partOf(tenant, only)), order);
}

function partOf(tenant: TenantRow, only: (typeof SUBSETS)[number]): readonly TenantRow[] {
  if (only === 'down') return tenant.status === 'unhealthy' ? [tenant] : [];
  if (tenant.status === 'healthy') return [];
  return [{ ...tenant, backends: tenant.backends.filter((backend) => !isWell(backend)) }];
}

function isWell({ state }: BackendRow): boolean {
  return state === 'healthy' || state === 'unchecked';
}

// Stable: what is equal stays as in the configuration.
function sorted(tenants: readonly TenantRow[], order: Selection['order']): readonly TenantRow[] {
  switch (order) {
    case 'file':
      return tenants;
    case 'name':
      return tenants.toSorted((a, b) => (a.name < b.name ? -1 : 1));
    case 'state':
      return tenants.toSorted((a, b) => rankOf(a) - rankOf(b));
    case 'requests':
      return tenants.toSorted((a, b) => sum(b, 'requests') - sum(a, 'requests'));
    case 'failures':
      return tenants.toSorted((a, b) => sum(b, 'failures') - sum(a, 'failures'));
  }
}

function rankOf({ status }: TenantRow): number {
  if (status === 'unhealthy') return 0;
  return status === 'healthy' ? 2 : 1;
}

function sum({ backends }: TenantRow, key: 'requests' | 'failures'): number {
  return backends.reduce((total, backend) => total + backend[key], 0);
}

/** What is said where the selection leaves nothing of some tenants; null: it leaves some, or there are none. */
export function nothingLeft(
  tenants: readonly TenantRow[],
  shown: readonly TenantRow[],
  { only, name }: Selection,
): string | null {
  if (tenants.length === 0 || shown.length > 0) return null;
  const named = name === null ? 'no tenant' : `no tenant with "${name}" in its name or a host`;
  if (only === null) return `there is ${named}`;
  return `${named} is ${only === 'down' ? 'without a backend that serves' : 'unhealthy or degraded'}`;
}

/** `40 tenants: 1 unhealthy, 2 degraded, 37 healthy; 37 not shown`; null: there is nothing to sum up. */
export function summary(tenants: readonly TenantRow[], shown: readonly TenantRow[]): string | null {
  if (tenants.length < 2 && shown.length === tenants.length) return null;
  const counts = ['unhealthy', 'degraded', 'healthy'].map((status) => {
    const count = tenants.filter((tenant) => tenant.status === status).length;
    return count === 0 ? '' : `${count} ${status}`;
  });
  const hidden = tenants.length - shown.length;
  const known = counts.filter((part) => part !== '').join(', ');
  const plural = tenants.length === 1 ? '' : 's';
  return `${tenants.length} tenant${plural}: ${known}${hidden === 0 ? '' : `; ${hidden} not shown`}`;
}
