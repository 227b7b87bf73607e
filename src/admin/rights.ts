// What an operator may ask.
import type { AdminEndpoint, AdminScope, Rights } from './contract.ts';

const REACH: Readonly<Record<AdminScope, number>> = { read: 0, operate: 1, admin: 2 };

/** What a token must allow for an endpoint. */
export function scopeOf({ scope, method }: AdminEndpoint): AdminScope {
  return scope ?? (method === 'GET' ? 'read' : 'operate');
}

export function allowsScope(rights: Rights, wanted: AdminScope): boolean {
  return REACH[rights.scope] >= REACH[wanted];
}

/** Whether an endpoint changes something. */
export function isChange({ method, onlyLooks }: AdminEndpoint): boolean {
  return method !== 'GET' && onlyLooks !== true;
}

/** `null`: what belongs to no tenant. */
export function seesTenant({ tenants }: Rights, tenant: string | null): boolean {
  return tenants === null || (tenant !== null && tenants.includes(tenant));
}

/** How tokens for certain tenants are kept to them. An endpoint that says nothing, and is not about one tenant, is not for them. */
function bindingOf({ tenants, path }: AdminEndpoint): NonNullable<AdminEndpoint['tenants']> {
  return tenants ?? (path.includes('{tenant}') ? 'path' : 'none');
}

/** Whether the endpoint may be asked with these segments of its path. */
export function mayAsk(endpoint: AdminEndpoint, rights: Rights, path: Readonly<Record<string, string>>): boolean {
  if (rights.tenants === null) return true;
  switch (bindingOf(endpoint)) {
    case 'path':
      return seesTenant(rights, path['tenant'] ?? path['name'] ?? null);
    case 'filter':
    case 'everybody':
      return true;
    case 'none':
      return false;
  }
}
