// GET /health: the state of the gateway in one word, for load balancers and dashboards. In full it has the form of the
// original's.
import { z } from 'zod';
import type { AdminEndpoint } from './contract.ts';
import { jsonBytes } from './json.ts';

export const health = {
  path: '/health',
  summary: 'Status of the gateway, and for operators of each tenant; 503 while no tenant can serve.',
  method: 'GET',
  access: 'public',
  otherStatuses: [503],
  output: () =>
    z.object({
      status: z.enum(['healthy', 'degraded', 'unhealthy']),
      tenants: z
        .exactOptional(z.record(z.string(), z.string()))
        .describe('How many backends of each serve. This and the rest: for operators.'),
      uptime: z.exactOptional(z.string()),
      version: z.exactOptional(z.string()),
    }),
  answer(_call, isInside, sources) {
    const told = isInside ? 'full' : sources.publicHealth();
    if (told === 'none') return null;
    const { status, body } = sources.health(told === 'full' ? 'full' : 'word');
    return jsonBytes(status === 'unhealthy' ? 503 : 200, body);
  },
} as const satisfies AdminEndpoint;
