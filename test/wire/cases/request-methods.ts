// Methods (RFC 9110 9): any token is a method; CONNECT and TRACE are not for a gateway; Max-Forwards counts down.
import { type CaseFamily, type Expectation, type WireCase, anyOf, forwarded, head, ok, refused } from '../case.ts';

const NO_METHOD_OF_OURS: Expectation = { kind: 'answered', status: [403, 405, 501] };

function passes(method: string, source = 'RFC 9110 9.1'): WireCase {
  return {
    name: `method ${method}`,
    source,
    holds: 'Every valid method goes on as it is.',
    send: head(`${method} /{id} HTTP/1.1`, 'Host: all.test'),
    expect: forwarded({ line: `${method} /{id} HTTP/1.1` }),
  };
}

function connect(what: string, lines: readonly string[], body = ''): WireCase {
  return {
    name: `CONNECT ${what}`,
    source: 'RFC 9110 9.3.6; Traefik GHSA-3ccp-42pg-hgv6',
    holds: 'The gateway opens no tunnel for CONNECT, and takes nothing after it for a request.',
    send: head(...lines, 'X-Case: {id}') + body,
    expect: refused(400, 403, 405, 501),
  };
}

function options(what: string, maxForwards: string, expect: Expectation): WireCase {
  return {
    name: `OPTIONS with Max-Forwards ${what}`,
    source: 'RFC 9110 7.6.2',
    holds: 'Max-Forwards is counted down, and at zero the gateway answers itself.',
    send: head('OPTIONS /{id} HTTP/1.1', 'Host: all.test', `Max-Forwards: ${maxForwards}`),
    expect,
  };
}

const SMUGGLED = 'GET /{id}/smuggled HTTP/1.1\r\nHost: all.test\r\n\r\n';

