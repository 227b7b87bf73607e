// What a trace is told of an exchange: one span for the exchange, and one for each attempt at a backend, in the words of
// OpenTelemetry's conventions for HTTP (https://opentelemetry.io/docs/specs/semconv/http/).
import { maskParameters } from '../../config/backend-url.ts';
import type { FailureCode } from '../../core/failure.ts';
import type { ConnectAddress } from '../../core/connector.ts';
import { latin1 } from '../../message/bytes.ts';
import type { UpstreamVersion } from '../../message/contract.ts';
import { fieldValue } from '../../message/field-value.ts';
import type { Head } from '../../message/head.ts';
import type { ExchangeRecord, RecordedTrace, RequestProtocol, TriedBackend } from '../../message/record.ts';

type Attributes = Record<string, string | number | boolean>;

export type Span = {
  readonly name: string;
  /** `internal`: of a copy that a policy has made. */
  readonly kind: 'server' | 'client' | 'internal';
  readonly traceId: string;
  readonly spanId: string;
  readonly parentId: string | null;
  /** The parent is in another program. */
  readonly isParentRemote: boolean;
  readonly flags: number;
  /** As tracestate has it; empty: there is none. */
  readonly state: string;
  /** In milliseconds since 1970. */
  readonly start: number;
  readonly end: number;
  readonly isError: boolean;
  readonly attributes: Attributes;
};

/** What an attempt has come to. */
type Attempted = Pick<TriedBackend, 'backend' | 'address' | 'number' | 'version' | 'outcome' | 'isHedge' | 'began'> & {
  readonly ended: number;
  /** Its answer is the one that has gone on. */
  readonly isLast: boolean;
};

/** The time of a record as milliseconds since 1970. */
export type WallOf = (time: number) => number;

// Other methods are made up by clients, and every tool keeps a list of those that it has seen.
const METHODS: ReadonlySet<string> = new Set('CONNECT DELETE GET HEAD OPTIONS PATCH POST PUT TRACE QUERY'.split(' '));
const OTHER_METHOD = '_OTHER';
// What a client sends can be long.
const LONGEST = 1024;
const LONGEST_STATE = 512;

const VERSIONS: Readonly<Record<RequestProtocol, string>> = { 'HTTP/1.0': '1.0', 'HTTP/1.1': '1.1', 'HTTP/2.0': '2' };

/** All spans of an exchange, its own first. */
export function spansOf(record: ExchangeRecord, trace: RecordedTrace, wall: WallOf): readonly Span[] {
  // By one comparison of the clocks: the time of day may have been set meanwhile.
  const ahead = wall(record.times.left) - record.times.left;
  const wallOf: WallOf = (time) => time + ahead;
  const state = trace.parentId === null || record.request === null ? '' : stateOf(record.request);
  const shared = { traceId: trace.traceId, flags: trace.flags, state };
  const own = ownSpan(record, trace, wallOf);
  const attempts = attemptsOf(record, trace).map((attempt) => attemptSpan(attempt, record, trace, wallOf));
  return [own, ...attempts].map((span) => ({ ...shared, ...span }));
}

type Part = Omit<Span, 'traceId' | 'flags' | 'state'>;

function ownSpan(record: ExchangeRecord, trace: RecordedTrace, wallOf: WallOf): Part {
  const { status, failure, times, tenantName, routeName } = record;
  const place = [tenantName, routeName].filter((name) => name !== null).join('/');
  // RFC 9110 puts 4xx on the client's account.
  const isError = status >= 500 || (failure !== null && failure !== 'client-gone' && status < 400);
  const attributes = { ...requestFacts(record), ...gatewayFacts(record) };
  if (isError) attributes['error.type'] = failure ?? String(status);
  return {
    name: named(record, place),
    kind: trace.isCopy ? 'internal' : 'server',
    spanId: trace.spanId,
    parentId: trace.parentId,
    isParentRemote: !trace.isCopy && trace.parentId !== null,
    start: wallOf(times.begun),
    end: wallOf(times.left),
    isError,
    attributes,
  };
}

function attemptSpan(attempt: Attempted, record: ExchangeRecord, trace: RecordedTrace, wallOf: WallOf): Part {
  const { backend, number, isHedge, began, ended, isLast, outcome } = attempt;
  const { failure } = record;
  const cut = isLast && failure !== null && failure !== 'client-gone' ? failure : null;
  const error = cut ?? errorOf(outcome);
  const attributes = attemptFacts(attempt, record);
  if (error !== null) attributes['error.type'] = error;
  return {
    name: named(record, backend),
    kind: 'client',
    spanId: trace.spanOf(number, isHedge),
    parentId: trace.spanId,
    isParentRemote: false,
    start: wallOf(began),
    end: wallOf(ended),
    isError: error !== null,
    attributes,
  };
}

// For a client, 4xx are errors, too.
function errorOf(outcome: TriedBackend['outcome']): string | null {
  if (typeof outcome === 'number') return outcome >= 400 ? String(outcome) : null;
  return outcome === 'superseded' || outcome === 'client-gone' ? null : outcome;
}

