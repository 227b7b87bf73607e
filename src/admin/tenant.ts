// GET /tenants/{tenant}: one tenant with its backends and routes.
import type { RoutePlan } from '../plan/tenant-plan.ts';
import { describeMatch } from '../route/match.ts';
import type { AdminEndpoint } from './contract.ts';
import { json } from './json.ts';
import { tenantNames } from './operate.ts';

export const tenant = {
  path: '/tenants/{tenant}',
  method: 'GET',
  summary: 'One tenant as `GET /tenants` has it, and its routes: what each matches, and the pool that it leads to.',
  access: 'operator',
  output: async () => (await import('./shapes/tenant.ts')).tenantAnswer,
  answer(call, sources) {
    const status = sources.tenant(call.path['tenant'] ?? '');
    if (status === null) return json(404, { error: 'no such tenant', tenants: tenantNames(sources) });
    const plan = sources.plan().tenants.find(({ name }) => name === status.name);
    return json(200, { ...status, routes: plan?.routes.map(described) ?? [] });
  },
} as const satisfies AdminEndpoint;

function described({ name, match, pool }: RoutePlan) {
  return { name, rule: match.paths.map((path) => describeMatch(match, path)).join(' or '), pool };
}
