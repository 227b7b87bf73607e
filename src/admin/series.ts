// GET /series?tenant=shop&range=1h: the past of the traffic, step by step.
import { z } from 'zod';
import type { Steps } from '../core/slices.ts';
import { RANGES, type Range, type TrafficPast } from '../observe/history/traffic-history.ts';
import type { Point } from '../observe/history/timeline.ts';
import type { AdminEndpoint } from './contract.ts';
import type { AdminSources } from './sources.ts';
import { json, jsonBytes } from './json.ts';
import { tenantNames } from './operate.ts';

const UTF8 = new TextEncoder();
const FINE = '10s';

export const series = {
  path: '/series',
  method: 'GET',
  summary:
    'The past of the traffic in steps, of a `tenant` or of all, for a `range` of 15m, 1h, 24h, 7d or 30d: requests, errors, retries and bytes in each step, latencies in milliseconds. Null where nothing is known. Steps are of ten seconds up to 1h, and of five minutes above; with `step=10s` those of 24h are of ten seconds, too.',
  access: 'operator',
  tenants: 'filter',
  parameters: () =>
    z.object({
      tenant: z.exactOptional(z.string()).describe('Absent: the whole gateway.'),
      range: z.exactOptional(z.enum(['15m', '1h', '24h', '7d', '30d'])).describe('Absent: 1h.'),
      step: z.exactOptional(z.literal('10s')).describe('A day in steps of ten seconds; absent: as the range has them.'),
    }),
  output: async () => (await import('./shapes/traffic.ts')).seriesAnswer,
  async answer(call, sources) {
    const range = call.query.get('range') ?? '1h';
    const step = call.query.get('step');
    const tenant = call.query.get('tenant');
    if (!isRange(range)) return json(400, { error: `range must be one of ${Object.keys(RANGES).join(', ')}` });
    if (step !== null && (step !== FINE || RANGES[range].length > RANGES['24h'].length))
      return json(400, { error: `step must be ${FINE}, and the range at most 24h, or step must be absent` });
    if (!call.sees(tenant)) return json(403, { error: 'the token is for certain tenants: name one of them' });
    const isKnown = tenant === null || sources.plan().tenants.some(({ name }) => name === tenant);
    if (!isKnown) return json(404, { error: 'no such tenant', tenants: tenantNames(sources) });
    const past = (await sources.traffic.past(tenant, range, step !== null)) ?? nothing(range, sources);
    // A day in steps of ten seconds is half a megabyte: made at once, all requests would wait for it.
    const text = await sources.inSlices(textOf(past));
    return text === null ? json(503, { error: 'the gateway ends' }) : jsonBytes(200, UTF8.encode(text));
  },
} as const satisfies AdminEndpoint;

function nothing(range: Range, { wall }: Pick<AdminSources, 'wall'>): TrafficPast {
  const { length, step } = RANGES[range];
  const points = Array.from<null>({ length: length / step }).fill(null);
  return { from: Math.floor(wall() / step) * step - length, step, points };
}

const COLUMNS: readonly (readonly [name: string, of: (point: Point) => number | null])[] = [
  ['requests', ({ requests }) => requests],
  ['errors_4xx', ({ clientErrors }) => clientErrors],
  ['errors_5xx', ({ serverErrors }) => serverErrors],
  ['p50_ms', ({ p50 }) => p50],
  ['p95_ms', ({ p95 }) => p95],
  ['p99_ms', ({ p99 }) => p99],
  ['retries', ({ retries }) => retries],
  ['bytes_out', ({ bytesOut }) => bytesOut],
  ['in_flight', ({ inFlight }) => inFlight],
];

function* textOf({ step, from, points }: TrafficPast): Steps<string> {
  const parts = [`{"step_seconds":${step / 1000},"from_ms":${from}`];
  for (const [name, of] of COLUMNS) {
    yield;
    const column = points.map((point) => (point === null ? null : of(point)));
    parts.push(`,"${name}":${JSON.stringify(column)}`);
  }
  return `${parts.join('')}}\n`;
}

function isRange(word: string): word is Range {
  return Object.hasOwn(RANGES, word);
}
