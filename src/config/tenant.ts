// A tenant: which requests are its own, and where they go.
import { z } from 'zod';
import { defaulted, described, optional } from '../core/described.ts';
import { count, flag } from '../core/settings.ts';
import { claimName } from './claim-name.ts';
import { tenantAccessLog } from './access-log.ts';
import { tenantCompression } from './compression.ts';
import { domain, exactPath, name, oneOrMore, pathPrefix } from './fields.ts';
import { tenantLimits } from './limits.ts';
import { policyList } from './policies.ts';
import { routeList } from './routes.ts';
import { hsts } from '../policies/security-headers.ts';
import { tenantTls } from './tls.ts';
import { namedPool, passHostHeader, poolSettings, poolTimeouts } from './pool.ts';

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
  weight: defaulted(
    count({ min: 1, max: 1000 }),
    'Share of the processor relative to the other tenants, while they want more of it than there is. A tenant that takes less than its share hardly waits, and what it leaves goes to the others.',
    {
      value: 1,
      reason: 'equal shares.',
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
  ...poolSettings,
  pools: defaulted(
    z.record(name, namedPool).meta({ 'x-type': 'map of names to maps, below' }),
    'More pools, by names: what `routes` lead to. What a pool leaves out it has from its tenant, maps key by key. A backend of a pool is called `POOL/SERVICE`, such as `canary/b1`. The services of the tenant itself are the pool `default`.',
    { value: {}, reason: 'most tenants have one pool.' },
  ),
  routes: defaulted(
    routeList,
    'Which requests go to which pool, or get which answer. The most specific route comes first, wherever it stands: an exact path, then the longest literal beginning, then the most conditions. Two that are as specific as each other are a mistake if a request may have both. Where none matches, the services of the tenant itself serve; without any the answer is 404.',
    { value: [], reason: 'most tenants have one pool, for every path.' },
  ),
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
  pass_host_header: passHostHeader,
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
    'Names of fields that go on to origins although clients themselves may have sent them: X-Forwarded-*, X-Original-*, X-Rewrite-*, Remote-*, SSL-Client-*, X-SSL-*, X-Client-Cert-*, True-Client-IP and others by which only proxies in `trusted_proxies` may speak. Those that the gateway sets itself cannot be listed.',
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
  timeouts: poolTimeouts,
  access_log: optional(
    tenantAccessLog,
    'Where the tenant differs from `access_log`. It may have one although the gateway has none.',
  ),
  compression: defaulted(tenantCompression, 'Where the tenant differs from `compression`.', {
    value: {},
    reason: 'most tenants do not differ.',
  }),
  limits: defaulted(tenantLimits, 'Where the tenant differs from `limits`.', {
    value: {},
    reason: 'most tenants do not differ.',
  }),
  tls: optional(
    tenantTls,
    'TLS for the hosts of the tenant. It is agreed on before a path is known: tenants that share a host must not differ. Absent: as the gateway has it.',
  ),
  hsts: optional(
    hsts,
    'Browsers are told to come by https alone, as by `hsts` of the policy `security_headers`: to clients that have come by TLS, unless the answer says it itself. `{}` is enough. Absent: nothing is said.',
  ),
  policies: defaulted(
    policyList,
    'What is done to requests and answers on their way, in this order for requests and in the reverse order for answers. Each is a map with the type of a policy as its key, and beside it `name`, `when`, `enabled`.',
    { value: [], reason: 'a tenant that asks for nothing passes on what comes.' },
  ),
  lua_routes: optional(z.unknown(), "A script of the original's. Accepted and not run."),
});
