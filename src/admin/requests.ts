// GET /requests?tenant=shop&status=5xx&slower=500ms: the latest requests that are worth a look, or the next ones.
import { z } from 'zod';
import { millis } from '../core/units.ts';
import { type Result, ok } from '../core/result.ts';
import { type RequestFilter, readFilter } from '../observe/live/request-filter.ts';
import type { BoardRequest } from '../observe/live/live-board.ts';
import type { LocalResponse } from '../message/local-response.ts';
import type { AdminEndpoint, OperatorCall } from './contract.ts';
import type { AdminSources } from './sources.ts';
import { json } from './json.ts';

const MOST = 500;
const USUAL = 100;
// In seconds. Most proxies on the way would wait longer for a response.
const LONGEST_WAIT = 30;

/** What the query of both endpoints may ask for. */
export const filterParameters = () =>
  z.object({
    tenant: z.exactOptional(z.string()),
    status: z
      .exactOptional(z.string().regex(/^(\d{1,3}|[1-5]xx)$/i))
      .describe('A number such as 503, or a class such as 5xx.'),
    slower: z.exactOptional(z.string()).describe('A duration such as 500ms.'),
    method: z.exactOptional(z.string()),
    path: z.exactOptional(z.string()).describe('A part of the path.'),
  });

export const requests = {
  path: '/requests',
  method: 'GET',
  summary:
    'Requests that have ended lately, oldest first: errors, several attempts, slow ones, and some others. By `tenant`, `status` (503 or 5xx), `slower` (500ms), `method`, `path` (a part of it); those with a number after `after`; if there are none yet, waits up to `wait` seconds for the next that fits.',
  access: 'operator',
  tenants: 'filter',
  parameters: () =>
    filterParameters().extend({
      after: z.exactOptional(z.int().min(0)).describe('The number after which requests are asked for.'),
      wait: z.exactOptional(z.number().min(0)).describe('Seconds to wait for the next one that fits, 30 at most.'),
      limit: z.exactOptional(z.int().min(1)).describe('At most so many, and at most 500; absent: 100.'),
    }),
  output: async () => (await import('./shapes/traffic.ts')).requestsAnswer,
  answer(call, { live }) {
    const filter = seenBy(call);
    if (!filter.ok) return json(400, { error: filter.error });
    const number = (name: string, usual: number): number => Number(call.query.get(name) ?? usual);
    const [after, wait, limit] = [number('after', 0), number('wait', 0), number('limit', USUAL)];
    if (!Number.isSafeInteger(after) || after < 0 || !(wait >= 0) || !Number.isSafeInteger(limit) || limit < 1)
      return json(400, { error: 'after must be a whole number from 0 on, wait a number from 0 on, limit from 1 on' });
    const found = live.find(filter.value, Math.min(after, live.latest), Math.min(limit, MOST));
    if (found.length > 0 || wait === 0) return listed(found, live);
    const next = live.next(filter.value, millis(Math.min(wait, LONGEST_WAIT) * 1000));
    if (next === null) return json(503, { error: 'too many watch already' }, [['Retry-After', '10']]);
    return next.then((late) => listed(late, live));
  },
} as const satisfies AdminEndpoint;

/** What the query asks for, of the tenants that the operator may see. The error is one line for people. */
export function seenBy({ query, tenants }: Pick<OperatorCall, 'query' | 'tenants'>): Result<RequestFilter, string> {
  const filter = readFilter(query);
  return filter.ok ? ok({ ...filter.value, among: tenants }) : filter;
}

function listed(found: readonly BoardRequest[], { latest }: Pick<AdminSources['live'], 'latest'>): LocalResponse {
  return json(200, { latest, requests: found });
}
