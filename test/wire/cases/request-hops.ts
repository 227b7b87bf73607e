// Fields that belong to one connection (RFC 9110 7.6.1): they end at the gateway. Connection cannot remove the
// gateway's own fields.
import {
  type CaseFamily,
  type FieldRules,
  type WireCase,
  anyOf,
  forwarded,
  get,
  head,
  post,
  refused,
} from '../case.ts';

function ends(what: string, lines: readonly string[], fields: FieldRules, source = 'RFC 9110 7.6.1'): WireCase {
  return {
    name: what,
    source,
    holds: 'A field of one connection is not forwarded.',
    send: get(...lines),
    expect: forwarded({ fields }),
  };
}

function cannotRemove(name: string, rule: FieldRules[string]): WireCase {
  return {
    name: `Connection: ${name} does not remove what the gateway sets`,
    source: 'RFC 9110 7.6.1; Traefik CVE-2024-45410',
    holds: 'Fields that the gateway sets for the backend stay, whatever Connection names.',
    send: get(`Connection: close, ${name}`),
    expect: anyOf(refused(400), {
      kind: 'forwarded',
      requests: [{ fields: { [name]: rule } }],
      responses: [{ status: 200 }],
      persists: false,
    }),
  };
}

const NO_TE = { te: null };

export const requestHops: CaseFamily = {
  name: 'request: fields of one connection',
  reason: 'Fields that apply to one connection are not passed on, and a client cannot remove what the gateway adds.',
  cases: [
    ends('Connection names a field', ['Connection: X-Hop', 'X-Hop: 1', 'X-Other: 2'], {
      'x-hop': null,
      'x-other': '2',
    }),
    ends('Connection names fields in a list', ['Connection: a , B,,c', 'A: 1', 'b: 2', 'C: 3', 'D: 4'], {
      a: null,
      b: null,
      c: null,
      d: '4',
    }),
    ends('Connection names a field in other case', ['Connection: x-HOP', 'X-Hop: 1'], { 'x-hop': null }),
    ends('two Connection fields', ['Connection: X-A', 'X-A: 1', 'Connection: X-B', 'X-B: 2'], {
      'x-a': null,
      'x-b': null,
    }),
    ends('Connection stands behind the field that it names', ['X-Hop: 1', 'Connection: X-Hop'], { 'x-hop': null }),
    ends('Connection names a field that occurs twice', ['X-Hop: 1', 'Connection: X-Hop', 'X-Hop: 2'], {
      'x-hop': null,
    }),
    ends('Connection names a field that is absent', ['Connection: X-None'], { 'x-none': null }),
    ends('Connection is empty', ['Connection:'], { connection: { oneOf: [null, 'close', 'keep-alive'] } }),
    ends('Connection: keep-alive with a named field', ['Connection: keep-alive, X-Hop', 'X-Hop: 1'], { 'x-hop': null }),
    ends('a prefix of a named field stays', ['Connection: X-Hop', 'X-Hop-By: 1', 'X-Ho: 2'], {
      'x-hop-by': '1',
      'x-ho': '2',
    }),
    ends('Keep-Alive', ['Keep-Alive: timeout=5, max=1000'], { 'keep-alive': null }),
    ends('Proxy-Connection', ['Proxy-Connection: keep-alive'], { 'proxy-connection': null }),
    ends(
      'Proxy-Authorization',
      ['Proxy-Authorization: Basic Zm9vOmJhcg=='],
      { 'proxy-authorization': null },
      'RFC 9110 11.7.2',
    ),
    ends('TE: gzip', ['Connection: TE', 'TE: gzip'], NO_TE, 'RFC 9110 10.1.4'),
    ends(
      'TE: trailers, deflate;q=0.5',
      ['Connection: TE', 'TE: trailers, deflate;q=0.5'],
      { te: { oneOf: [null, 'trailers'] } },
      'RFC 9110 10.1.4',
    ),
    ends('TE: trailers', ['Connection: TE', 'TE: trailers'], { te: { oneOf: [null, 'trailers'] } }, 'RFC 9110 10.1.4'),
    ends('TE that Connection does not name', ['TE: gzip'], NO_TE, 'RFC 9110 7.6.1'),
    ends('Upgrade that Connection does not name', ['Upgrade: websocket'], { upgrade: null }, 'RFC 9110 7.8'),
    ends(
      'Upgrade: h2c with HTTP2-Settings',
      ['Connection: Upgrade, HTTP2-Settings', 'Upgrade: h2c', 'HTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA'],
      { upgrade: null, 'http2-settings': null },
      'RFC 9113 3.1; Traefik CVE-2026-88008',
    ),
    ends(
      'Upgrade: h2c among others',
      ['Connection: Upgrade, HTTP2-Settings', 'Upgrade: foo/2, H2C', 'HTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA'],
      { upgrade: { oneOf: [null, 'foo/2'] }, 'http2-settings': null },
      'RFC 9113 3.1; Traefik CVE-2026-88008',
    ),
    ends('HTTP2-Settings alone', ['HTTP2-Settings: AAMAAABk'], { 'http2-settings': null }, 'Traefik CVE-2026-88008'),
    ends('Upgrade: HTTP/2.0', ['Connection: Upgrade', 'Upgrade: HTTP/2.0'], { upgrade: null }, 'RFC 9113 3.1'),
    ends('Upgrade: TLS/1.0', ['Connection: Upgrade', 'Upgrade: TLS/1.0'], { upgrade: null }, 'RFC 9110 7.8'),
    {
      name: 'Upgrade in HTTP/1.0',
      source: 'RFC 9110 7.8',
      holds: 'An Upgrade in HTTP/1.0 is ignored.',
      send: head('GET /{id} HTTP/1.0', 'Host: all.test', 'Connection: Upgrade', 'Upgrade: websocket'),
      expect: {
        kind: 'forwarded',
        requests: [{ fields: { upgrade: null } }],
        responses: [{ status: 200 }],
        persists: false,
      },
    },
    {
      name: 'Connection: Transfer-Encoding',
      source: 'RFC 9110 7.6.1',
      holds: 'The framing cannot be removed by naming it.',
      send: `${post('Connection: Transfer-Encoding', 'Transfer-Encoding: chunked')}5\r\nhello\r\n0\r\n\r\n`,
      expect: anyOf(refused(400), forwarded({ body: 'hello' })),
    },
    {
      name: 'Connection: Content-Length',
      source: 'RFC 9110 7.6.1',
      holds: 'The framing cannot be removed by naming it.',
      send: `${post('Connection: Content-Length', 'Content-Length: 5')}hello`,
      expect: anyOf(refused(400), forwarded({ body: 'hello', fields: { 'content-length': '5' } })),
    },
    {
      name: 'Connection: Host',
      source: 'RFC 9110 7.6.1; Traefik CVE-2021-32813',
      holds: 'The host cannot be removed by naming it.',
      send: get('Connection: Host'),
      expect: anyOf(refused(400), forwarded({ fields: { host: 'all.test' } })),
    },
    cannotRemove('x-forwarded-for', '127.0.0.1'),
    cannotRemove('x-forwarded-proto', 'http'),
    cannotRemove('x-forwarded-host', 'all.test'),
    cannotRemove('cdn-loop', 'this.test'),
    cannotRemove('via', { matches: /^1\.1 \S+$/ }),
    {
      name: 'Connection: Authorization, Cookie',
      source: 'RFC 9110 7.6.1',
      holds: 'A client may remove its own fields, and no others.',
      send: get('Connection: Authorization, Cookie', 'Authorization: Basic eA==', 'Cookie: a=b', 'Accept: */*'),
      expect: anyOf(refused(400), forwarded({ fields: { authorization: null, cookie: null, accept: '*/*' } })),
    },
    {
      name: 'Connection with a value that is no list of tokens',
      source: 'RFC 9110 7.6.1',
      holds: 'A Connection field that is no list of options removes no other field.',
      send: get('Connection: "X-A" (x), X-B;q=1', 'X-A: 1', 'X-B: 2', 'X-C: 3'),
      expect: anyOf(refused(400), forwarded({ fields: { 'x-c': '3' } })),
    },
    {
      name: 'Connection of 4,000 options',
      source: 'RFC 9110 7.6.1',
      holds: 'A long Connection field costs no more than its length and hides nothing.',
      send: get(`Connection: ${'a,'.repeat(4_000)}X-Hop`, 'X-Hop: 1', 'X-Other: 2'),
      expect: anyOf(refused(400, 431), forwarded({ fields: { 'x-hop': null, 'x-other': '2' } })),
    },
    {
      name: 'Trailer without a chunked body',
      source: 'RFC 9110 6.6.2',
      holds: 'A Trailer field without a chunked body does not make the backend wait for one.',
      send: get('Trailer: X-Sum'),
      expect: forwarded({ body: '', fields: { 'transfer-encoding': null } }),
    },
  ],
};
