// POST /upgrade
import type { AdminEndpoint } from './contract.ts';
import { json } from './json.ts';

export const upgrade = {
  path: '/upgrade',
  method: 'POST',
  summary:
    'Has the program that is now where this one was started take its place, as SIGUSR2 does, and tells what has come of it: `upgraded` with the number and the version of the new process, or `failed` with the reason; the old one goes on then.',
  access: 'operator',
  scope: 'admin',
  output: async () => (await import('./shapes/configuration.ts')).upgradeAnswer,
  async answer({ operator }, sources) {
    const outcome = await sources.upgrade(operator);
    if (outcome === null)
      return json(501, { error: 'this gateway is part of another program, which can be restarted' });
    return json(200, outcome);
  },
} as const satisfies AdminEndpoint;