export const requestMethods: CaseFamily = {
  name: 'request: methods',
  reason:
    'The origin decides about methods. Only CONNECT and TRACE are refused, because a gateway in front of origins has no use for them.',
  cases: [
    passes('PUT'),
    passes('PATCH', 'RFC 5789 2'),
    passes('DELETE'),
    passes('OPTIONS'),
    passes('PROPFIND', 'RFC 9110 16.1'),
    passes('M-SEARCH', 'RFC 9110 16.1'),
    passes('QUERY', 'RFC 9110 16.1'),
    passes('get', 'RFC 9110 9.1'),
    passes('Post', 'RFC 9110 9.1'),
    passes('head', 'RFC 9110 9.1'),
    passes('GETX', 'RFC 9110 9.1'),
    passes('G', 'RFC 9110 9.1'),
    passes("!#$%&'*+-.^_`|~", 'RFC 9110 5.6.2'),
    {
      name: 'method HEAD',
      source: 'RFC 9110 9.3.2',
      holds: 'The answer to HEAD has no body, whatever its length says.',
      send: head('HEAD /{id} HTTP/1.1', 'Host: all.test'),
      expect: forwarded({ line: 'HEAD /{id} HTTP/1.1' }, { body: '', fields: { 'content-length': '2' } }),
    },
    {
      name: 'HEAD, then GET at once',
      source: 'RFC 9110 9.3.2; RFC 9112 6.3',
      holds: 'The length in an answer to HEAD never swallows the next response.',
      send: head('HEAD /{id}/1 HTTP/1.1', 'Host: all.test') + head('GET /{id}/2 HTTP/1.1', 'Host: all.test'),
      methods: ['HEAD', 'GET'],
      replies: { '/1': 'HTTP/1.1 200 OK\r\nContent-Length: 60\r\n\r\n', '/2': ok('two') },
      expect: {
        kind: 'forwarded',
        requests: [{ line: 'HEAD /{id}/1 HTTP/1.1' }, { line: 'GET /{id}/2 HTTP/1.1' }],
        responses: [{ body: '' }, { body: 'two' }],
        persists: true,
      },
    },
    connect('with an authority', ['CONNECT all.test:443 HTTP/1.1', 'Host: all.test:443']),
    connect('with a path', ['CONNECT /x HTTP/1.1', 'Host: all.test']),
    connect('with an absolute-form', ['CONNECT http://all.test/x HTTP/1.1', 'Host: all.test']),
    connect(
      'with a body of Content-Length',
      ['CONNECT all.test:80 HTTP/1.1', 'Host: all.test:80', `Content-Length: ${SMUGGLED.length}`],
      SMUGGLED,
    ),
    connect(
      'with a chunked body',
      ['CONNECT all.test:80 HTTP/1.1', 'Host: all.test:80', 'Transfer-Encoding: chunked'],
      `0\r\n\r\n${SMUGGLED}`,
    ),
    connect('and a request behind it', ['CONNECT all.test:80 HTTP/1.1', 'Host: all.test:80'], SMUGGLED),
    connect('in HTTP/1.0', ['CONNECT all.test:80 HTTP/1.0'], SMUGGLED),
    {
      name: 'TRACE',
      source: 'RFC 9110 9.3.8',
      holds: 'TRACE is refused by default, with the methods that are allowed.',
      send: head('TRACE /{id} HTTP/1.1', 'Host: all.test', 'Cookie: secret=1'),
      expect: NO_METHOD_OF_OURS,
    },
    {
      name: 'TRACE answered 405 says what is allowed',
      source: 'RFC 9110 15.5.6',
      holds: 'A 405 carries Allow.',
      send: head('TRACE /{id} HTTP/1.1', 'Host: all.test'),
      expect: anyOf(
        { kind: 'answered', status: [405], fields: { allow: { matches: /GET/ } } },
        { kind: 'answered', status: [403, 501] },
      ),
    },
    {
      name: 'TRACE with Max-Forwards: 0',
      source: 'RFC 9110 7.6.2',
      holds: 'A TRACE with Max-Forwards: 0 is not forwarded.',
      send: head('TRACE /{id} HTTP/1.1', 'Host: all.test', 'Max-Forwards: 0'),
      expect: { kind: 'answered', status: [200, 403, 405, 501] },
    },
    {
      name: 'TRACE with a body',
      source: 'RFC 9110 9.3.8',
      holds: 'A TRACE with a body is refused, and its body is no request.',
      send: head('TRACE /{id} HTTP/1.1', 'Host: all.test', `Content-Length: ${SMUGGLED.length}`) + SMUGGLED,
      expect: { kind: 'answered', status: [400, 403, 405, 501] },
    },
    options('0', '0', { kind: 'answered', status: [200, 204] }),
    options('1', '1', forwarded({ fields: { 'max-forwards': '0' } })),
    options('10', '10', forwarded({ fields: { 'max-forwards': '9' } })),
    options(
      'that is no number',
      'many',
      anyOf(refused(400), forwarded({ fields: { 'max-forwards': { oneOf: ['many', null] } } })),
    ),
    options(
      'of 30 digits',
      '9'.repeat(30),
      anyOf(refused(400), forwarded({ fields: { 'max-forwards': { matches: /^\d+$/ } } })),
    ),
    {
      name: 'GET with Max-Forwards: 0',
      source: 'RFC 9110 7.6.2',
      holds: 'Max-Forwards is defined for OPTIONS and TRACE alone.',
      send: head('GET /{id} HTTP/1.1', 'Host: all.test', 'Max-Forwards: 0'),
      expect: forwarded({ line: 'GET /{id} HTTP/1.1' }),
    },
    {
      name: 'OPTIONS *',
      source: 'RFC 9112 3.2.4',
      holds: 'OPTIONS * goes on as it is, or is answered by the gateway; it never becomes another target.',
      send: head('OPTIONS * HTTP/1.1', 'Host: hosted.test', 'X-Case: {id}'),
      expect: anyOf(forwarded({ line: 'OPTIONS * HTTP/1.1' }), {
        kind: 'answered',
        status: [200, 204, 400, 404, 405, 501],
      }),
    },
    {
      name: 'OPTIONS with an absolute-form without a path',
      source: 'RFC 9112 3.2.4',
      holds: 'An empty path of OPTIONS becomes an asterisk, or the gateway answers itself.',
      send: head('OPTIONS http://hosted.test HTTP/1.1', 'Host: hosted.test', 'X-Case: {id}'),
      expect: anyOf(forwarded({ line: 'OPTIONS * HTTP/1.1' }), {
        kind: 'answered',
        status: [200, 204, 400, 404, 405, 501],
      }),
    },
  ],
};
