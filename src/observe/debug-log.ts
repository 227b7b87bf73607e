// What those see who look for a fault: each request that the gateway has refused, with the rule; each client that has left;
// each attempt that failed. An observer only while the level of the log is debug.
import type { FailureSource } from '../core/failure.ts';
import { latin1 } from '../message/bytes.ts';
import type { AttemptRecord, ExchangeObserver, ExchangeRecord } from '../message/record.ts';
import type { LineLimit } from './line-limit.ts';
import type { LogFields } from './log.ts';

/** Of each kind and tenant in a window: what a person can look through; a flood must not fill the disk. */
export const MOST_DEBUG_LINES = 1000;
const FIRST_BAD = 400;
const FIRST_FAULT = 500;
// Of a host or a path that a client has made long on purpose.
const LONGEST = 512;

export class DebugLog implements ExchangeObserver {
  readonly wantsAttempts = true;

  constructor(private readonly lines: Pick<LineLimit, 'write'>) {}

  exchangeEnded(record: ExchangeRecord): void {
    const { failure, refusedBy, status, why } = record;
    if (failure === 'client-gone') return this.write('client gone', record, () => ({ status }));
    const isRefused = failure === null ? refusedBy !== null && status >= FIRST_BAD : isByRule(why?.source ?? null);
    if (!isRefused) return;
    this.write('request refused', record, () => ({
      rule: refusedBy ?? failure ?? '',
      ...(refusedBy === null || failure === null ? {} : { code: failure }),
      ...(why === null ? {} : { reason: why.reason ?? why.detail }),
      status,
    }));
  }

  attemptEnded({ exchange, backend, number, isHedge, outcome, began, ended }: AttemptRecord): void {
    if (typeof outcome === 'number' && outcome < FIRST_FAULT) return;
    this.write('attempt failed', exchange, () => ({
      backend: backend.name,
      attempt: number,
      ...(isHedge ? { hedge: 'yes' } : {}),
      outcome,
      after_ms: Math.round(ended - began),
    }));
  }

  private write(message: string, record: ExchangeRecord, more: () => LogFields): void {
    const { tenantName: tenant } = record;
    this.lines.write({ level: 'debug', message, tenant, most: MOST_DEBUG_LINES }, () => ({
      ...(tenant === null ? {} : { tenant }),
      ...more(),
      ...whoAskedFor(record),
    }));
  }
}

// What a backend has done is told of as an attempt.
function isByRule(source: FailureSource | null): boolean {
  return source !== 'upstream';
}

// Without the query, which may hold secrets.
function whoAskedFor({ client, listener, request, requestId }: ExchangeRecord): LogFields {
  const who = { client: client.address, listener };
  if (request === null) return who;
  const { bytes, start, methodEnd, hostStart, hostEnd, pathStart, pathEnd } = request;
  const text = (from: number, to: number): string => latin1(bytes, from, Math.min(to, from + LONGEST));
  return {
    ...who,
    method: text(start, methodEnd),
    host: text(hostStart, hostEnd),
    path: text(pathStart, pathEnd),
    request: requestId,
  };
}
