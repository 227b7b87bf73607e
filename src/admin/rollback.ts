// POST /rollback?version=12
import { z } from 'zod';
import type { AdminEndpoint } from './contract.ts';
import { json } from './json.ts';

export const rollback = {
  path: '/rollback',
  method: 'POST',
  summary:
    'Puts in force a configuration that was in force before: `version`, or the latest that differs from the present one. It is checked like any other, and answered like `POST /reload`. The file stays as it is, and counts again with the next reload.',
  access: 'operator',
  scope: 'admin',
  parameters: () =>
    z.object({
      version: z
        .exactOptional(z.int().min(1))
        .describe('A number from `GET /history`; absent: the latest that differs.'),
    }),
  output: async () => (await import('./shapes/configuration.ts')).rollbackAnswer,
  async answer({ operator, query }, sources) {
    const wanted = query.get('version');
    if (wanted !== null && !/^[1-9]\d{0,8}$/.test(wanted))
      return json(400, { error: 'version is not valid', expected: 'a number from GET /history' });
    const outcome = await sources.rollBack(wanted === null ? null : Number(wanted), operator);
    if (outcome === null)
      return json(501, { error: 'this gateway does not read a file: its program puts plans in force' });
    return json(200, {
      added: [],
      changed: [],
      removed: [],
      changes: [],
      quarantined: [],
      problems: [],
      version: null,
      ...outcome,
    });
  },
} as const satisfies AdminEndpoint;
