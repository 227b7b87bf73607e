// POST /reload
import { z } from 'zod';
import type { AdminEndpoint } from './contract.ts';
import { json } from './json.ts';

export const reload = {
  path: '/reload',
  method: 'POST',
  summary:
    'Reads the configuration again, as SIGHUP does, and tells what has come of it: `reloaded` with the names of tenants that are new, changed or gone and what has changed in words (`quarantined`: those whose configuration is broken and whose last good version is served, or nothing), `refused` with the problems, or `failed` with the reason. With `dry_run=true` it only tells what would change (`would_reload`).',
  access: 'operator',
  scope: 'admin',
  parameters: () => z.object({ dry_run: z.exactOptional(z.boolean()).describe('Only tells what would change.') }),
  output: async () => (await import('./shapes/configuration.ts')).reloadAnswer,
  async answer({ operator, query }, sources) {
    const outcome = await sources.reload(operator, query.get('dry_run') === 'true');
    if (outcome === null)
      return json(501, { error: 'this gateway does not read a file: its program puts plans in force' });
    return json(200, { added: [], changed: [], removed: [], changes: [], quarantined: [], problems: [], ...outcome });
  },
} as const satisfies AdminEndpoint;
