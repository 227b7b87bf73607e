// POST /backends/{tenant}/{backend}/drain?deadline=30s
import { z } from 'zod';
import { parseDuration } from '../core/units.ts';
import type { AdminEndpoint } from './contract.ts';
import { json } from './json.ts';
import { operate } from './operate.ts';

// Timers hold 31 bits of milliseconds: a longer deadline would cut the requests too early.
const LONGEST = 24 * 86_400_000;

export const drain = {
  path: '/backends/{tenant}/{backend}/drain',
  method: 'POST',
  summary:
    'Lets a backend finish its requests, and gives it no new ones. After `deadline` (such as 30s) the rest is cut off; without it, nothing is.',
  access: 'operator',
  parameters: () =>
    z.object({
      deadline: z
        .exactOptional(z.string())
        .describe(
          'A duration such as 30s, 2m or 500ms, at most 24d, after which the rest is cut off; absent: nothing is.',
        ),
    }),
  output: async () => (await import('./shapes/backend.ts')).orderedBackend,
  answer(call, sources) {
    const text = call.query.get('deadline');
    const deadline = text === null ? null : parseDuration(text);
    if (text !== null && (deadline === null || deadline > LONGEST)) {
      return json(400, {
        error: 'deadline is not valid',
        expected: 'a duration such as 30s, 2m or 500ms, at most 24d',
      });
    }
    return operate(call, sources, { kind: 'drain', cutAfter: deadline });
  },
} as const satisfies AdminEndpoint;
