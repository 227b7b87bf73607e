// Backends, as the admin API tells of them.
import { z } from 'zod';
import type { Frozen } from '../../core/frozen.ts';
import { count, operator, time } from './common.ts';

export const backendStatus = z
  .object({
    name: z.string(),
    url: z.string().describe('Without credentials.'),
    state: z
      .enum([
        'healthy',
        'unknown',
        'unchecked',
        'failing',
        'unhealthy',
        'ejected',
        'withdrawn',
        'draining',
        'drained',
        'disabled',
        'unresolved',
        'full',
      ])
      .describe(
        'In one word: why it is not eligible, or else how it is. Without a check it is `unchecked` until it has answered a request, and `failing` as long as the latest one has failed.',
      ),
    health: z.enum(['unknown', 'healthy', 'unhealthy']),
    eligible: z.boolean().describe('It may get a request now.'),
    reason: z.nullable(z.string()).describe('The one reason why it is not eligible; null: it is.'),
    since: z.nullable(time).describe('Since when it has its present health; null before the first verdict.'),
    evidence: z.nullable(z.string()).describe('By what it has its present health; null before the first verdict.'),
    admission: z.enum(['open', 'draining', 'disabled']).describe('What an operator has decided.'),
    drain_deadline: z.nullable(time).describe('When requests of a draining backend are cut; null: never.'),
    weight: z.number().min(0).describe('As the balancer sees it.'),
    backup: z.boolean(),
    in_flight: count.describe('At this address, and at those that it had before a reload.'),
    tunnels: count.describe('How many of those in flight have changed their protocol (WebSocket).'),
    streams: count.describe(
      'How many of those in flight do not count against the most that it may have: tunnels, and answers that go on and on.',
    ),
    idle_connections: count,
    open_connections: count,
    requests: count,
    failures: count.describe('Attempts that failed there, whether or not another one saved the request.'),
  })
  .meta({ id: 'BackendStatus', description: 'A backend at present.' });

export const leaving = z
  .object({
    tenant: z.string(),
    name: z.string(),
    url: z.string(),
    in_flight: count,
    tunnels: count,
    deadline: z.nullable(time).describe('When they are cut off; null: never.'),
  })
  .meta({
    id: 'LeavingBackend',
    description:
      'A backend that no tenant has any more, because a reload has removed or moved it, with requests still.',
  });

const probe = z
  .object({
    at: time,
    kind: z.string().describe("The check's type."),
    passed: z.boolean(),
    status: z.nullable(z.int()),
    detail: z.string().describe('One line: a status, an error.'),
    excerpt: z.nullable(z.string()).describe('The beginning of the body.'),
    duration: z.number().describe('In milliseconds.'),
  })
  .meta({ id: 'Probe', description: 'One execution of a check.' });

const fault = z
  .object({
    code: z.string(),
    reason: z.nullable(z.string()).describe('What exactly; null: the code says it.'),
    count,
    at: time.describe('The latest one.'),
  })
  .meta({ id: 'Fault', description: 'What has gone wrong with requests, by kind.' });

const change = z
  .object({
    at: time,
    kind: z.string().describe('A word such as `unhealthy` or `drained`; later versions may have others.'),
    detail: z.string().describe('The evidence, in one line.'),
    by: z.exactOptional(operator).describe('Who has ordered it; absent: nobody.'),
  })
  .meta({ id: 'BackendChange', description: 'A change of what may happen to a backend.' });

const figures = z
  .object({
    connections_opened: count,
    connections_failed: count.describe('Attempts to open one that have failed.'),
    connections_reused: count.describe('Requests that got one that was open already.'),
    first_byte: z
      .nullable(
        z.object({
          count: count.describe('Answers.'),
          mean_ms: z.number(),
          p50_ms: z.number().describe('As far as the buckets of `metrics.buckets` tell.'),
          p99_ms: z.number(),
        }),
      )
      .describe('From the attempt to the head of the answer, in milliseconds; null: it has answered nothing.'),
  })
  .meta({ id: 'BackendFigures', description: 'What was counted at a backend since the gateway has started.' });

export const backendReport = z
  .object({
    tenant: z.string(),
    ...backendStatus.shape,
    figures: z.nullable(figures).describe('Null: it is counted together with others, see `metrics.max_backends`.'),
    earlier: z.array(leaving).describe('What it has at addresses of before.'),
    probes: z.array(probe).describe('The latest, oldest first.'),
    faults: z.array(fault),
    changes: z.array(change).describe('The latest, oldest first.'),
  })
  .meta({ id: 'BackendReport', description: 'A backend with its history.' });

/** What an order about a backend is answered with. */
export const orderedBackend = backendReport
  .extend({ warning: z.exactOptional(z.string()).describe('What the order has led to that may not be meant.') })
  .meta({ id: 'OrderedBackend', description: 'A backend after an order.' });

export type BackendStatus = Frozen<z.output<typeof backendStatus>>;
export type LeavingReport = Frozen<z.output<typeof leaving>>;
export type BackendReport = Frozen<z.output<typeof backendReport>>;
