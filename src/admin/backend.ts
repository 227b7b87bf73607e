// GET /backends/{tenant}/{backend}: one backend with its latest probes and changes.
import type { AdminEndpoint } from './contract.ts';
import { json } from './json.ts';
import { noSuchBackend } from './operate.ts';

export const backend = {
  path: '/backends/{tenant}/{backend}',
  method: 'GET',
  summary: 'One backend: its state and the reason, its latest probes with their evidence, and its latest changes.',
  access: 'operator',
  output: async () => (await import('./shapes/backend.ts')).backendReport,
  answer(call, sources) {
    const report = sources.backend(call.path['tenant'] ?? '', call.path['backend'] ?? '');
    return report === null ? noSuchBackend(call, sources) : json(200, report);
  },
} as const satisfies AdminEndpoint;
