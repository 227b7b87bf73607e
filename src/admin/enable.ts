// POST /backends/{tenant}/{backend}/enable
import type { AdminEndpoint } from './contract.ts';
import { operate } from './operate.ts';

export const enable = {
  path: '/backends/{tenant}/{backend}/enable',
  method: 'POST',
  summary: 'Lets a backend that was drained or disabled get requests again.',
  access: 'operator',
  output: async () => (await import('./shapes/backend.ts')).orderedBackend,
  answer: (call, sources) => operate(call, sources, { kind: 'enable' }),
} as const satisfies AdminEndpoint;
