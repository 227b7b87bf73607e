// The common part of the endpoints that change a backend.
import type { LocalResponse } from '../message/local-response.ts';
import type { OperatorCommand } from '../standing/operator-states.ts';
import type { AdminCall, OperatorCall } from './contract.ts';
import type { AdminSources } from './sources.ts';
import { json } from './json.ts';

/** Carries out a command, and answers with the new state of the backend. */
export async function operate(
  call: OperatorCall,
  sources: AdminSources,
  command: OperatorCommand,
): Promise<LocalResponse> {
  const { tenant = '', backend = '' } = call.path;
  if (!(await sources.command(tenant, backend, command, call.operator))) return noSuchBackend(call, sources);
  const report = sources.backend(tenant, backend);
  const isServed = eligibleOf(sources, tenant).length > 0;
  const warning = isServed || command.kind === 'enable' ? null : `no backend of tenant ${tenant} is eligible now`;
  return json(200, warning === null ? report : { ...report, warning });
}

/** No other backend of the tenant could take a request. */
export function isLast(sources: AdminSources, tenant: string, backend: string): boolean {
  const [first, ...others] = eligibleOf(sources, tenant);
  return first === backend && others.length === 0;
}

function eligibleOf(sources: AdminSources, tenant: string): readonly string[] {
  for (const { name, backends } of sources.tenants())
    if (name === tenant) return backends.filter(({ eligible }) => eligible).map((one) => one.name);
  return [];
}

/** Of all tenants. */
export function tenantNames(sources: AdminSources): readonly string[] {
  return sources.plan().tenants.map(({ name }) => name);
}

/** A 404 that lists the tenants, or the tenant's backends, that do exist. */
export function noSuchBackend(call: AdminCall, sources: AdminSources): LocalResponse {
  const tenants = sources.status();
  const tenant = tenants.find(({ name }) => name === call.path['tenant']);
  if (tenant === undefined) return json(404, { error: 'no such tenant', tenants: tenantNames(sources) });
  return json(404, { error: 'no such backend', backends: tenant.backends.map(({ name }) => name) });
}
