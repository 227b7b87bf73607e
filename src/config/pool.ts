// A pool: where requests of a tenant go. A tenant is one itself, and may have more by names.
import { z } from 'zod';
import { balancers } from '../balance/registry.ts';
import { defaulted, described, optional } from '../core/described.ts';
import { choice, count, countOrNone, duration, flag, size } from '../core/settings.ts';
import { bytes } from '../core/units.ts';
import { checks } from '../probing/registry.ts';
import { lastResorts } from '../standing/last-resort.ts';
import { affinity } from './affinity.ts';
import { backendTls } from './backend-tls.ts';
import { discover } from './dns.ts';
import { backendUrl, health, healthInterval, name } from './fields.ts';
import { tenantTimeouts } from './limits.ts';
import { outlierEjection } from './outlier.ts';
import { protocol } from './protocol.ts';
import { retry } from './retry.ts';
import { slowStart } from './slow-start.ts';
import { kindOrFirst, kindOrType } from './unions.ts';

const service = z.strictObject({
  name: described(name, 'Name of the backend, unique in its tenant.'),
  url: described(
    backendUrl,
    'Where the backend is. A path in it is put before the path of every request, and a query before its query; credentials become an `Authorization` field and are never shown. `unix:/run/app.sock` is a Unix socket; a base path follows after a colon (`unix:/run/app.sock:/base`), and the `http://unix:…` of nginx means the same.',
  ),
  protocol,
  health: optional(
    health,
    'Path of its health check, with a query if need be. Absent: `health_check.path` of the tenant. Empty: not checked, and always eligible.',
  ),
  tls: optional(
    backendTls,
    'How the backend proves who it is, and the gateway to it, where its URL begins with https. Checks go by the same. Absent: by a certificate for the host of the URL, from an authority that the system knows (`SSL_CERT_FILE` names a file of others for all).',
  ),
  discover: defaulted(
    discover,
    'How the name in `url` becomes backends. `addresses`: one for each of its addresses. `srv`: one for each address and port in its SRV records (`http://_http._tcp.app.internal`), with their weights and priorities. `none`: one for the name. An IP address is always one backend.',
    {
      value: 'none',
      reason:
        'a host is one backend, as in the original, wherever it is at the moment; if it has several addresses, they share its connections.',
    },
  ),
  weight: defaulted(count({ min: 1, max: 256 }), 'Share of traffic relative to the other services of the tenant.', {
    value: 1,
    reason: 'equal shares.',
  }),
  backup: defaulted(flag, 'Whether it is a backup: it gets requests only while all other services are out.', {
    value: false,
    reason: 'as a rule all backends share the work.',
  }),
  max_requests: optional(
    countOrNone({ min: 1, max: 100_000 }),
    'Requests that it may have at a time; further ones wait. Absent: `pool.max_connections`; a hundred times that for `protocol: h2`.',
  ),
});

const threshold = count({ min: 1, max: 100 });

export const schedule = {
  interval: optional(duration, 'Time from one probe of a backend to the next. Absent: `health_interval`, else 5s.'),
  timeout: optional(
    duration,
    'How long a probe may take; not longer than the interval. Absent: 2s, or the interval if that is shorter.',
  ),
  fast_interval: defaulted(
    duration,
    'Time between probes while health is in doubt: a healthy backend has failed, or an unhealthy one has passed. Not longer than the interval.',
    {
      value: '1s',
      reason: 'a backend that comes back should not have to wait for a whole interval.',
    },
  ),
  down_interval: optional(
    duration,
    'Time between probes of an unhealthy backend until one of them passes; it may be longer than the interval. Absent: `fast_interval`.',
  ),
  rise: defaulted(threshold, 'Successes in a row that make an unhealthy backend healthy.', {
    value: 2,
    reason: 'a program that is just starting often answers once and then fails again.',
  }),
  fall: defaulted(threshold, 'Failures in a row that make a healthy backend unhealthy.', {
    value: 3,
    reason: 'one lost packet is no reason to move traffic away.',
  }),
};

const MOST_BUFFERED = bytes(16 * 1024 * 1024);

