// The configuration: one schema, from which the types, the defaults, the JSON Schema and the reference come.
import { z } from 'zod';
import { choice, flag } from '../core/settings.ts';
import { accessLog } from './access-log.ts';
import { acme } from './acme.ts';
import { admin } from './admin.ts';
import type { Authorities, OwnPairs } from './backend-tls.ts';
import { compression } from './compression.ts';
import { dns } from './dns.ts';
import { defaulted, described, optional } from '../core/described.ts';
import { account, addressRange, adminBasePath, directory, loopId, name } from './fields.ts';
import { MOST_FILES, MOST_GLOBS, fileGlob } from './include.ts';
import { limits, timeouts } from './limits.ts';
import { listener } from './listener.ts';
import { log } from './log.ts';
import { history } from './history.ts';
import { metrics } from './metrics.ts';
import { overload } from './overload.ts';
import { policyList } from './policies.ts';
import { supervise } from './supervise.ts';
import { tenant } from './tenant.ts';
import { tenantDefaults } from './tenant-defaults.ts';
import { top } from './top.ts';
import { tracing } from './tracing.ts';
import { certificateSources, tls } from './tls.ts';

export const configSchema = z.strictObject({
  include: defaulted(
    z.array(described(fileGlob, 'A path or a glob.')).max(MOST_GLOBS),
    `Files with tenants of their own, by paths or globs (\`*\`, \`?\`, \`[ab]\`, \`{a,b}\`, \`**\` for any folders), relative to this file. They are read in the order of their names, at most ${MOST_FILES} of them, all together up to 16 MiB. An included file has \`tenants\` alone, and keys \`x-…\`; it is YAML or a program as this one. A glob that matches nothing is a warning, a path that does not exist a mistake; names that begin with a dot match only a dot.`,
    { value: [], reason: 'most gateways have one file.' },
  ),
  on_invalid_tenant: defaulted(
    choice(['refuse', 'keep_last_good']),
    'What happens to a configuration in which a tenant, or a whole included file, is broken. `refuse`: nothing of it is put in force. `keep_last_good`: the broken tenant keeps its last good version, is shown as degraded with the reasons, and all others go live; where no version of it is known, it is left out. What is broken outside of tenants is always refused, and `keystone check` finds either wrong.',
    {
      value: 'refuse',
      reason: 'a configuration is in force as a whole, as it was written, unless somebody chooses otherwise.',
    },
  ),
  admin_base_path: optional(
    adminBasePath,
    'The path below which the admin API answers on every listener and host, besides its own address; with or without a slash at its end. It hides that path of every tenant. Operators need a token there. Absent: on no listener.',
  ),
  admin: defaulted(admin, 'The admin API: where it listens, and who may use it.', {
    value: {},
    reason: 'see each setting.',
  }),
  public_details: defaulted(
    flag,
    'Whether every client is told why its request has failed: names of backends, their states, what their checks have shown. Otherwise only operators and requests with one of `admin.tokens` are; all get a sentence, the id of the request, and when to try again. The reasons are in the log.',
    { value: false, reason: 'the reasons tell strangers how the inside is built.' },
  ),
  request_id: defaulted(
    choice(['both', 'requests']),
    'Who is told the id of a request, by X-Request-Id: backends and clients, or only backends. That of a trusted proxy is kept.',
    { value: 'both', reason: 'a client that reports a fault can name the request that the log has.' },
  ),
  allow_exec_checks: defaulted(
    flag,
    'Whether health checks of the type `exec` may run programs on this machine, as the user that the gateway runs as.',
    { value: false, reason: 'a person who may edit tenants should be able to run programs only if that is intended.' },
  ),
  user: optional(
    account,
    'Whom the gateway becomes when it has bound its addresses and read its files, before it serves anybody. It must be started as root then. What only root may read or bind, a reload cannot read or bind any more. Absent: it stays who it is. Read at the start.',
  ),
  group: optional(
    account,
    'The group that it then has, and no other but those of `user`. Absent: the group of `user`. Read at the start.',
  ),
  tls: optional(tls, 'TLS towards clients. Absent, and no certificate elsewhere: plain HTTP.'),
  certificates: defaulted(
    certificateSources,
    'Certificates for all hosts that they have names for, besides `tls.cert_file`. The exact name comes before a wildcard, the certificate of a tenant before these. For a name, one with an ECDSA key and one with an RSA key are served beside each other; of several of a kind, the one that is valid for the longest time. All files are watched: what changes is in force for new connections at once, unless it cannot be used.',
    { value: [], reason: 'many gateways have one certificate.' },
  ),
  acme: optional(
    acme,
    'Certificates that the gateway gets and renews by itself, from authorities that speak ACME (RFC 8555): one for every host of a tenant that has no certificate of its own (`tenants[].tls`). Keys and certificates are kept in `state_dir`. Absent: it gets none.',
  ),
  compression: defaulted(compression, 'Compression of responses.', { value: {}, reason: 'as in the original.' }),
  trusted_proxies: defaulted(
    z.array(addressRange),
    'Addresses of proxies in front of the gateway. What they say of the client (X-Forwarded-*, Forwarded, X-Real-IP, X-Request-Id, and what else proxies tell origins: see `allow_claims` of a tenant) is kept and added to; what any other client says is replaced or removed.',
    { value: [], reason: 'any client can send these fields.' },
  ),
  via: defaulted(
    choice(['none', 'requests', 'both']),
    'Where the gateway names itself by a `Via` field (RFC 9110): on requests to backends, on responses to clients as well, or nowhere.',
    {
      value: 'none',
      reason:
        'nginx, IIS and others do not compress what was asked for through a proxy; loops are found by `CDN-Loop` (`loop_id`).',
    },
  ),
  loop_id: defaulted(
    loopId,
    'What the gateway calls itself in the `CDN-Loop` field of requests to backends (RFC 8586). A request that names it already has come back, and is answered 508. `auto`: a name drawn at the start, so that gateways in a row differ; several machines that serve the same may have one in common. `none`: no such field, and loops are not found.',
    { value: 'auto', reason: 'a request that runs in circles would multiply until all connections are taken.' },
  ),
  access_log: optional(
    accessLog,
    'The access log: one line for each request when it has ended. Absent: there is none, but of tenants that have their own.',
  ),
  log: defaulted(log, 'How the log is written.', { value: {}, reason: 'see each setting.' }),
  state_dir: optional(
    directory,
    'A directory of this gateway alone, in which it keeps what outlives it: the last 50 configurations that were in force, the secret of affinity cookies, decisions of operators, the health of backends, the numbers of events. Its files are readable by the user of the gateway only. `none`: nothing is kept. Absent: `$STATE_DIRECTORY`, which systemd sets, or else a directory for this configuration file below `$XDG_STATE_HOME/keystone` or `~/.local/state/keystone`. Where it cannot be used the gateway says so and goes on without. Read at the start; a reload that changes it is refused.',
  ),
  listeners: defaulted(
    z.array(described(listener, 'A listener.')),
    'Where clients connect. An address given on the command line is served as well.',
    { value: [], reason: 'without any, the one address of the command line is served.' },
  ),
  limits: defaulted(limits, 'How much the gateway accepts.', { value: {}, reason: 'see each setting.' }),
  timeouts: defaulted(timeouts, 'How long the gateway waits.', { value: {}, reason: 'see each setting.' }),
  supervise: defaulted(supervise, 'How the workers are watched and replaced, where several serve (`--workers`).', {
    value: {},
    reason: 'see each setting.',
  }),
  overload: defaulted(overload, 'When a process that serves gives up what it does beside serving.', {
    value: {},
    reason: 'see each setting.',
  }),
  metrics: defaulted(
    metrics,
    'What is counted of the traffic, for `GET /metrics` of the admin API and for all who show it.',
    {
      value: {},
      reason: 'see each setting.',
    },
  ),
  tracing: optional(
    tracing,
    'Traces (OpenTelemetry): a span for each exchange and one for each attempt at a backend, exported by OTLP. Absent: `traceparent` and `tracestate` of clients go on to backends as they came, and nothing is recorded.',
  ),
  top: defaulted(top, 'What is told of the busiest tenants, paths and clients. Nothing is counted while nobody asks.', {
    value: {},
    reason: 'see each setting.',
  }),
  history: defaulted(
    history,
    'How much of the past of the traffic and of the events is kept in `state_dir`, so that a restart shows it. A reload changes it.',
    { value: {}, reason: 'see each setting.' },
  ),
  dns: defaulted(dns, 'How the names of backends are resolved, also those that health checks go to.', {
    value: {},
    reason: 'see each setting.',
  }),
  defaults: optional(
    tenantDefaults,
    'Settings of all tenants: each has these wherever it says nothing else. Maps are merged key by key; a list of its own takes the place of the default. A check of another type keeps only the times and thresholds. They come before `timeouts`, `limits` and `compression` at the top level.',
  ),
  policy_sets: defaulted(
    z.record(name, policyList).meta({ 'x-type': 'map of names to lists such as `tenants[].policies`' }),
    'Lists of policies by name, for several tenants: `- use: NAME` stands for all of its policies. A set uses no other sets.',
    { value: {}, reason: 'most tenants have policies of their own.' },
  ),
  tenants: defaulted(z.array(described(tenant, 'A tenant.')), 'The tenants.', {
    value: [],
    reason: 'a gateway without tenants loads and answers 404.',
  }),
  lua_routing: optional(z.unknown(), "The original's scripting. Accepted in any shape and not run."),
});

/** A configuration that has been accepted. */
export type Config = z.output<typeof configSchema> & {
  /** What services name by `ca_file`, once `loadConfig` has read it. */
  readonly authorities?: Authorities;
  /** By `cert_file` and `key_file`. */
  readonly ownPairs?: OwnPairs;
};
export type TenantConfig = Config['tenants'][number];
export type ServiceConfig = TenantConfig['services'][number];
export type ListenerConfig = Config['listeners'][number];
