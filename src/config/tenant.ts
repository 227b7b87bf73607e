// A tenant: whom it answers, and where its requests go.
import { z } from 'zod';
import { balancers } from '../balance/registry.ts';
import { choice, count, countOrNone, duration, flag, size } from '../core/settings.ts';
import { bytes } from '../core/units.ts';
import { checks } from '../probing/registry.ts';
import { lastResorts } from '../standing/last-resort.ts';
import { affinity } from './affinity.ts';
import { tenantCompression } from './compression.ts';
import { discover } from './dns.ts';
import {
  backendUrl,
  defaulted,
  described,
  domain,
  health,
  healthInterval,
  name,
  optional,
  pathPrefix,
} from './fields.ts';
import { outlierEjection } from './outlier.ts';
import { retry } from './retry.ts';
import { slowStart } from './slow-start.ts';
import { tenantLimits, tenantTimeouts } from './limits.ts';
import { kindOrFirst, kindOrType } from './unions.ts';

const service = z.strictObject({
  name: described(name, 'Name of the backend, unique in its tenant.'),
  url: described(
    backendUrl,
    'Where the backend is. A path goes before every path and a query before every query; credentials become an `Authorization` field and are never shown.',
  ),
  health: optional(
    health,
    'Path of its health check, with a query if need be. Absent: `health_check.path` of the tenant. Empty: not checked, and always eligible.',
  ),
  discover: defaulted(
    discover,
    'What the name in `url` stands for. `addresses`: a backend for each of its addresses. `srv`: a backend for each place that its SRV records name, such as `http://_http._tcp.app.internal`, with their ports, weights and priorities. `none`: one backend. An IP address is always one backend.',
    {
      value: 'none',
      reason: 'the system resolves the name at each connect, as in the original.',
    },
  ),
  weight: defaulted(count({ min: 1, max: 256 }), 'Share of traffic relative to the other services of the tenant.', {
    value: 1,
    reason: 'equal shares.',
  }),
  backup: defaulted(flag, 'Whether it gets requests only while all services that are no backups are out.', {
    value: false,
    reason: 'every backend is there to work.',
  }),
  max_requests: optional(
    countOrNone({ min: 1, max: 100_000 }),
    'Requests that it may have at a time; more of them wait. Absent: `pool.max_connections`.',
  ),
});

const threshold = count({ min: 1, max: 100 });

