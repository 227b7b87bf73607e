// POST /tenants/{tenant}/maintenance?active=on
import { z } from 'zod';
import type { AdminEndpoint } from './contract.ts';
import { json } from './json.ts';
import { tenantNames } from './operate.ts';

const ORDERS: Readonly<Record<string, boolean | null>> = { on: true, off: false, configured: null };

export const maintenance = {
  path: '/tenants/{tenant}/maintenance',
  method: 'POST',
  summary:
    'Turns the `maintenance` policies of a tenant on (`active=on`) or off, or leaves it to the configuration again (`active=configured`); with `policy=NAME` the one of that name. It holds over reloads and restarts.',
  access: 'operator',
  parameters: () =>
    z.object({
      active: z.enum(['on', 'off', 'configured']),
      policy: z.exactOptional(z.string()).describe('Its name; absent: all.'),
    }),
  output: async () => (await import('./shapes/tenant.ts')).maintenanceAnswer,
  async answer(call, sources) {
    const { tenant = '' } = call.path;
    const order = call.query.get('active') ?? '';
    if (!Object.hasOwn(ORDERS, order))
      return json(400, { error: 'active is not valid', expected: 'on, off or configured' });
    const tenants = tenantNames(sources);
    if (!tenants.includes(tenant)) return json(404, { error: 'no such tenant', tenants });
    const policy = call.query.get('policy');
    const present = sources.switches(tenant);
    if (present.length === 0)
      return json(400, { error: `tenant ${tenant} has no maintenance policy`, expected: 'one in its policies' });
    if (await sources.turn(tenant, policy, ORDERS[order] ?? null, call.operator))
      return json(200, { tenant, maintenance: sources.switches(tenant) });
    const expected = present.map((one) => one.policy).join(' or ');
    return json(400, { error: `tenant ${tenant} has no maintenance policy ${policy}`, expected });
  },
} as const satisfies AdminEndpoint;
