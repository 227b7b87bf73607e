// Copies of records: what the data plane tells is valid only while it tells it.
import { latin1 } from '../../src/message/bytes.ts';
import type { AttemptRecord, ExchangeRecord } from '../../src/message/record.ts';

/** A copy of what a record tells. */
export type EndedExchange = Pick<
  ExchangeRecord,
  | 'tenantName'
  | 'routeName'
  | 'poolName'
  | 'status'
  | 'failure'
  | 'refusedBy'
  | 'attemptCount'
  | 'tried'
  | 'bytesIn'
  | 'bytesOut'
  | 'times'
  | 'protocol'
  | 'planNumber'
> & {
  readonly backend: string | null;
  /** `METHOD target`. */
  readonly line: string | null;
};
/** The same of an attempt. */
export type EndedAttempt = Omit<AttemptRecord, 'exchange' | 'backend'> & { readonly backend: string };

export function copyOf(record: ExchangeRecord): EndedExchange {
  const { tenantName, status, failure, refusedBy, attemptCount, bytesIn, bytesOut, request, backend, times } = record;
  const line = request === null ? null : latin1(request.bytes, request.start, request.targetEnd);
  const { routeName, poolName, tried, protocol, planNumber } = record;
  const led = { tenantName, routeName, poolName, planNumber };
  const kept = { ...led, status, failure, refusedBy, attemptCount, tried: [...tried], bytesIn, bytesOut, protocol };
  return { ...kept, times: { ...times }, backend: backend?.name ?? null, line };
}
