// GET /series?tenant=shop&range=1h: the past of the traffic, step by step.
import { z } from 'zod';
import { RANGES, type Range } from '../observe/history/traffic-history.ts';
import type { Point } from '../observe/history/timeline.ts';
import type { AdminEndpoint } from './contract.ts';
import { json } from './json.ts';
import { tenantNames } from './operate.ts';

export const series = {
  path: '/series',
  method: 'GET',
  summary:
    'The past of the traffic in steps, of a `tenant` or of all, for a `range` of 15m, 1h, 24h, 7d or 30d: requests, errors, retries and bytes in each step, latencies in milliseconds. Null where nothing is known.',
  access: 'operator',
  tenants: 'filter',
  parameters: () =>
    z.object({
      tenant: z.exactOptional(z.string()).describe('Absent: the whole gateway.'),
      range: z.exactOptional(z.enum(['15m', '1h', '24h', '7d', '30d'])).describe('Absent: 1h.'),
    }),
  output: async () => (await import('./shapes/traffic.ts')).seriesAnswer,
  answer(call, sources) {
    const range = call.query.get('range') ?? '1h';
    const tenant = call.query.get('tenant');
    if (!isRange(range)) return json(400, { error: `range must be one of ${Object.keys(RANGES).join(', ')}` });
    if (!call.sees(tenant)) return json(403, { error: 'the token is for certain tenants: name one of them' });
    const isKnown = tenant === null || sources.plan().tenants.some(({ name }) => name === tenant);
    if (!isKnown) return json(404, { error: 'no such tenant', tenants: tenantNames(sources) });
    const { length, step } = RANGES[range];
    const past = sources.traffic.past(tenant, range);
    const points = past?.points ?? Array.from<null>({ length: length / step }).fill(null);
    const column = (of: (point: Point) => number | null): readonly (number | null)[] =>
      points.map((point) => (point === null ? null : of(point)));
    return json(200, {
      step_seconds: step / 1000,
      from_ms: past?.from ?? Math.floor(sources.wall() / step) * step - length,
      requests: column(({ requests }) => requests),
      errors_4xx: column(({ clientErrors }) => clientErrors),
      errors_5xx: column(({ serverErrors }) => serverErrors),
      p50_ms: column(({ p50 }) => p50),
      p95_ms: column(({ p95 }) => p95),
      p99_ms: column(({ p99 }) => p99),
      retries: column(({ retries }) => retries),
      bytes_out: column(({ bytesOut }) => bytesOut),
      in_flight: column(({ inFlight }) => inFlight),
    });
  },
} as const satisfies AdminEndpoint;

function isRange(word: string): word is Range {
  return Object.hasOwn(RANGES, word);
}