const pool = z.strictObject({
  max_connections: defaulted(
    count({ min: 1, max: 100_000 }),
    'Requests that each backend may have at a time; tunnels and streams have a limit of their own. A backend of `protocol: h2` may have so many connections, all processes together, but at least one of each, and as many requests on each as it allows (`max_requests` bounds them).',
    {
      value: 100,
      reason: 'as in the original; protects an origin from more requests than it can work on.',
    },
  ),
  max_tunnels: defaulted(
    count({ min: 0, max: 1_000_000 }),
    'Tunnels (WebSocket) and streams that each backend may have besides; further ones count against `max_connections`. A stream is an answer of the type text/event-stream, or one that flows for longer than `stream_after`.',
    {
      value: 10_000,
      reason: 'they last for hours and cost an origin little; a hundred open chats must not lock a site.',
    },
  ),
  stream_after: defaulted(duration, 'An answer whose body flows for longer is a stream.', {
    value: '30s',
    reason: 'by then an origin has long done the work that `max_connections` protects it from.',
  }),
  ping_after: defaulted(
    duration,
    'A connection of HTTP/2 that brings nothing for so long while requests wait is asked by a PING whether it lives; after as long again without a byte it is given up.',
    {
      value: '15s',
      reason: 'a connection that a firewall has forgotten would keep its requests waiting for `timeouts.first_byte`.',
    },
  ),
  max_idle: defaulted(
    count({ min: 0, max: 100_000 }),
    'Idle connections kept to each backend for `idle_timeout`; more of them for `surplus_timeout`, unless this is 0.',
    {
      value: 50,
      reason: 'as in the original.',
    },
  ),
  warm: defaulted(
    count({ min: 0, max: 1000 }),
    'Connections to open to a backend as soon as it is found healthy, ahead of its first requests; `max_idle` at most.',
    {
      value: 0,
      reason: 'in the same network a connection opens in less than a millisecond; set it for TLS or distant backends.',
    },
  ),
  idle_timeout: defaulted(duration, 'How long an idle connection to a backend is kept.', {
    value: '120s',
    reason: 'as in the original.',
  }),
  surplus_timeout: defaulted(
    duration,
    'The same for those beyond `max_idle` and `limits.idle_connections`: they have just been in use at the same time.',
    {
      value: '2s',
      reason:
        'a peak of requests would otherwise open a connection for each of them, at five times the cost; most peaks come back within seconds.',
    },
  ),
  request_buffer: defaulted(
    size({ min: bytes(0), max: MOST_BUFFERED }),
    'While half of the places at the backends are taken, a request with a `Content-Length` up to this size is read to its end before it takes a place, unless its client waits for a `100 Continue`; 0: none is.',
    {
      value: '16KiB',
      reason: 'so clients that send slowly, on purpose or not, occupy no backend; forms and API calls fit in.',
    },
  ),
  max_queue: defaulted(
    count({ min: 0, max: 1_000_000 }),
    'How many requests of the tenant may wait for a backend with room; 0: none.',
    {
      value: 1024,
      reason: 'a burst fits in, and a flood is refused before it takes much memory.',
    },
  ),
});

/** What a tenant says of its own pool. */
export const poolSettings = {
  services: defaulted(z.array(service), 'The backends of the tenant.', {
    value: [],
    reason: 'a tenant without backends loads and answers 503, as it does when all its backends are down.',
  }),
  balance: defaulted(
    kindOrType(balancers),
    'Which backend gets the next request: the name of a balancer, or a map with its options.',
    {
      value: balancers[0].type,
      reason: 'as in the original; equal shares need no knowledge of the origins.',
    },
  ),
  health_check: defaulted(kindOrFirst(checks, schedule), 'How the backends are checked.', {
    value: {},
    reason: 'a service with a `health` path is checked in the usual way.',
  }),
  health_interval: optional(
    healthInterval,
    "The original's name for `health_check.interval`, which takes precedence. A number counts seconds; 0 and less mean 30s, as in the original.",
  ),
  outlier_ejection: defaulted(outlierEjection, 'How real traffic takes a backend out for a while.', {
    value: {},
    reason: 'see each setting.',
  }),
  affinity: optional(
    affinity,
    'Keeps a client with the backend that answered it first, by a signed cookie. While that backend is not eligible, another one serves the client. Absent: each request goes where the balancer sends it.',
  ),
  slow_start: defaulted(slowStart, 'How a backend that comes back gets its share of the traffic again.', {
    value: {},
    reason: 'see each setting.',
  }),
  when_none_eligible: defaulted(
    choice(lastResorts),
    'What happens to a request when no backend is eligible: `fail` answers 503; `any` tries the least bad ones; `last_known` tries those that were eligible last. What an operator has taken out stays out.',
    {
      value: 'fail',
      reason:
        'the client gets an honest error at once, and backends that are known to be down do not get the load of all.',
    },
  ),
  retry: defaulted(retry, 'What happens when a backend fails before its response has begun.', {
    value: {},
    reason: 'no request is lost that could have been saved.',
  }),
  pool: defaulted(pool, 'Connections to the backends of the tenant.', {
    value: {},
    reason: 'see each setting.',
  }),
};

export const passHostHeader = defaulted(
  flag,
  'Whether origins see the Host that the client sent; otherwise the host of their own URL.',
  {
    value: true,
    reason: 'as in the original; origins that make links need it.',
  },
);

export const poolTimeouts = defaulted(tenantTimeouts, 'Where the tenant differs from `timeouts`.', {
  value: {},
  reason: 'most tenants do not differ.',
});

const like = <T extends z.ZodType>(key: string, schema: T) =>
  optional(schema, `\`${key}\` of this pool.`).meta({ 'x-same-as': `tenants[].${key}` });

const ofTenant = <T extends z.ZodType>(schema: z.ZodDefault<z.ZodPrefault<T>>): T => schema.unwrap().unwrap();

const inherited = {
  balance: like('balance', ofTenant(poolSettings.balance)),
  health_check: like('health_check', ofTenant(poolSettings.health_check)),
  health_interval: like('health_interval', healthInterval),
  outlier_ejection: like('outlier_ejection', outlierEjection),
  affinity: like('affinity', affinity),
  slow_start: like('slow_start', slowStart),
  when_none_eligible: like('when_none_eligible', ofTenant(poolSettings.when_none_eligible)),
  retry: like('retry', retry),
  pool: like('pool', pool),
  pass_host_header: like('pass_host_header', flag),
  timeouts: like('timeouts', tenantTimeouts),
};

/** The keys that a pool has from its tenant where it leaves them out. */
export const INHERITED: readonly string[] = Object.keys(inherited);

/** A pool besides the tenant's own. */
export const namedPool = z.strictObject({
  services: defaulted(z.array(service), 'The backends of the pool.', {
    value: [],
    reason: 'a pool without backends loads, and requests to it are answered with 503.',
  }).meta({ 'x-same-as': 'tenants[].services' }),
  ...inherited,
});
