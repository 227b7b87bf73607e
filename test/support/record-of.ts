// A record of an exchange that never was.
import type { Millis } from '../../src/core/units.ts';
import { millis } from '../../src/core/units.ts';
import { ascii } from '../../src/message/bytes.ts';
import { NO_CLIENT } from '../../src/forward/policy-view.ts';
import { Times } from '../../src/forward/times.ts';
import type { ExchangeRecord, TriedBackend } from '../../src/message/record.ts';
import { parseRequest, wire } from './heads.ts';

/** Times of an exchange whose request was answered at once, and that left after `duration`. */
export function timesOf(begun: number, duration: number): Times & { left: Millis } {
  const times = new Times();
  times.begin(millis(begun));
  times.attempted = millis(begun);
  times.answered = millis(begun);
  times.left = millis(begun + duration);
  return times;
}

/** An attempt at the backend a. */
export const ATTEMPT: Omit<TriedBackend, 'outcome'> = {
  backend: 'a',
  address: { hostname: '10.0.0.1', port: 80, tls: null },
  number: 1,
  version: null,
  isHedge: false,
  began: millis(1),
  ended: millis(2),
};

/** A plain one: a GET of the tenant shop, answered with 200. */
export function recordOf(changes: Partial<ExchangeRecord> = {}, line = 'GET /cart?token=x HTTP/1.1'): ExchangeRecord {
  const { head } = parseRequest([wire(`${line}\r\nHost: shop.test\r\n\r\n`)]);
  return {
    planNumber: 1,
    listener: '127.0.0.1:80',
    protocol: 'HTTP/1.1',
    requestId: 'id',
    requestIdBytes: ascii('id'),
    traceId: null,
    trace: null,
    tenantName: 'shop',
    tenantSeries: 0,
    routeName: null,
    poolName: null,
    backend: null,
    request: head,
    client: NO_CLIENT,
    response: null,
    encoding: null,
    status: 200,
    grpcStatus: null,
    failure: null,
    why: null,
    refusedBy: null,
    consumer: null,
    attemptCount: 1,
    tried: [],
    bytesIn: 100,
    bytesOut: 1000,
    times: timesOf(1000, 4),
    ...changes,
  };
}
