// POST /tenants/{tenant}/purge?url=https://shop.example.com/a
import { z } from 'zod';
import type { AdminEndpoint } from './contract.ts';
import type { PurgeOrder } from './sources.ts';
import { json } from './json.ts';
import { tenantNames } from './operate.ts';

const EXPECTED = 'one of url=URL, tag=TAG and all=true';

export const purge = {
  path: '/tenants/{tenant}/purge',
  method: 'POST',
  summary:
    'Has the `cache` policies of a tenant forget answers: those of an address (`url=`; without a query those of all queries), those with a tag (`tag=`), or all (`all=true`). When it is answered, no process gives them out any more.',
  access: 'operator',
  parameters: () =>
    z.object({
      url: z.exactOptional(z.string()).describe('An address of the tenant.'),
      tag: z.exactOptional(z.string()),
      all: z.exactOptional(z.literal('true')).describe('Everything.'),
    }),
  output: () =>
    z.object({
      tenant: z.string(),
      purged: z.union([
        z.object({ url: z.string() }),
        z.object({ tag: z.string() }),
        z.object({ all: z.literal(true) }),
      ]),
    }),
  async answer(call, sources) {
    const { tenant = '' } = call.path;
    const tenants = tenantNames(sources);
    if (!tenants.includes(tenant)) return json(404, { error: 'no such tenant', tenants });
    const orders = ordersIn(call.query);
    const [order] = orders;
    if (order === undefined || orders.length > 1)
      return json(400, { error: 'what to purge is not said, or said twice', expected: EXPECTED });
    const outcome = await sources.purge(tenant, order);
    if (outcome === null)
      return json(400, { error: `tenant ${tenant} has no cache policy`, expected: 'one in its policies' });
    if (outcome.problem !== null) return json(400, { error: outcome.problem, expected: 'an address of the tenant' });
    return json(200, { tenant, purged: order });
  },
} as const satisfies AdminEndpoint;

function ordersIn(query: URLSearchParams): readonly PurgeOrder[] {
  const url = query.get('url');
  const tag = query.get('tag');
  return [
    ...(url === null ? [] : [{ url }]),
    ...(tag === null || tag === '' ? [] : [{ tag }]),
    ...(query.get('all') === 'true' ? [{ all: true } as const] : []),
  ];
}
