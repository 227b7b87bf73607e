// What the endpoints that people work with have in common.
import type { LocalResponse } from '../message/local-response.ts';
import type { OperatorCommand } from '../standing/operator-states.ts';
import type { AdminCall, AdminSources } from './contract.ts';
import { json } from './json.ts';

/** Carries a command out, and tells how the backend stands then. */
export function operate(call: AdminCall, sources: AdminSources, command: OperatorCommand): LocalResponse {
  const { tenant = '', backend = '' } = call.path;
  if (!sources.command(tenant, backend, command)) return noSuchBackend(call, sources);
  return json(200, sources.backend(tenant, backend));
}

/** Names what there is instead. */
export function noSuchBackend(call: AdminCall, sources: AdminSources): LocalResponse {
  const tenants = sources.status();
  const tenant = tenants.find(({ name }) => name === call.path['tenant']);
  if (tenant === undefined) return json(404, { error: 'no such tenant', tenants: tenants.map(({ name }) => name) });
  return json(404, { error: 'no such backend', backends: tenant.backends.map(({ name }) => name) });
}
