// GET /tenants/{tenant}/health: whether one tenant can serve, for whoever watches it alone.
import type { AdminEndpoint } from './contract.ts';
import { json } from './json.ts';
import { tenantNames } from './operate.ts';

export const tenantHealth = {
  path: '/tenants/{tenant}/health',
  method: 'GET',
  summary:
    'Whether a tenant can serve: its status, and each backend with the one reason why it gets no requests; 503 while none serves.',
  access: 'operator',
  otherStatuses: [503],
  output: async () => (await import('./shapes/tenant.ts')).tenantHealthAnswer,
  answer(call, sources) {
    const found = sources.tenant(call.path['tenant'] ?? '');
    if (found === null) return json(404, { error: 'no such tenant', tenants: tenantNames(sources) });
    const { name, status, healthy, total, broken } = found;
    const backends = found.backends.map(({ name: backend, state, health, eligible, reason, since, evidence }) => ({
      name: backend,
      state,
      health,
      eligible,
      reason,
      since,
      evidence,
    }));
    return json(status === 'unhealthy' ? 503 : 200, { tenant: name, status, healthy, total, broken, backends });
  },
} as const satisfies AdminEndpoint;
