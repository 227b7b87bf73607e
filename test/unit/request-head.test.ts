import { describe, expect, test } from 'bun:test';
import { explainProblem } from '../../src/http1/problems.ts';
import { BODY_CHUNKED, BODY_LENGTH, BODY_NONE } from '../../src/message/head.ts';
import { describeHead, parseRequest, requestHead, wire } from '../support/heads.ts';

function refusal(text: string): string {
  const { result } = parseRequest([wire(text)]);
  return result < 0 ? explainProblem(result).code : `result ${result}`;
}

const get = (target: string, fields = 'Host: a.test\r\n'): string => `GET ${target} HTTP/1.1\r\n${fields}\r\n`;

describe('a request head', () => {
  test('is taken apart', () => {
    const head = requestHead(
      '\r\nPOST /a/b?q=1 HTTP/1.1\r\nHost: Shop.Test:80\r\nX-Empty:\r\nContent-Length: 5\r\n\r\nhello',
    );
    expect(describeHead(head)).toEqual({
      method: 'POST',
      path: '/a/b',
      target: '/a/b?q=1',
      forwarded: '/a/b?q=1',
      host: 'Shop.Test:80',
      hostName: 'Shop.Test',
      framing: BODY_LENGTH,
      length: 5,
      minor: 1,
      keepAlive: true,
      fields: [
        ['Host', 'Shop.Test:80'],
        ['X-Empty', ''],
        ['Content-Length', '5'],
      ],
    });
  });

  test.each([
    ['GET / HTTP/1.1\r\n\r\n', 'request-malformed'],
    [get('/', 'Host: a\r\nHost: a\r\n'), 'request-malformed'],
    [get('/', 'Host: a/b\r\n'), 'request-malformed'],
    [get('/', 'Host: a:99999\r\n'), 'request-malformed'],
    [get('/', 'Host : a\r\n'), 'request-malformed'],
    [get('/', 'Host: a\r\n folded\r\n'), 'request-malformed'],
    [get('/', 'Host: a\r\nX: \0\r\n'), 'request-malformed'],
    [get('/', 'Host: a\r\nX: b\rc\r\n'), 'request-malformed'],
    ['GET / HTTP/1.1\nHost: a\n\n', 'request-malformed'],
    ['GET /\r\n\r\n', 'request-malformed'],
    ['GET / HTTP/2.0\r\nHost: a\r\n\r\n', 'request-version'],
    ['GET / http/1.1\r\nHost: a\r\n\r\n', 'request-malformed'],
    [get('/#x'), 'request-malformed'],
    [get('*'), 'request-malformed'],
    [get('a.test:80'), 'request-malformed'],
    [get('http://b.test/'), 'request-malformed'],
    [get('http://u@a.test/'), 'request-malformed'],
    [get('/a/../../b'), 'request-malformed'],
    [get('/a%00'), 'request-malformed'],
    [get('/a%zz'), 'request-malformed'],
    [get('/a\\b'), 'request-malformed'],
    [get('/api/..;/admin'), 'request-malformed'],
    ['CONNECT a.test:443 HTTP/1.1\r\nHost: a.test:443\r\n\r\n', 'method-refused'],
    ['TRACE / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx', 'request-malformed'],
    [get('/', 'Host: a\r\nContent-Length: 1\r\nContent-Length: 1\r\n'), 'request-malformed'],
    [get('/', 'Host: a\r\nContent-Length: +1\r\n'), 'request-malformed'],
    [get('/', 'Host: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n'), 'request-malformed'],
    [get('/', 'Host: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n'), 'request-malformed'],
    [get('/', 'Host: a\r\nTransfer-Encoding: xchunked\r\n'), 'request-malformed'],
    [get('/', 'Host: a\r\nTransfer-Encoding: chunked, gzip\r\n'), 'request-malformed'],
    [get('/', 'Host: a\r\nTransfer-Encoding: gzip, chunked\r\n'), 'request-encoding'],
  ])('is refused: %j', (text, code) => {
    expect(refusal(text)).toBe(code);
  });

  test('is refused where it is too large', () => {
    expect(refusal(get(`/${'a'.repeat(9000)}`))).toBe('request-target-too-long');
    expect(refusal(get('/', `Host: a\r\nX: ${'a'.repeat(40_000)}\r\n`))).toBe('request-head-too-large');
    expect(refusal(get('/', `Host: a\r\n${'X: y\r\n'.repeat(101)}`))).toBe('request-head-too-large');
  });

  test.each([
    ['/a/./b', '/a/b'],
    ['/a/../b', '/b'],
    ['/a/%2e%2E/b?x=/../y', '/b?x=/../y'],
    ['/a/b/..', '/a/'],
    ['/%61%2Fb', '/a%2Fb'],
    ['/.well-known/x', '/.well-known/x'],
    ['//x', '//x'],
    ['/a%20b', '/a%20b'],
    ['http://a.test', '/'],
    ['http://A.TEST:80?q', '/?q'],
    ['http://a.test/x/../y?q', '/y?q'],
  ])('has one normal form of its target: %s is %s', (target, normal) => {
    expect(describeHead(requestHead(get(target))).target).toBe(normal);
  });

  test.each([
    ['/a%41', '/a%41'],
    ['/%7Euser/%2D?x=%41', '/%7Euser/%2D?x=%41'],
    ['/%61%2Fb', '/%61%2Fb'],
    ['/a%20b', '/a%20b'],
    ['/%2ehidden/%2e%2e%2e/b%2e', '/%2ehidden/%2e%2e%2e/b%2e'],
    ['http://a.test/%41?q', '/%41?q'],
    // Dot segments are gone, and with them the spelling.
    ['/%41/%2e/b?q=%41', '/A/b?q=%41'],
    ['/%41/./b', '/A/b'],
    ['/%41/b/%2e%2e', '/A/'],
  ])('goes on as it came unless it has dot segments: %s as %s', (target, forwarded) => {
    expect(describeHead(requestHead(get(target))).forwarded).toBe(forwarded);
  });

  test('forgets how its target was spelled when it is used again', () => {
    const head = requestHead(get('/%41'));
    head.reset();
    expect(head.sentTarget).toBeNull();
  });

  test('of HTTP/1.0 without Host takes the host of its target', () => {
    const head = requestHead('GET http://b.test/x HTTP/1.0\r\n\r\n');
    expect(describeHead(head)).toMatchObject({ host: 'b.test', target: '/x', minor: 0, keepAlive: false });
  });

  test('says how its body is framed', () => {
    expect(requestHead(get('/')).framing).toBe(BODY_NONE);
    expect(requestHead(get('/', 'Host: a\r\nTransfer-Encoding: Chunked\r\n')).framing).toBe(BODY_CHUNKED);
    expect(requestHead(get('/', 'Host: a\r\nContent-Length: 0\r\n')).framing).toBe(BODY_NONE);
  });

  test('keeps the connection unless it says close', () => {
    expect(requestHead(get('/', 'Host: a\r\nConnection: foo, Close\r\n')).keepAlive).toBe(false);
    expect(requestHead('GET / HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n').keepAlive).toBe(true);
    expect(requestHead('GET / HTTP/1.0\r\nHost: a\r\nConnection: keep-alive, close\r\n\r\n').keepAlive).toBe(false);
  });
});
