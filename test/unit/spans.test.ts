// What a trace is told of an exchange, from its record alone.
import { describe, expect, test } from 'bun:test';
import { millis } from '../../src/core/units.ts';
import type { ExchangeRecord, RecordedTrace } from '../../src/message/record.ts';
import { type Span, spansOf } from '../../src/observe/traces/span.ts';
import { accessRecord } from '../support/access-record.ts';
import { ATTEMPT } from '../support/record-of.ts';

const TRACE: RecordedTrace = {
  traceId: '0af7651916cd43dd8448eb211c80319c',
  spanId: 'b7ad6b7169203331',
  parentId: '00f067aa0ba902b7',
  flags: 1,
  isCopy: false,
  version: '1.1',
  status: 200,
  spanOf: (number, isHedge) => `${isHedge ? 'b' : 'a'}${String(number).padStart(15, '0')}`,
};
const get = (target: string, fields = ''): string => `GET ${target} HTTP/1.1\r\nHost: shop.test\r\n${fields}\r\n`;

function spans(request: string, other: Partial<ExchangeRecord> = {}, trace: Partial<RecordedTrace> = {}) {
  return spansOf(accessRecord(request, other), { ...TRACE, ...trace }, (time) => 1_000_000 + time);
}

const own = (all: readonly Span[]): Span['attributes'] => all[0]?.attributes ?? {};

describe('the span of an exchange', () => {
  test('has no secret of the query, and nothing without an end', () => {
    const long = 'x'.repeat(3000);
    const facts = own(spans(get(`/${long}?a=1&access_token=hush&b=${long}`, `User-Agent: ${long}\r\n`)));
    expect(JSON.stringify(facts)).not.toContain('hush');
    expect(String(facts['url.query'])).toStartWith('a=1&access_token=***&b=x');
    for (const name of ['url.path', 'url.query', 'user_agent.original'])
      expect(String(facts[name]).length).toBeLessThanOrEqual(1024);
  });

  test('has one name for all methods that clients make up', () => {
    const [span] = spans('FROBNICATE / HTTP/1.1\r\nHost: shop.test\r\n\r\n');
    expect(span).toMatchObject({
      name: 'HTTP shop',
      attributes: { 'http.request.method': '_OTHER', 'http.request.method_original': 'FROBNICATE' },
    });
  });

  test('has the port of the host, or that of the scheme', () => {
    expect(own(spans(get('/')))).toMatchObject({ 'server.address': 'shop.test', 'server.port': 80 });
    const other = 'GET / HTTP/1.1\r\nHost: [::1]:8443\r\n\r\n';
    expect(own(spans(other))).toMatchObject({ 'server.address': '[::1]', 'server.port': 8443 });
  });

  test('is there for what was no request', () => {
    const [span] = spans('', { status: 400, failure: 'request-malformed' }, { parentId: null });
    expect(span).toMatchObject({ name: 'HTTP shop', isError: false, attributes: { 'http.response.status_code': 400 } });
  });

  test.each([
    [404, null, false, undefined],
    [200, 'client-gone', false, undefined],
    [0, 'client-gone', false, undefined],
    [503, 'overloaded', true, 'overloaded'],
    [500, null, true, '500'],
    [200, 'response-cut', true, 'response-cut'],
  ] as const)('with status %p and failure %p is an error: %p', (status, failure, isError, type) => {
    const [span] = spans(get('/'), { status, failure });
    expect(span?.isError).toBe(isError);
    expect(span?.attributes['error.type']).toBe(type as string);
  });

  test('of a copy is internal, and its parent is near', () => {
    const [span] = spans(get('/'), {}, { isCopy: true });
    expect(span).toMatchObject({ kind: 'internal', isParentRemote: false, parentId: TRACE.parentId });
  });

  test('has a tracestate only with a parent that has sent it', () => {
    const request = get('/', 'tracestate: a=1\r\ntracestate: b=2\r\n');
    expect(spans(request)[0]?.state).toBe('a=1, b=2');
    expect(spans(request, {}, { parentId: null })[0]?.state).toBe('');
  });
});

describe('the spans of attempts', () => {
  const tried = [
    { ...ATTEMPT, outcome: 'superseded', version: '2', began: millis(1000), ended: millis(1020) },
    { ...ATTEMPT, backend: 'b', number: 2, isHedge: true, outcome: 200, began: millis(1010), ended: millis(1012) },
    { ...ATTEMPT, backend: 'c', number: 2, outcome: 'connect-refused', began: millis(1011), ended: millis(1011) },
  ] as const;

  test('are one for each, and the one that has answered lasts to the end of the exchange', () => {
    const [exchange, first, second, third] = spans(get('/'), { tried, attemptCount: 2 });
    expect(exchange?.end).toBe(1_001_003.25);
    expect(first).toMatchObject({ spanId: 'a000000000000001', isError: false, end: 1_001_020 });
    expect(second).toMatchObject({ spanId: 'b000000000000002', name: 'GET b', end: 1_001_003.25, isError: false });
    expect(second?.attributes).toMatchObject({ 'keystone.hedge': true, 'http.response.status_code': 200 });
    expect(third).toMatchObject({ spanId: 'a000000000000002', isError: true, end: 1_001_011 });
    expect(third?.attributes).toMatchObject({ 'error.type': 'connect-refused', 'http.request.resend_count': 1 });
  });

  test('are errors where an answer broke off', () => {
    const [, , second] = spans(get('/'), { tried, attemptCount: 2, failure: 'response-cut' });
    expect(second).toMatchObject({ isError: true, attributes: { 'error.type': 'response-cut' } });
  });

  test('are none where nobody was asked', () => {
    expect(spans(get('/'), { attemptCount: 0 }, { status: 0 })).toHaveLength(1);
  });
});
