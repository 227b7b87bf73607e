// GET /top?tenant=shop&limit=10: the busiest tenants, paths and clients of the last minute.
import { z } from 'zod';
import { type TopEntry } from '../observe/top/top-board.ts';
import { readPathKey } from '../observe/top/top-tap.ts';
import type { AdminEndpoint } from './contract.ts';
import { json } from './json.ts';
import { tenantNames } from './operate.ts';
import { type PageRule, limitParameter, readLimit } from './paging.ts';

const ENTRIES: PageRule = { usual: 10, most: 100 };

export const top = {
  path: '/top',
  method: 'GET',
  summary:
    'The busiest tenants, paths and clients of the last minute, of all or of a `tenant`, at most `limit` of each (100; absent: 10). Counting begins with the first question, which waits a moment for that, and ends a minute and a half after the last; `seconds` says for how long it has been counted. Whatever has come often is there, and `at_least` and `at_most` say how exact its count is.',
  access: 'operator',
  tenants: 'filter',
  parameters: () =>
    z.object({
      tenant: z.exactOptional(z.string()).describe('Absent: the whole gateway.'),
      limit: limitParameter(ENTRIES),
    }),
  output: async () => (await import('./shapes/traffic.ts')).topAnswer,
  async answer(call, sources) {
    const tenant = call.query.get('tenant');
    const limit = readLimit(call.query, ENTRIES);
    if (typeof limit === 'string') return json(400, { error: limit });
    if (!call.sees(tenant)) return json(403, { error: 'the token is for certain tenants: name one of them' });
    const isKnown = tenant === null || sources.plan().tenants.some(({ name }) => name === tenant);
    if (!isKnown) return json(404, { error: 'no such tenant', tenants: tenantNames(sources) });
    const found = await sources.top.read(tenant, limit);
    if (found === null) return json(503, { error: 'too many tenants are looked at already' }, [['Retry-After', '60']]);
    const { seconds, requests, tenants, paths, clients } = found;
    return json(200, {
      seconds: Math.round(seconds * 10) / 10,
      requests,
      tenants: tenant === null ? tenants.map((one) => ({ tenant: one.key, ...figures(one) })) : [],
      paths: paths.map((one) => ({ ...readPathKey(one.key), ...figures(one) })),
      clients: clients.map((one) => ({ client: one.key, ...figures(one) })),
    });
  },
} as const satisfies AdminEndpoint;

function figures({ requests, atLeast, atMost }: TopEntry) {
  return { requests, at_least: atLeast, at_most: atMost };
}
