// Status lines and field lines of backends (RFC 9112 4, 5): read as strictly as those of clients.
import { type CaseFamily, type WireCase, anyOf, forwarded, get, head, ok } from '../case.ts';

const FAILED = { kind: 'failed', status: [502] } as const;

function broken(what: string, reply: string, source = 'RFC 9112 4'): WireCase {
  return {
    name: `response: ${what}`,
    source,
    holds: 'A response that is not HTTP/1.1 becomes 502, and its connection is dropped.',
    send: get(),
    reply,
    expect: FAILED,
  };
}

function brokenField(what: string, line: string, source = 'RFC 9112 5'): WireCase {
  return broken(`field: ${what}`, ok('ok', 'X-Before: 1', line, 'X-After: 2'), source);
}

function passes(what: string, startLine: string, status: number): WireCase {
  return {
    name: `response: ${what}`,
    source: 'RFC 9112 4; RFC 9110 15',
    holds: 'The status of the backend is the status of the client.',
    send: get(),
    reply: `${head(startLine, 'Content-Length: 2')}ok`,
    expect: forwarded({}, { status, body: 'ok' }),
  };
}

const MEDLEY = 'a\tb "c" \xe4\xff';

export const responseStart: CaseFamily = {
  name: 'response: status line and fields',
  reason: 'The gateway reads backends as strictly as clients: where it guesses, a client may guess differently.',
  cases: [
    broken('a body without a head (HTTP/0.9)', '<html>hello</html>\r\n\r\n'),
    broken('HTTP/2.0', head('HTTP/2.0 200 OK', 'Content-Length: 0')),
    broken('HTTP/0.9', head('HTTP/0.9 200 OK', 'Content-Length: 0')),
    broken('HTTP/1.10', head('HTTP/1.10 200 OK', 'Content-Length: 0')),
    broken('http/1.1 in lower case', head('http/1.1 200 OK', 'Content-Length: 0')),
    broken('another protocol', head('ICY 200 OK', 'Content-Length: 0')),
    broken('no version', head('200 OK', 'Content-Length: 0')),
    broken('a status of two digits', head('HTTP/1.1 20 OK', 'Content-Length: 0')),
    broken('a status of four digits', head('HTTP/1.1 2000 OK', 'Content-Length: 0')),
    broken('a status of letters', head('HTTP/1.1 abc OK', 'Content-Length: 0')),
    broken('a status with a sign', head('HTTP/1.1 +20 OK', 'Content-Length: 0')),
    broken('a status of 000', head('HTTP/1.1 000 OK', 'Content-Length: 0')),
    broken('a status of 099', head('HTTP/1.1 099 OK', 'Content-Length: 0')),
    broken('no status', head('HTTP/1.1', 'Content-Length: 0')),
    broken('two spaces before the status', head('HTTP/1.1  200 OK', 'Content-Length: 0')),
    broken('a tab before the status', head('HTTP/1.1\t200 OK', 'Content-Length: 0')),
    broken('a space before the version', head(' HTTP/1.1 200 OK', 'Content-Length: 0')),
    broken('NUL in the reason', head('HTTP/1.1 200 O\x00K', 'Content-Length: 0')),
    broken('a bare CR in the reason', head('HTTP/1.1 200 O\rK', 'Content-Length: 0')),
    broken('a status line that ends in LF', 'HTTP/1.1 200 OK\nContent-Length: 0\r\n\r\n', 'RFC 9112 2.2'),
    broken('LF throughout', 'HTTP/1.1 200 OK\nContent-Length: 0\n\n', 'RFC 9112 2.2'),
    broken('a request instead of a response', head('GET / HTTP/1.1', 'Host: a')),
    broken('a space before the first field', head('HTTP/1.1 200 OK', ' X: y', 'Content-Length: 0'), 'RFC 9112 2.2'),
    passes('a reason of its own', 'HTTP/1.1 200 Tres bien', 200),
    passes('a reason of obs-text', 'HTTP/1.1 200 Tr\xe8s bien', 200),
    passes('an empty reason', 'HTTP/1.1 200 ', 200),
    passes('an unknown status', 'HTTP/1.1 299 Strange', 299),
    passes('a status of 599', 'HTTP/1.1 599 Own', 599),
    passes('404', 'HTTP/1.1 404 Not Found', 404),
    passes('500', 'HTTP/1.1 500 Oops', 500),
    {
      name: 'response: Alt-Svc',
      source: 'RFC 7838 3',
      holds: 'Clients are not led past the gateway to where an origin is served as well.',
      send: get(),
      reply: `${head('HTTP/1.1 200 OK', 'Alt-Svc: h3=":443"', 'Content-Length: 2')}ok`,
      expect: forwarded({}, { body: 'ok', fields: { 'alt-svc': null } }),
    },
    {
      name: 'response: no reason and no space',
      source: 'RFC 9112 4',
      holds: 'A status line without its last space is read as if it had one, or refused.',
      send: get(),
      reply: `${head('HTTP/1.1 200', 'Content-Length: 2')}ok`,
      expect: anyOf(FAILED, forwarded({}, { body: 'ok' })),
    },
    {
      name: 'response: a status of 600',
      source: 'RFC 9110 15',
      holds: 'A status out of range is a failure, or goes on for the client to judge.',
      send: get(),
      reply: `${head('HTTP/1.1 600 Strange', 'Content-Length: 2')}ok`,
      expect: anyOf(FAILED, forwarded({}, { status: [600], body: 'ok' })),
    },
    {
      name: 'response: HTTP/1.2',
      source: 'RFC 9110 2.5',
      holds: 'A higher minor version is read as HTTP/1.1, or refused.',
      send: get(),
      reply: `${head('HTTP/1.2 200 OK', 'Content-Length: 2')}ok`,
      expect: anyOf(FAILED, forwarded({}, { body: 'ok' })),
    },
    brokenField('NUL in a value', 'X: a\x00b', 'RFC 9110 5.5'),
    brokenField('a control byte in a value', 'X: a\x01b', 'RFC 9110 5.5'),
    brokenField('a bare CR in a value', 'X: a\rSet-Cookie: b', 'RFC 9112 2.2'),
    brokenField('a bare LF in a value', 'X: a\nSet-Cookie: b', 'RFC 9112 2.2'),
    brokenField('a folded value', 'X: a\r\n b', 'RFC 9112 5.2'),
    brokenField('no colon', 'nonsense'),
    brokenField('an empty name', ': value'),
    brokenField('a space in a name', 'X Y: z', 'RFC 9110 5.1'),
    brokenField('NUL in a name', 'X\x00: y', 'RFC 9110 5.1'),
    brokenField('one field of 300,000 bytes', `X-Large: ${'v'.repeat(300_000)}`, 'RFC 9110 5.4'),
    broken(
      'field: two thousand of them',
      ok('ok', ...Array.from({ length: 2_000 }, (_, i) => `X-${i}: v`)),
      'RFC 9110 5.4',
    ),
    {
      name: 'response: field: a space before the colon',
      source: 'RFC 9112 5.1',
      holds: 'White space before the colon is removed, or the response refused.',
      send: get(),
      reply: ok('ok', 'X-Space : y'),
      expect: anyOf(FAILED, forwarded({}, { fields: { 'x-space': 'y' } })),
    },
    {
      name: 'response: fields go on as they are',
      source: 'RFC 9110 5.3, 5.5',
      holds: 'Fields for the client go on, in order and byte for byte.',
      send: get(),
      reply: ok(
        'ok',
        'Set-Cookie: a=1; Path=/',
        'X-Medley: ' + MEDLEY,
        'set-cookie: b=2',
        'X-Empty:',
        'SET-COOKIE: c=3',
      ),
      expect: forwarded(
        {},
        { fields: { 'set-cookie': ['a=1; Path=/', 'b=2', 'c=3'], 'x-medley': MEDLEY, 'x-empty': '' } },
      ),
    },
    {
      name: 'response: fields of one connection end here',
      source: 'RFC 9110 7.6.1',
      holds: 'Hop-by-hop fields and fields that Connection names are removed.',
      send: get(),
      reply: ok(
        'ok',
        'Connection: X-Hop, keep-alive',
        'X-Hop: 1',
        'X-Other: 2',
        'Keep-Alive: timeout=5',
        'Upgrade: h2c',
      ),
      expect: forwarded({}, { fields: { 'x-hop': null, 'x-other': '2', 'keep-alive': null, upgrade: null } }),
    },
    {
      name: 'response: Proxy-Connection ends here',
      source: 'RFC 9110 7.6.1',
      holds: 'Fields of the connection to the backend are removed.',
      send: get(),
      reply: ok('ok', 'Proxy-Connection: keep-alive'),
      expect: forwarded({}, { fields: { 'proxy-connection': null } }),
    },
    {
      name: 'response: Proxy-Authenticate ends here',
      source: 'RFC 9110 11.7.1',
      holds: 'A challenge between proxies does not reach the client.',
      send: get(),
      reply: ok('ok', 'Proxy-Authenticate: Basic realm="x"', 'Proxy-Authentication-Info: y'),
      expect: forwarded({}, { fields: { 'proxy-authenticate': null } }),
    },
    {
      name: 'response: Connection: Content-Length does not remove the framing',
      source: 'RFC 9110 7.6.1',
      holds: 'The framing cannot be removed by naming it.',
      send: get(),
      reply: ok('ok', 'Connection: Content-Length, Transfer-Encoding'),
      expect: anyOf(FAILED, forwarded({}, { body: 'ok' })),
    },
    {
      name: 'response: Date of the backend is kept',
      source: 'RFC 9110 6.6.1',
      holds: 'The Date of a response is kept.',
      send: get(),
      reply: ok('ok', 'Date: Sun, 06 Nov 1994 08:49:37 GMT'),
      expect: forwarded({}, { fields: { date: 'Sun, 06 Nov 1994 08:49:37 GMT' } }),
    },
    {
      name: 'response: Date is added',
      source: 'RFC 9110 6.6.1',
      holds: 'A response without a Date gets one.',
      send: get(),
      expect: forwarded({}, { fields: { date: { matches: /^\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT$/ } } }),
    },
    {
      name: 'response: Server, Via, ETag and Content-Encoding of the backend are kept',
      source: 'RFC 9110 7.7',
      holds: 'The gateway does not change what it passes on.',
      send: get('Accept-Encoding: gzip'),
      reply: ok(
        'ok',
        'Server: own/1',
        'Via: 1.1 cache',
        'ETag: "x"',
        'Content-Encoding: x-own',
        'Content-Type: text/plain',
      ),
      expect: forwarded(
        {},
        {
          body: 'ok',
          fields: {
            server: 'own/1',
            via: { matches: /^1\.1 cache(, .*)?$/ },
            etag: '"x"',
            'content-encoding': 'x-own',
          },
        },
      ),
    },
  ],
};
