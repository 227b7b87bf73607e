// A request that has ended, as people see it who watch: with the names of the access log, and without its query, which may hold
// secrets.
import { latin1 } from '../../message/bytes.ts';
import type { ExchangeRecord, TriedBackend } from '../../message/record.ts';

/** Durations in milliseconds; null: not known, or there was none. */
export type LiveRequest = {
  /** ISO 8601: when it ended. */
  readonly time: string;
  readonly request_id: string;
  readonly client: string;
  readonly listener: string;
  readonly tenant: string | null;
  readonly route: string | null;
  readonly pool: string | null;
  readonly method: string;
  readonly host: string;
  readonly path: string;
  readonly protocol: string;
  /** 0: no response began. */
  readonly status: number;
  /** Why no backend gave a complete response, and the policy that answered in place of one. */
  readonly failure: string | null;
  readonly refused_by: string | null;
  readonly bytes_in: number;
  readonly bytes_out: number;
  readonly duration_ms: number;
  readonly queue_ms: number | null;
  readonly connect_ms: number | null;
  readonly first_byte_ms: number | null;
  readonly backend: string | null;
  readonly attempts: number;
  /** Where there was more than one. */
  readonly tried: readonly LiveAttempt[];
};

/** Times are from the beginning of the request. */
export type LiveAttempt = {
  readonly backend: string;
  readonly outcome: number | string;
  readonly is_hedge: boolean;
  readonly began_ms: number;
  readonly ended_ms: number;
};

// Of a host or a path that a client has made long on purpose.
const LONGEST = 512;

/** `at`: milliseconds since 1970. */
export function liveRequestOf(record: ExchangeRecord, at: number): LiveRequest {
  const { times, client, request } = record;
  const { begun } = times;
  const since = (time: number): number => rounded(time - begun);
  return {
    time: new Date(at).toISOString(),
    request_id: request === null ? '' : record.requestId,
    client: client.address,
    listener: record.listener,
    tenant: record.tenantName,
    route: record.routeName,
    pool: record.poolName,
    ...targetOf(record),
    protocol: record.protocol,
    status: record.status,
    failure: record.failure,
    refused_by: record.refusedBy,
    bytes_in: record.bytesIn,
    bytes_out: record.bytesOut,
    duration_ms: since(times.left),
    queue_ms: times.queued > 0 ? rounded(times.queued) : null,
    connect_ms: times.connected === 0 ? null : rounded(times.connected - times.connecting),
    first_byte_ms: times.answered === 0 ? null : since(times.answered),
    backend: record.backend?.name ?? null,
    attempts: record.attemptCount,
    tried: record.tried.map((one) => attemptOf(one, since)),
  };
}

function targetOf({ request }: ExchangeRecord): Pick<LiveRequest, 'method' | 'host' | 'path'> {
  if (request === null) return { method: '', host: '', path: '' };
  const { bytes, start, methodEnd, hostStart, hostEnd, pathStart, pathEnd } = request;
  const text = (from: number, to: number): string => latin1(bytes, from, Math.min(to, from + LONGEST));
  return { method: text(start, methodEnd), host: text(hostStart, hostEnd), path: text(pathStart, pathEnd) };
}

function attemptOf(
  { backend, outcome, isHedge, began, ended }: TriedBackend,
  since: (time: number) => number,
): LiveAttempt {
  return { backend, outcome, is_hedge: isHedge, began_ms: since(began), ended_ms: since(ended) };
}

function rounded(milliseconds: number): number {
  return Math.round(milliseconds * 1000) / 1000;
}
