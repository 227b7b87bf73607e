// POST /backends/{tenant}/{backend}/weight?weight=3
import { z } from 'zod';
import type { AdminEndpoint } from './contract.ts';
import { json } from './json.ts';
import { operate } from './operate.ts';

const MOST = 256;

export const weight = {
  path: '/backends/{tenant}/{backend}/weight',
  method: 'POST',
  summary:
    'Sets the weight of a backend, from 0 (no new requests) to 256. `weight=configured` brings back the configured one.',
  access: 'operator',
  parameters: () => z.object({ weight: z.union([z.int().min(0).max(MOST), z.literal('configured')]) }),
  output: async () => (await import('./shapes/backend.ts')).orderedBackend,
  answer(call, sources) {
    const text = call.query.get('weight') ?? '';
    if (text === 'configured') return operate(call, sources, { kind: 'weight', weight: null });
    const value = /^\d{1,3}$/.test(text) ? Number(text) : MOST + 1;
    if (value <= MOST) return operate(call, sources, { kind: 'weight', weight: value });
    return json(400, { error: 'weight is not valid', expected: `a whole number from 0 to ${MOST}, or configured` });
  },
} as const satisfies AdminEndpoint;