const schedule = {
  interval: optional(duration, 'Time from one probe of a backend to the next. Absent: `health_interval`, else 5s.'),
  timeout: optional(
    duration,
    'After which a probe has failed; not longer than the interval. Absent: 2s, or the interval if that is shorter.',
  ),
  fast_interval: defaulted(
    duration,
    'Time between probes while a verdict is in doubt: a healthy backend has failed, or an unhealthy one has passed. Not longer than the interval.',
    {
      value: '1s',
      reason: 'a backend that comes back should not wait for its turn.',
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
  max_connections: defaulted(count({ min: 1, max: 100_000 }), 'Requests that each backend may have at a time.', {
    value: 100,
    reason: 'as in the original; protects an origin from more than it can work on.',
  }),
  max_idle: defaulted(count({ min: 0, max: 100_000 }), 'Idle connections kept to each backend.', {
    value: 50,
    reason: 'as in the original.',
  }),
  warm: defaulted(
    count({ min: 0, max: 1000 }),
    'Connections that are opened to a backend as soon as it is found healthy, ahead of its first requests; `max_idle` at the most.',
    {
      value: 0,
      reason:
        'a connection in the same network opens in less than a millisecond; with TLS or far away it may be worth it.',
    },
  ),
  idle_timeout: defaulted(duration, 'How long an idle connection to a backend is kept.', {
    value: '120s',
    reason: 'as in the original.',
  }),
  request_buffer: defaulted(
    size({ min: bytes(0), max: MOST_BUFFERED }),
    'While half of the places at the backends are taken, a request whose body is known to be no longer is read to its end before it takes one, unless it waits for a `100 Continue`; 0: none is.',
    {
      value: '16KiB',
      reason: 'clients that send slowly, on purpose or not, occupy no backend; forms and API calls are no longer.',
    },
  ),
  max_queue: defaulted(
    count({ min: 0, max: 1_000_000 }),
    'Requests of the tenant that may wait for a backend with room; 0: none may.',
    {
      value: 1024,
      reason: 'a burst fits in, and a flood is refused before it takes memory.',
    },
  ),
});

export const tenant = z.strictObject({
  name: described(name, 'Name of the tenant, unique in the file.'),
  domains: defaulted(
    z.array(domain),
    'Hosts that the tenant answers for, in any case and with any port. `*.example.com` is every name with one label more.',
    {
      value: [],
      reason: 'a tenant may be found by its path alone.',
    },
  ),
  path_prefix: optional(
    pathPrefix,
    'Where the paths of the tenant begin, with a slash at both ends. It is removed before a request goes on. With `domains`: on these hosts only. Absent: every path of the hosts.',
  ),
  services: defaulted(z.array(service), 'The backends of the tenant.', {
    value: [],
    reason: 'a tenant without backends loads and answers 503, as it does when all its backends are down.',
  }),
  balance: defaulted(
    kindOrType(balancers),
    'Which backend gets the next request: the name of a balancer, or a map with its options.',
    {
      value: balancers[0].type,
      reason: "the original's; equal shares need no knowledge of the origins.",
    },
  ),
  health_check: defaulted(kindOrFirst(checks, schedule), 'How the backends are checked.', {
    value: {},
    reason: 'a service with a `health` path is checked in the usual way.',
  }),
  health_interval: optional(
    healthInterval,
    "The original's name for `health_check.interval`, which goes before it. A number counts seconds; 0 and less mean 30s, as in the original.",
  ),
  outlier_ejection: defaulted(outlierEjection, 'How real traffic takes a backend out for a while.', {
    value: {},
    reason: 'see each setting.',
  }),
  affinity: optional(
    affinity,
    'Keeps a client with the backend that answered it first, by a signed cookie; while that one cannot take requests, another does. Absent: each request goes where the balancer sends it.',
  ),
  slow_start: defaulted(slowStart, 'How a backend that comes back gets its share again.', {
    value: {},
    reason: 'see each setting.',
  }),
  when_none_eligible: defaulted(
    choice(lastResorts),
    'What happens to a request when no backend is eligible: `fail` answers 503; `any` tries the least bad ones; `last_known` tries those that were eligible last. What an operator has taken out stays out.',
    {
      value: 'fail',
      reason: 'an honest error at once; what is known to be down should not get the load of all.',
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
  pass_host_header: defaulted(
    flag,
    'Whether origins see the Host that the client sent; otherwise the host of their own URL.',
    {
      value: true,
      reason: 'as in the original; origins that make links need it.',
    },
  ),
  allow_trace: defaulted(
    flag,
    'Whether TRACE requests go on to origins. One that may not be passed on any further (`Max-Forwards: 0`) is answered with itself, without the fields that hold secrets.',
    {
      value: false,
      reason: 'TRACE gives back what was sent: a help while debugging, and to scripts that want to read cookies.',
    },
  ),
  request_trailers: defaulted(
    flag,
    'Whether origins get the trailers of chunked requests; never those that frame, route, authenticate or say how the request is to be taken.',
    {
      value: false,
      reason: 'all rules have run when trailers come, and many origins merge them into the header.',
    },
  ),
  timeouts: defaulted(tenantTimeouts, 'Where the tenant differs from `timeouts`.', {
    value: {},
    reason: 'it does not.',
  }),
  compression: defaulted(tenantCompression, 'Where the tenant differs from `compression`.', {
    value: {},
    reason: 'it does not.',
  }),
  limits: defaulted(tenantLimits, 'Where the tenant differs from `limits`.', { value: {}, reason: 'it does not.' }),
  lua_routes: optional(z.unknown(), "A script of the original's. Accepted and not run."),
});
