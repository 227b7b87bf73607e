// TRACE for a tenant that allows it (RFC 9110 9.3.8). For other tenants see request-methods.ts.
import { type CaseFamily, type Expectation, type WireCase, forwarded, head, ok, refused } from '../case.ts';

const SOURCE = 'RFC 9110 9.3.8';
const SMUGGLED = 'GET /{id}/smuggled HTTP/1.1\r\nHost: all.test\r\n\r\n';

function trace(...fields: readonly string[]): string {
  return head('TRACE /{id} HTTP/1.1', 'Host: traced.test', ...fields);
}

function reflected(...lines: readonly string[]): Expectation {
  const fields = { 'content-type': 'message/http', 'cache-control': 'no-store' };
  return { kind: 'answered', status: [200], fields, body: `${lines.join('\r\n')}\r\n\r\n`, persists: true };
}

function withBody(what: string, fields: readonly string[], body: string): WireCase {
  return {
    name: `TRACE allowed: ${what}`,
    source: SOURCE,
    holds: 'A TRACE with a body is refused, and its body is no request.',
    send: trace(...fields) + body,
    expect: refused(400),
  };
}

function endsHere(what: string, send: string, expect: Expectation): WireCase {
  return {
    name: `TRACE allowed: ${what}`,
    source: `${SOURCE}, 7.6.2`,
    holds: 'At Max-Forwards: 0 the gateway answers with the request itself, without its secrets.',
    send,
    expect,
  };
}

const HOST = 'Host: traced.test';

export const requestTrace: CaseFamily = {
  name: 'request: TRACE allowed',
  reason: 'A tenant may allow TRACE for debugging; it has no body, and the gateway reflects no secret.',
  cases: [
    {
      name: 'TRACE allowed: goes on as it is',
      source: SOURCE,
      holds: 'TRACE reaches the backend, and its answer the client.',
      send: trace('X-A: 1'),
      reply: ok('TRACE /x HTTP/1.1\r\n\r\n', 'Content-Type: message/http'),
      expect: forwarded(
        { line: 'TRACE /{id} HTTP/1.1', fields: { 'x-a': '1', via: { matches: /^1\.1 / } } },
        { fields: { 'content-type': 'message/http' }, body: 'TRACE /x HTTP/1.1\r\n\r\n' },
      ),
    },
    {
      name: 'TRACE allowed: Max-Forwards is counted down',
      source: 'RFC 9110 7.6.2',
      holds: 'The gateway lowers Max-Forwards by one.',
      send: trace('Max-Forwards: 3'),
      expect: forwarded({ line: 'TRACE /{id} HTTP/1.1', fields: { 'max-forwards': '2' } }),
    },
    {
      name: 'TRACE allowed: Content-Length: 0',
      source: SOURCE,
      holds: 'A length of zero means no body, which a TRACE may have.',
      send: trace('Content-Length: 0'),
      expect: forwarded({ line: 'TRACE /{id} HTTP/1.1' }),
    },
    {
      name: 'TRACE allowed: trace is another method',
      source: 'RFC 9110 9.1',
      holds: 'Methods are case-sensitive.',
      send: head('trace /{id} HTTP/1.1', 'Host: all.test', 'Max-Forwards: 0'),
      expect: forwarded({ line: 'trace /{id} HTTP/1.1' }),
    },
    withBody('a body of Content-Length', [`Content-Length: ${SMUGGLED.length}`], SMUGGLED),
    withBody('a chunked body', ['Transfer-Encoding: chunked'], `0\r\n\r\n${SMUGGLED}`),
    endsHere('answered here', trace('Max-Forwards: 0'), reflected('TRACE /{id} HTTP/1.1', HOST, 'Max-Forwards: 0')),
    endsHere(
      'answered here with its query, and what it passed through',
      head('TRACE /{id}?a=b HTTP/1.1', HOST, 'Via: 1.1 a', 'Max-Forwards: 0', 'X-A:  1'),
      reflected('TRACE /{id}?a=b HTTP/1.1', HOST, 'Via: 1.1 a', 'Max-Forwards: 0', 'X-A: 1'),
    ),
    endsHere(
      'answered here with the path as it came',
      head('TRACE /{id}/%41 HTTP/1.1', HOST, 'Max-Forwards: 0'),
      reflected('TRACE /{id}/%41 HTTP/1.1', HOST, 'Max-Forwards: 0'),
    ),
    endsHere(
      'answered here without secrets',
      trace(
        'Cookie: a=b',
        'AUTHORIZATION: Basic Zm9vOmJhcg==',
        'Proxy-Authorization: Basic Zm9vOmJhcg==',
        'X-Api-Key: k',
        'X-CSRF-Token: t',
        'Max-Forwards: 0',
        'X-B: 2',
      ),
      reflected('TRACE /{id} HTTP/1.1', HOST, 'Max-Forwards: 0', 'X-B: 2'),
    ),
    {
      name: 'TRACE for another tenant on the same connection',
      source: SOURCE,
      holds: 'TRACE that one tenant allows is refused for another.',
      send: head('TRACE /{id} HTTP/1.1', 'Host: hosted.test', 'Max-Forwards: 0'),
      expect: { kind: 'answered', status: [405], fields: { allow: { matches: /GET/ } } },
    },
  ],
};
