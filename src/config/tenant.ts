// A tenant: which requests are its own, and where they go.
import { z } from 'zod';
import { balancers } from '../balance/registry.ts';
import { choice, count, countOrNone, duration, flag, size } from '../core/settings.ts';
import { bytes } from '../core/units.ts';
import { checks } from '../probing/registry.ts';
import { lastResorts } from '../standing/last-resort.ts';
import { affinity } from './affinity.ts';
import { backendTls } from './backend-tls.ts';
import { claimName } from './claim-name.ts';
import { tenantCompression } from './compression.ts';
import { discover } from './dns.ts';
import { defaulted, described, optional } from '../core/described.ts';
import { backendUrl, domain, health, healthInterval, exactPath, name, oneOrMore, pathPrefix } from './fields.ts';
import { outlierEjection } from './outlier.ts';
import { policyList } from './policies.ts';
import { retry } from './retry.ts';
import { slowStart } from './slow-start.ts';
import { tenantLimits, tenantTimeouts } from './limits.ts';
import { kindOrFirst, kindOrType } from './unions.ts';

const service = z.strictObject({
  name: described(name, 'Name of the backend, unique in its tenant.'),
  url: described(
    backendUrl,
    'Where the backend is. A path in it is put before the path of every request, and a query before its query; credentials become an `Authorization` field and are never shown. `unix:/run/app.sock` is a Unix socket; a base path follows after a colon (`unix:/run/app.sock:/base`), and the `http://unix:…` of nginx means the same.',
  ),
  health: optional(
    health,
    'Path of its health check, with a query if need be. Absent: `health_check.path` of the tenant. Empty: not checked, and always eligible.',
  ),
  tls: optional(
    backendTls,
    'How the backend proves who it is, where its URL begins with https. Checks go by the same. Absent: by a certificate for the host of the URL, from an authority that the system knows (`SSL_CERT_FILE` names a file of others for all).',
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
    'Requests that it may have at a time; further ones wait. Absent: `pool.max_connections`.',
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
    'Requests that each backend may have at a time; tunnels and streams have a limit of their own.',
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
  max_idle: defaulted(count({ min: 0, max: 100_000 }), 'Idle connections kept to each backend.', {
    value: 50,
    reason: 'as in the original.',
  }),
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

export const tenant = z.strictObject({
  name: described(name, 'Name of the tenant, unique in the file.'),
  domains: defaulted(
    z.array(domain),
    'Hosts that the tenant answers for, in any case, with any port, and an address however it is written. `*.example.com` is every name with one label more, `example.*` every name that begins like this, whatever its ending (example.de, example.co.uk). An exact host comes before both, and `*.` before `.*`.',
    {
      value: [],
      reason: 'a tenant may be found by its path alone.',
    },
  ),
  path_prefix: defaulted(
    oneOrMore(pathPrefix),
    "The beginning of the tenant's paths, with a slash at both ends; or a list of beginnings. It is removed before a request goes on (`strip_prefix`). With `domains`: on these hosts only. Absent, and no `path`: every path of the hosts.",
    { value: [], reason: 'a tenant may be found by its hosts alone.' },
  ),
  path: defaulted(
    oneOrMore(exactPath),
    "A path that is the tenant's as a whole, such as `/ws` or `/`, with or without a slash at its end; or a list of paths. It matches nothing longer, comes before every `path_prefix`, and goes on as it is.",
    { value: [], reason: 'most tenants have all that is below a path.' },
  ),
  listeners: optional(
    oneOrMore(name),
    'Names of the listeners that the tenant is served on. Absent: all, an address of the command line among them.',
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
  strip_prefix: defaulted(
    flag,
    'Whether the `path_prefix` that has matched is removed before a request goes on. Origins learn it from `X-Forwarded-Prefix`.',
    {
      value: true,
      reason: 'as in the original; an origin need not know where it stands.',
    },
  ),
  map_back: defaulted(
    flag,
    "Whether places in answers are changed as the client knows them: `Location`, `Content-Location` and the `Path` of cookies get the prefix that was removed, lose the path of the service's URL, and have the client's host instead of the service's own. `Destination` of WebDAV requests is changed the other way. What has the prefix already stays.",
    {
      value: true,
      reason:
        'otherwise redirects lead out of the prefix, cookies do not come back, and addresses of the inside get out.',
    },
  ),
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
    'Whether TRACE requests go on to origins. To one with `Max-Forwards: 0` the gateway itself answers, with the request as it came but for the fields that hold secrets.',
    {
      value: false,
      reason:
        'a response to TRACE repeats the request: of use for debugging, but also for scripts that want to read cookies.',
    },
  ),
  allow_claims: defaulted(
    z.array(claimName),
    'Names of fields that go on to origins although clients themselves may have sent them: X-Forwarded-*, X-Original-*, X-Rewrite-*, Remote-*, SSL-Client-*, X-SSL-*, True-Client-IP and others by which only proxies in `trusted_proxies` may speak. Those that the gateway sets itself cannot be listed.',
    {
      value: [],
      reason: 'any client can send these fields, and many frameworks believe them: who it is, what it asks for.',
    },
  ),
  request_trailers: defaulted(
    flag,
    'Whether origins get the trailers of chunked requests, except for fields that frame, route or authenticate a request or change how it is processed.',
    {
      value: false,
      reason: 'trailers come when all rules have run, and many origins merge them into the header.',
    },
  ),
  timeouts: defaulted(tenantTimeouts, 'Where the tenant differs from `timeouts`.', {
    value: {},
    reason: 'most tenants do not differ.',
  }),
  compression: defaulted(tenantCompression, 'Where the tenant differs from `compression`.', {
    value: {},
    reason: 'most tenants do not differ.',
  }),
  limits: defaulted(tenantLimits, 'Where the tenant differs from `limits`.', {
    value: {},
    reason: 'most tenants do not differ.',
  }),
  policies: defaulted(
    policyList,
    'What is done to requests and answers on their way, in this order for requests and in the reverse order for answers. Each is a map with the type of a policy as its key, and beside it `name`, `when`, `enabled`.',
    { value: [], reason: 'a tenant that asks for nothing passes on what comes.' },
  ),
  lua_routes: optional(z.unknown(), "A script of the original's. Accepted and not run."),
});
