// Traffic, as the admin API tells of it. Shares are from 0 to 1.
import { z } from 'zod';
import { count, overallStatus, time } from './common.ts';

const latency = z.nullable(z.number()).describe('In milliseconds; null: not known.');
const share = z.number().min(0).max(1);

const backendCounts = z.object({ total: count, eligible: count.describe('Those that serve.') });

export const overviewAnswer = z.object({
  version: z.string(),
  uptime_seconds: z.int(),
  state: z.enum(['starting', 'ready', 'stopping']),
  words: z.string().describe('How the gateway stands, for people.'),
  problems: z
    .array(z.object({ text: z.string(), tenant: z.nullable(z.string()), backend: z.nullable(z.string()) }))
    .describe('The worst first, at most 20.'),
  more_problems: count,
  now: z
    .object({
      requests_per_second: z.number(),
      error_share: share.describe('Of answers with a status of 5xx.'),
      p50_ms: latency,
      p95_ms: latency,
      p99_ms: latency,
      connections: z.nullable(count).describe('From clients; null: not for those who see certain tenants only.'),
      in_flight: count,
      bytes_out_per_second: z.number(),
    })
    .describe('The traffic of the last ten seconds.'),
  tenants: z.object({ total: count, healthy: count, degraded: count, down: count }),
  backends: backendCounts,
  workers: z.array(
    z.object({
      number: count,
      pid: z.int(),
      state: z.string(),
      cpu_share: z.nullable(z.number()).describe('Of one core.'),
      memory_bytes: z.nullable(z.number()),
      loop_delay_ms: z.nullable(z.number()).describe('How long the event loop kept others waiting.'),
    }),
  ),
});

const tenantSummary = z
  .object({
    name: z.string(),
    health: overallStatus,
    reason: z.nullable(z.string()).describe('The one reason why it is not healthy; null: it is.'),
    requests_per_second: z.number(),
    error_share: share,
    p99_ms: latency,
    in_flight: count,
    backends: backendCounts,
    spark: z.array(z.number()).describe('Requests a second in the steps of the last five minutes, oldest first.'),
  })
  .meta({ id: 'TenantSummary', description: 'A tenant in a line.' });

export const summariesAnswer = z.object({
  total: count.describe('How many tenants fit, on all pages.'),
  page: z.int().min(1),
  limit: z.int().min(1),
  tenants: z.array(tenantSummary),
});

const column = z.array(z.nullable(z.number())).describe('One value for each step; null: nothing is known.');

export const seriesAnswer = z.object({
  step_seconds: z.int(),
  from_ms: z.int().describe('When the first step begins, in milliseconds since 1970.'),
  requests: column,
  errors_4xx: column,
  errors_5xx: column,
  p50_ms: column,
  p95_ms: column,
  p99_ms: column,
  retries: column,
  bytes_out: column,
  in_flight: column,
});

const busy = {
  requests: count.describe('As counted.'),
  at_least: count.describe('Between these lies how many there truly were.'),
  at_most: count,
};

export const topAnswer = z.object({
  seconds: z.number().describe('For how long it has been counted: up to a minute.'),
  requests: count.describe('All that were counted in that time.'),
  tenants: z
    .array(z.object({ tenant: z.string(), ...busy }))
    .describe('The busiest first; none where one is asked for.'),
  paths: z.array(
    z.object({
      tenant: z.nullable(z.string()).describe('Null: no tenant has matched.'),
      path: z.string().describe('Without the query, and at most 200 characters.'),
      ...busy,
    }),
  ),
  clients: z.array(z.object({ client: z.string().describe('The address.'), ...busy })),
});

const attempt = z
  .object({
    backend: z.string(),
    outcome: z.union([z.int(), z.string()]).describe('The status, or what went wrong.'),
    is_hedge: z.boolean(),
    began_ms: z.number().describe('From the beginning of the request.'),
    ended_ms: z.number(),
  })
  .meta({ id: 'Attempt', description: 'One try at one backend.' });

const duration = z.nullable(z.number()).describe('In milliseconds; null: not known, or there was none.');

export const endedRequest = z
  .object({
    number: count.describe('One more than that of the one before.'),
    time: time.describe('When it ended.'),
    request_id: z.string(),
    client: z.string().describe('Its address.'),
    listener: z.string(),
    tenant: z.nullable(z.string()),
    route: z.nullable(z.string()),
    pool: z.nullable(z.string()),
    method: z.string(),
    host: z.string(),
    path: z.string().describe('Without its query, which may hold secrets.'),
    protocol: z.string(),
    status: z.int().describe('0: no response began.'),
    failure: z.nullable(z.string()).describe('Why no backend gave a complete response.'),
    refused_by: z.nullable(z.string()).describe('The policy that answered in place of a backend.'),
    bytes_in: count,
    bytes_out: count,
    duration_ms: z.number(),
    queue_ms: duration,
    connect_ms: duration,
    first_byte_ms: duration,
    backend: z.nullable(z.string()),
    attempts: count,
    tried: z.array(attempt).describe('Where there was more than one attempt.'),
  })
  .meta({ id: 'EndedRequest', description: 'A request that has ended.' });

export const requestsAnswer = z.object({
  latest: count.describe('The number of the latest request that is known, for `after`.'),
  requests: z.array(endedRequest),
});
