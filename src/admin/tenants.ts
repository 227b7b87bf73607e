// GET /tenants: every tenant with each backend's health and the one reason why it is not eligible.
import type { AdminEndpoint } from './contract.ts';
import { json } from './json.ts';

export const tenants = {
  path: '/tenants',
  summary: 'Tenants, their backends, the health of each and why it is not eligible.',
  method: 'GET',
  access: 'operator',
  answer: (_call, sources) => json(200, { tenants: sources.status() }),
} as const satisfies AdminEndpoint;
