// GET /plan/{tenant}
import { tenantNames } from './operate.ts';
import type { AdminEndpoint } from './contract.ts';
import { factsOfTenant } from '../plan/difference-in-words.ts';
import { shownFacts } from './facts.ts';
import { json } from './json.ts';

export const planOfTenant = {
  path: '/plan/{tenant}',
  method: 'GET',
  summary:
    'What is in force of one tenant and its services, setting by setting, as it is shown to people. Never a secret.',
  access: 'operator',
  output: async () => (await import('./shapes/configuration.ts')).tenantPlanAnswer,
  answer(call, sources) {
    const tenant = sources.plan().tenants.find(({ name }) => name === call.path['tenant']);
    if (tenant === undefined) return json(404, { error: 'no such tenant', tenants: tenantNames(sources) });
    const { name, own, services } = factsOfTenant(tenant);
    const { fingerprint } = tenant;
    const entries = Array.from(services, ([service, facts]) => [service, shownFacts(facts)] as const);
    return json(200, { name, fingerprint, own: shownFacts(own), services: Object.fromEntries(entries) });
  },
} as const satisfies AdminEndpoint;
