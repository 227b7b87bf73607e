// GET /tenants: all tenants with their backends.
import type { AdminEndpoint } from './contract.ts';
import { json } from './json.ts';

export const tenants = {
  path: '/tenants',
  summary: 'All tenants with their backends: the health of each, and the reason if it is not eligible.',
  method: 'GET',
  access: 'operator',
  answer: (_call, sources) => json(200, { tenants: sources.status() }),
} as const satisfies AdminEndpoint;
