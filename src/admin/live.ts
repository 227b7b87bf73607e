// GET /health/live: whether the process runs, for whoever starts it again if it does not.
import { z } from 'zod';
import type { AdminEndpoint } from './contract.ts';
import { json } from './json.ts';

export const live = {
  path: '/health/live',
  summary: 'Answers 200 as long as the process runs, whatever its backends do.',
  method: 'GET',
  access: 'public',
  output: () => z.object({ status: z.literal('live') }),
  answer: () => json(200, { status: 'live' }),
} as const satisfies AdminEndpoint;
