// GET /health/ready: whether clients should be sent here, for load balancers and orchestrators. Backends that are down change
// nothing: a gateway that answers 503 is more use than none, and all that serve the same backends would go at once.
import { z } from 'zod';
import type { AdminEndpoint } from './contract.ts';
import { json } from './json.ts';

export const ready = {
  path: '/health/ready',
  summary:
    '200 while clients should be sent here; 503 with `starting` until the gateway listens and each backend has had its first verdict (at most 5 s), and with `stopping` from the moment it is told to end.',
  method: 'GET',
  access: 'public',
  otherStatuses: [503],
  output: () => z.object({ status: z.enum(['starting', 'ready', 'stopping']) }),
  answer(_call, _isInside, sources) {
    const status = sources.readiness();
    return json(status === 'ready' ? 200 : 503, { status });
  },
} as const satisfies AdminEndpoint;
