// POST /backends/{tenant}/{backend}/disable
import { z } from 'zod';
import type { AdminEndpoint } from './contract.ts';
import { json } from './json.ts';
import { isLast, operate } from './operate.ts';

export const disable = {
  path: '/backends/{tenant}/{backend}/disable',
  method: 'POST',
  summary:
    'Takes a backend out: it gets no new requests; requests in flight go on. The last eligible one of its tenant only with `force=true`.',
  access: 'operator',
  parameters: () =>
    z.object({ force: z.exactOptional(z.boolean()).describe('Also the last eligible backend of its tenant.') }),
  output: async () => (await import('./shapes/backend.ts')).orderedBackend,
  answer(call, sources) {
    const { tenant = '', backend = '' } = call.path;
    if (call.query.get('force') === 'true' || !isLast(sources, tenant, backend))
      return operate(call, sources, { kind: 'disable' });
    const error = `${tenant}/${backend} is the last eligible backend of its tenant: all requests would be answered with 503`;
    return json(409, { error, expected: 'force=true, if that is meant' });
  },
} as const satisfies AdminEndpoint;
