// What a line tells: for each name where its value comes from. A value that is not there is not written.
import { ascii } from '../../message/bytes.ts';
import type { AccessLogField } from '../../core/access-log-settings.ts';
import type { Head } from '../../message/head.ts';
import type { ExchangeRecord, TriedBackend } from '../../message/record.ts';
import { type NamedField, findNamed } from './named-field.ts';
import type { Redaction } from './redaction.ts';
import type { LineTime } from './line-time.ts';
import type { ValueWriter } from './line-writer.ts';

/** What fields need besides the record. */
export type FieldTools = {
  readonly time: LineTime;
  readonly redaction: Redaction;
  /** Queries are told. */
  readonly query: boolean;
};

/** Writes the line of a record, without its end. */
export type LineFormat = (record: ExchangeRecord) => void;

export type FieldWriter = (record: ExchangeRecord, put: ValueWriter) => void;

const HTTP = ascii('http');
const HTTPS = ascii('https');
const USER_AGENT: NamedField = { name: ascii('user-agent'), isSecret: false };
const REFERER: NamedField = { name: ascii('referer'), isSecret: false };
const HIDDEN = ascii('***');

/** The writers of all fields. */
export function fieldWriters({ time, redaction, query }: FieldTools): Readonly<Record<AccessLogField, FieldWriter>> {
  return {
    ...facts,
    ...requestFacts,
    ...durations,
    time: ({ times }, put) => put.plain(time.of(times.left)),
    query: ({ request }, put) => {
      if (!query || request === null) return;
      const { bytes, pathEnd, targetEnd } = request.forwardedTarget;
      if (targetEnd > pathEnd) redaction.query(bytes, pathEnd + 1, targetEnd, put);
    },
    referer: ({ request }, put) => writeReferer(request, redaction, put),
  };
}

type Writers = Partial<Record<AccessLogField, FieldWriter>>;

const facts = {
  client: ({ client }, put) => put.text(client.address),
  client_port: ({ client }, put) => {
    if (client.port !== 0) put.number(client.port);
  },
  consumer: ({ consumer }, put) => textOf(consumer, put),
  tenant: ({ tenantName }, put) => textOf(tenantName, put),
  route: ({ routeName }, put) => textOf(routeName, put),
  pool: ({ poolName }, put) => textOf(poolName, put),
  listener: ({ listener }, put) => put.text(listener),
  scheme: ({ client }, put) => put.plain(client.isTls ? HTTPS : HTTP),
  status: ({ status }, put) => put.number(status),
  grpc_status: ({ grpcStatus }, put) => {
    if (grpcStatus !== null) put.number(grpcStatus);
  },
  failure: ({ failure }, put) => textOf(failure, put),
  refused_by: ({ refusedBy }, put) => textOf(refusedBy, put),
  bytes_in: ({ bytesIn }, put) => put.number(bytesIn),
  bytes_out: ({ bytesOut }, put) => put.number(bytesOut),
  backend: ({ backend }, put) => {
    if (backend !== null) put.text(backend.name);
  },
  attempts: ({ attemptCount }, put) => {
    if (attemptCount > 0) put.number(attemptCount);
  },
  tried: ({ tried }, put) => {
    if (tried.length > 0) put.text(tried.map(describe).join(', '));
  },
  compression: ({ encoding }, put) => textOf(encoding, put),
  tls_version: ({ client: { tls } }, put) => textOf(tls === null ? null : tls.version, put),
  tls_cipher: ({ client: { tls } }, put) => textOf(tls === null ? null : tls.cipher, put),
  sni: ({ client: { tls } }, put) => textOf(tls === null ? null : tls.serverName, put),
  plan: ({ planNumber }, put) => put.number(planNumber),
} satisfies Writers;

const requestFacts = {
  request_id: (record, put) => {
    if (record.request === null) return;
    const id = record.requestIdBytes;
    put.bytes(id, 0, id.length);
  },
  trace_id: ({ traceId }, put) => textOf(traceId, put),
  method: ({ request }, put) => {
    if (request !== null) put.bytes(request.bytes, request.start, request.methodEnd);
  },
  host: ({ request }, put) => {
    if (request !== null && request.hostEnd > request.hostStart)
      put.bytes(request.bytes, request.hostStart, request.hostEnd);
  },
  path: ({ request }, put) => {
    if (request === null) return;
    const { bytes, pathStart, pathEnd } = request.forwardedTarget;
    put.bytes(bytes, pathStart, pathEnd);
  },
  protocol: (record, put) => put.text(record.protocol),
  user_agent: ({ request }, put) => writeNamed(request, USER_AGENT, put),
} satisfies Writers;

const durations = {
  duration_ms: ({ times }, put) => put.millis(times.left - times.begun),
  queue_ms: ({ times }, put) => {
    if (times.queued > 0) put.millis(times.queued);
  },
  connect_ms: ({ times }, put) => {
    if (times.connected !== 0) put.millis(times.connected - times.connecting);
  },
  first_byte_ms: ({ times }, put) => {
    if (times.answered !== 0) put.millis(times.answered - times.begun);
  },
} satisfies Writers;

function textOf(text: string | null, put: ValueWriter): void {
  if (text !== null) put.text(text);
}

/** Writes a field of a head, if it is there. */
export function writeNamed(head: Head | null, field: NamedField, put: ValueWriter): void {
  const at = head === null ? -1 : findNamed(head, field);
  if (head === null || at < 0) return;
  if (field.isSecret) put.plain(HIDDEN);
  else put.bytes(head.bytes, head.fields[at * 4 + 2], head.fields[at * 4 + 3]);
}

function writeReferer(head: Head | null, redaction: Redaction, put: ValueWriter): void {
  const at = head === null ? -1 : findNamed(head, REFERER);
  if (head !== null && at >= 0) redaction.reference(head.bytes, head.fields[at * 4 + 2], head.fields[at * 4 + 3], put);
}

/** `a 503 12.5ms`, and that it was a hedge. */
function describe({ backend, outcome, isHedge, began, ended }: TriedBackend): string {
  const words = [backend, String(outcome), `${Math.round((ended - began) * 1000) / 1000}ms`];
  return [...words, ...(isHedge ? ['hedge'] : [])].join(' ');
}
