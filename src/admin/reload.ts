// POST /reload
import type { AdminEndpoint } from './contract.ts';
import { json } from './json.ts';

export const reload = {
  path: '/reload',
  method: 'POST',
  summary:
    'Reads the configuration again, as SIGHUP does, and tells what has come of it: `reloaded` with the names of tenants that are new, changed or gone, or `refused` with the problems.',
  access: 'operator',
  async answer(_, sources) {
    const outcome = await sources.reload();
    if (outcome === null)
      return json(501, { error: 'this gateway does not read a file: its program puts plans in force' });
    return json(200, { added: [], changed: [], removed: [], problems: [], ...outcome });
  },
} as const satisfies AdminEndpoint;
