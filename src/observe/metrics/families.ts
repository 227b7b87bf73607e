// All metrics of the gateway: the reference in docs/ is generated from these.
import type { Family } from './exposition.ts';

function family(type: Family['type'], name: string, help: string, ...labels: readonly string[]): Family {
  return { type, name: `keystone_${name}`, help, labels };
}

const METHOD = 'method_class';
const STATUS = 'status_class';

export const families = {
  build: family('info', 'build', 'The version of the program.', 'version'),
  started: family('gauge', 'start_time_seconds', 'When the gateway has started, in seconds since 1970.'),

  requests: family(
    'counter',
    'requests',
    'Requests of clients that are over. tenant: its name, `other` for all that have no figures of their own, `none` where no tenant matched. method_class: safe, idempotent or once. status_class: the first digit of the answer, or none where no answer began.',
    'tenant',
    METHOD,
    STATUS,
  ),
  failed: family('counter', 'requests_failed', 'Requests that no backend has answered completely.', 'tenant'),
  failures: family(
    'counter',
    'failures',
    'The same by the code of the failure: what the gateway has refused, and what has gone wrong at backends.',
    'tenant',
    'code',
  ),
  duration: family(
    'histogram',
    'request_duration_seconds',
    'From the head of a request to the last byte of its response.',
    'tenant',
  ),
  firstByte: family(
    'histogram',
    'first_byte_seconds',
    "From a request's first attempt to the head of the response of a backend.",
    'tenant',
  ),
  connect: family(
    'histogram',
    'connect_seconds',
    'How long new connections to backends took, with their TLS handshakes.',
  ),
  queue: family('histogram', 'queue_seconds', 'How long requests have waited, of those that had to.', 'tenant'),
  bytesIn: family('counter', 'received_bytes', 'Heads and bodies of requests.', 'tenant'),
  bytesOut: family('counter', 'sent_bytes', 'Responses that were handed to the kernel.', 'tenant'),
  retries: family(
    'counter',
    'retries',
    'Attempts that were followed by another one, by the reason.',
    'tenant',
    'reason',
  ),
  hedges: family('counter', 'hedges', 'Attempts beside a slow one.', 'tenant'),
  saved: family('counter', 'requests_saved', 'Requests that only a second or later attempt has saved.', 'tenant'),

  tenantInFlight: family('gauge', 'tenant_requests_in_flight', 'Requests at the backends of a tenant.', 'tenant'),
  tenantWaiting: family('gauge', 'tenant_requests_waiting', 'Requests that wait for a backend.', 'tenant'),
  tenantRefused: family(
    'counter',
    'tenant_limit_refused',
    'Requests that were refused because of the share (`share`) or a limit (`limits`) of the tenant.',
    'tenant',
    'limit',
  ),
  tenantBackends: family(
    'gauge',
    'tenant_backends',
    'Backends of a tenant: all, and those that may get requests.',
    'tenant',
    'kind',
  ),
  tenants: family('gauge', 'tenants', 'Tenants by their health.', 'health'),

  backendRequests: family(
    'counter',
    'backend_requests',
    'Requests that a backend had the last attempt of.',
    'tenant',
    'backend',
    METHOD,
    STATUS,
  ),
  backendFailures: family('counter', 'backend_failed_attempts', 'Attempts that failed there.', 'tenant', 'backend'),
  backendFirstByte: family(
    'summary',
    'backend_first_byte_seconds',
    'From the first attempt to the head of the response: the sum and how many.',
    'tenant',
    'backend',
  ),
  backendBytesIn: family(
    'counter',
    'backend_request_bytes',
    'Bytes of requests that it answered.',
    'tenant',
    'backend',
  ),
  backendBytesOut: family('counter', 'backend_response_bytes', 'Bytes of its responses.', 'tenant', 'backend'),
  backendInFlight: family('gauge', 'backend_requests_in_flight', 'Requests at a backend.', 'tenant', 'backend'),
  backendConnections: family(
    'gauge',
    'backend_connections',
    'Connections to a backend that are open or being opened.',
    'tenant',
    'backend',
  ),
  backendIdle: family('gauge', 'backend_connections_idle', 'Connections kept to a backend.', 'tenant', 'backend'),
  backendOpened: family(
    'counter',
    'backend_connections_opened',
    'Connections to a backend that were opened.',
    'tenant',
    'backend',
  ),
  backendNotOpened: family(
    'counter',
    'backend_connections_failed',
    'Connections that could not be opened: refused, not in time, or their TLS handshake has failed.',
    'tenant',
    'backend',
  ),
  backendReused: family(
    'counter',
    'backend_connections_reused',
    'Requests that got a connection which had been opened before, or by another request.',
    'tenant',
    'backend',
  ),
  backendSent: family(
    'counter',
    'backend_sent_bytes',
    'All bytes sent to a backend, as they were before their encryption; of attempts that failed, too.',
    'tenant',
    'backend',
  ),
  backendReceived: family(
    'counter',
    'backend_received_bytes',
    'All bytes that came from a backend, without their encryption.',
    'tenant',
    'backend',
  ),
  backendEligible: family(
    'gauge',
    'backend_eligible',
    'Whether a backend may get requests: 1 or 0.',
    'tenant',
    'backend',
  ),
  backendWeight: family('gauge', 'backend_weight', 'Its weight as the balancer sees it.', 'tenant', 'backend'),
  backend: family(
    'info',
    'backend',
    'How a backend stands: its state in one word, its health, and what operators have decided.',
    'tenant',
    'backend',
    'state',
    'health',
    'admission',
  ),

  probes: family(
    'counter',
    'backend_probes',
    'Probes of a backend by their result: passed or failed. One that several backends share counts for each.',
    'tenant',
    'backend',
    'result',
  ),
  probeSeconds: family(
    'summary',
    'backend_probe_duration_seconds',
    'How long they took: the sum and how many.',
    'tenant',
    'backend',
  ),
  probeDurations: family('histogram', 'probe_duration_seconds', 'How long the probes of all backends took.'),

  changes: family(
    'counter',
    'changes',
    'Events of the gateway by their kind: ejections, drains, workers replaced.',
    'kind',
  ),

  spansExported: family('counter', 'trace_spans_exported', 'Spans that the collector of traces has taken.'),
  spansDropped: family(
    'counter',
    'trace_spans_dropped',
    'Spans that were dropped: the collector was away, too slow, or has refused them.',
  ),
  exportsFailed: family('counter', 'trace_exports_failed', 'Posts to the collector of traces that were in vain.'),

  connections: family('gauge', 'listener_connections', 'Connections from clients.', 'listener'),
  handshaking: family('gauge', 'listener_handshakes', 'Connections whose TLS handshake is under way.', 'listener'),
  accepted: family('counter', 'listener_connections_accepted', 'Connections that were kept.', 'listener'),
  refused: family(
    'counter',
    'listener_connections_refused',
    'Connections that were not kept, or ended early, by the reason.',
    'listener',
    'reason',
  ),

  handshakes: family(
    'counter',
    'tls_handshakes',
    'TLS handshakes with clients that succeeded, by version, and whether a session was resumed (yes or no). Those that failed are among listener_connections_refused.',
    'version',
    'resumed',
  ),
  certificateExpiry: family(
    'gauge',
    'certificate_expiry_timestamp_seconds',
    'When a certificate ends, in seconds since 1970. name: the first that it is for.',
    'name',
    'file',
  ),
  acmeAdvice: family(
    'counter',
    'acme_renewal_advice',
    'Times that authorities were asked when a certificate is best renewed (ACME Renewal Information, RFC 9773), by what came of it: given, none (the authority gives no advice) or failed. While it fails, certificates are renewed by their age.',
    'result',
  ),

  plan: family('gauge', 'config_version', 'The number of the configuration in force; each reload adds one.'),
  reloads: family('counter', 'config_reloads', 'Reloads that were put in force.'),
  reloaded: family(
    'gauge',
    'config_last_success_timestamp_seconds',
    'When the configuration in force was put in force, in seconds since 1970.',
  ),

  reloadsFailed: family('counter', 'config_reloads_failed', 'Reloads and rollbacks that were refused or have failed.'),
  lastReload: family(
    'gauge',
    'config_last_reload_successful',
    'Whether the latest reload, or else the start, was put in force: 1 or 0.',
  ),
  lastReloadAt: family(
    'gauge',
    'config_last_reload_timestamp_seconds',
    'When the latest reload, or else the start, was, in seconds since 1970.',
  ),

  lines: family('counter', 'access_log_lines', 'Lines of access logs that were written.'),
  linesDropped: family(
    'counter',
    'access_log_lines_dropped',
    'Lines that were not: their output was too slow or could not be written.',
  ),
  writesFailed: family('counter', 'access_log_write_failures', 'Writes of access logs that have failed.'),

  workerCpu: family('counter', 'worker_cpu_seconds', 'Processor time of a process that serves.', 'worker'),
  workerMemory: family('gauge', 'worker_resident_memory_bytes', 'Its memory.', 'worker'),
  workerDelay: family(
    'gauge',
    'worker_event_loop_delay_seconds',
    'The longest that its event loop came late in the last second.',
    'worker',
  ),
  workerDescriptors: family('gauge', 'worker_open_descriptors', 'Its open files and sockets, or a few more.', 'worker'),
  workerRestarts: family(
    'counter',
    'worker_restarts',
    'How often another process has begun to serve in the place of one that has died or hung. slot: which of the places of `workers`; what takes over has a number of its own as `worker`.',
    'slot',
  ),
} as const satisfies Readonly<Record<string, Family>>;
