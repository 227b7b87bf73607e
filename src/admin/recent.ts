// GET /recent
import type { AdminEndpoint } from './contract.ts';
import { json } from './json.ts';

export const recent = {
  path: '/recent',
  method: 'GET',
  summary:
    'A sample of the latest requests, at most 1000 and some four a second, by what they are routed by: method, host, path without its query, and the tenant that they would come to now (null: none). Kept in memory alone.',
  access: 'operator',
  tenants: 'filter',
  output: async () => (await import('./shapes/configuration.ts')).recentAnswer,
  answer: (call, sources) => json(200, { requests: sources.recent().filter(({ tenant }) => call.sees(tenant)) }),
} as const satisfies AdminEndpoint;
