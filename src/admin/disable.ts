// POST /backends/{tenant}/{backend}/disable
import type { AdminEndpoint } from './contract.ts';
import { operate } from './operate.ts';

export const disable = {
  path: '/backends/{tenant}/{backend}/disable',
  method: 'POST',
  summary: 'Takes a backend out: it gets no new requests; requests in flight go on.',
  access: 'operator',
  answer: (call, sources) => operate(call, sources, { kind: 'disable' }),
} as const satisfies AdminEndpoint;
