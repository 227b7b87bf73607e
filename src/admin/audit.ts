// GET /audit
import type { AdminEndpoint } from './contract.ts';
import { json } from './json.ts';

export const audit = {
  path: '/audit',
  method: 'GET',
  summary:
    'Who has changed what, and with what status it was answered: the latest 1,000 requests since the start, oldest first.',
  access: 'operator',
  tenants: 'filter',
  output: async () => (await import('./shapes/audit.ts')).auditAnswer,
  answer(call, sources) {
    const seen = sources.audit().filter(({ tenant }) => call.sees(tenant));
    return json(200, { entries: seen.map((one) => ({ ...one, at: new Date(one.at).toISOString() })) });
  },
} as const satisfies AdminEndpoint;