function attemptsOf(record: ExchangeRecord, trace: RecordedTrace): readonly Attempted[] {
  const { tried, backend, attemptCount, times, failure } = record;
  if (tried.length === 0) {
    if (backend === null || attemptCount === 0) return [];
    const outcome: FailureCode | number | 'superseded' = trace.status === 0 ? (failure ?? 'superseded') : trace.status;
    const { name, address } = backend;
    const own = { number: attemptCount, version: trace.version, isHedge: false };
    const [began, ended] = [times.attempted, times.left];
    return [{ backend: name, address, ...own, outcome, began, ended, isLast: trace.status !== 0 }];
  }
  const last = trace.status === 0 ? -1 : tried.findLastIndex(({ outcome }) => typeof outcome === 'number');
  // What has answered is busy until the last byte has left.
  return tried.map((one, at) => ({ ...one, ended: at === last ? times.left : one.ended, isLast: at === last }));
}

function requestFacts({ request, client, status, protocol }: ExchangeRecord): Attributes {
  const facts: Attributes = { 'url.scheme': client.isTls ? 'https' : 'http', 'client.address': client.address };
  if (client.port !== 0) facts['client.port'] = client.port;
  if (client.tls !== null) facts['tls.protocol.version'] = client.tls.version.replace(/^TLSv/, '');
  if (status !== 0) facts['http.response.status_code'] = status;
  if (request === null) return facts;
  const { bytes, pathStart, pathEnd, targetEnd } = request.forwardedTarget;
  const agent = fieldValue(request, 'user-agent');
  const original = methodOf(request);
  facts['network.protocol.version'] = VERSIONS[protocol];
  facts['http.request.method'] = METHODS.has(original) ? original : OTHER_METHOD;
  if (!METHODS.has(original)) facts['http.request.method_original'] = original;
  facts['url.path'] = clipped(latin1(bytes, pathStart, pathEnd));
  if (targetEnd > pathEnd + 1) facts['url.query'] = clipped(maskParameters(latin1(bytes, pathEnd, targetEnd)).slice(1));
  if (agent !== null) facts['user_agent.original'] = clipped(agent);
  return { ...facts, ...hostFacts(request, client.isTls) };
}

function hostFacts({ bytes, hostStart, hostNameEnd, hostEnd }: Head, isTls: boolean): Attributes {
  if (hostEnd <= hostStart) return {};
  const port = Number(latin1(bytes, Math.min(hostNameEnd + 1, hostEnd), hostEnd));
  return {
    'server.address': latin1(bytes, hostStart, hostNameEnd),
    'server.port': port > 0 ? port : isTls ? 443 : 80,
  };
}

function gatewayFacts(record: ExchangeRecord): Attributes {
  const { request, tenantName, routeName, poolName, backend, failure, refusedBy, attemptCount, times } = record;
  const facts: Attributes = { 'keystone.listener': record.listener, 'keystone.config.version': record.planNumber };
  if (request !== null) facts['keystone.request_id'] = record.requestId;
  if (tenantName !== null) facts['keystone.tenant'] = tenantName;
  if (routeName !== null) facts['keystone.route'] = routeName;
  if (poolName !== null) facts['keystone.pool'] = poolName;
  if (backend !== null) facts['keystone.backend'] = backend.name;
  if (failure !== null) facts['keystone.reason'] = failure;
  if (refusedBy !== null) facts['keystone.refused_by'] = refusedBy;
  if (attemptCount > 1) facts['keystone.attempts'] = attemptCount;
  if (times.queued > 0) facts['keystone.queue_ms'] = times.queued;
  return facts;
}

function attemptFacts(attempt: Attempted, record: ExchangeRecord): Attributes {
  const { number, version, outcome, isHedge, isLast } = attempt;
  const { request, tenantName, times } = record;
  const method = request === null ? OTHER_METHOD : methodOf(request);
  const facts: Attributes = {
    'http.request.method': METHODS.has(method) ? method : OTHER_METHOD,
    'keystone.backend': attempt.backend,
    ...addressFacts(attempt.address, version),
  };
  if (tenantName !== null) facts['keystone.tenant'] = tenantName;
  if (typeof outcome === 'number') facts['http.response.status_code'] = outcome;
  else facts['keystone.reason'] = outcome;
  if (number > 1) facts['http.request.resend_count'] = number - 1;
  if (isHedge) facts['keystone.hedge'] = true;
  if (isLast && times.answered !== 0) facts['keystone.first_byte_ms'] = times.answered - attempt.began;
  if (isLast && times.connected !== 0) facts['keystone.connect_ms'] = times.connected - times.connecting;
  return facts;
}

function addressFacts({ hostname, port, tls }: ConnectAddress, version: UpstreamVersion | null): Attributes {
  const facts: Attributes = { 'server.address': hostname, 'url.scheme': tls === null ? 'http' : 'https' };
  // A Unix socket has none.
  if (port !== 0) facts['server.port'] = port;
  if (version !== null) facts['network.protocol.version'] = version;
  return facts;
}

function named({ request }: ExchangeRecord, place: string): string {
  const method = request === null ? '' : methodOf(request);
  const word = METHODS.has(method) ? method : 'HTTP';
  return place === '' ? word : `${word} ${place}`;
}

function methodOf({ bytes, start, methodEnd }: Head): string {
  return latin1(bytes, start, methodEnd);
}

function stateOf(request: Head): string {
  const state = fieldValue(request, 'tracestate') ?? '';
  return state.length > LONGEST_STATE ? '' : state;
}

function clipped(text: string): string {
  return text.length > LONGEST ? text.slice(0, LONGEST) : text;
}
