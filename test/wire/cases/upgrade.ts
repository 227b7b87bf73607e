// Upgrades (RFC 9110 7.8, RFC 6455): only an agreed switch opens a tunnel; everything else stays HTTP.
import {
  type CaseFamily,
  type Reply,
  type ResponseRule,
  type WireCase,
  anyOf,
  get,
  head,
  ok,
  refused,
} from '../case.ts';

const KEY = 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==';
const OPENING = ['Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13', KEY];
const SWITCHING = head(
  'HTTP/1.1 101 Switching Protocols',
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=',
);
const TUNNEL: Reply = { steps: [{ send: SWITCHING }, { tunnel: 'echo' }] };
const FRAME = '\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58\r\n\r\nGET /x HTTP/1.1\r\n\r\n\x00\xff';
const SMUGGLED = 'GET /{id}/smuggled HTTP/1.1\r\nHost: all.test\r\n\r\n';

const OPENED_AT_BACKEND = {
  upgrade: { matches: /^websocket$/i },
  connection: { matches: /^upgrade$/i },
  'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
} as const;

function notSwitched(what: string, reply: Reply, response: ResponseRule, source = 'RFC 6455 4.2.2'): WireCase {
  return {
    name: `upgrade: ${what}`,
    source,
    holds: 'Where the backend does not switch, its answer is an ordinary one.',
    send: get(...OPENING),
    reply,
    expect: { kind: 'forwarded', requests: [{ fields: OPENED_AT_BACKEND }], responses: [response] },
  };
}

export const upgrade: CaseFamily = {
  name: 'upgrade',
  reason:
    'No rule applies inside a tunnel, so it opens only when client and backend have agreed on a protocol that may have one.',
  cases: [
    {
      name: 'upgrade: WebSocket',
      source: 'RFC 6455 4',
      holds: 'After 101 every byte goes both ways unread.',
      send: get(...OPENING),
      reply: TUNNEL,
      expect: {
        kind: 'forwarded',
        requests: [{ fields: OPENED_AT_BACKEND }],
        responses: [
          {
            status: 101,
            fields: {
              upgrade: 'websocket',
              connection: { matches: /^upgrade$/i },
              'sec-websocket-accept': 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=',
            },
          },
        ],
        tunnel: { send: FRAME, receive: FRAME },
      },
    },
    {
      name: 'upgrade: names in other case, with keep-alive',
      source: 'RFC 6455 4.1',
      holds: 'Upgrade and Connection are compared without regard to case.',
      send: get('connection: keep-alive, upgrade', 'upgrade: WebSocket', 'Sec-WebSocket-Version: 13', KEY),
      reply: TUNNEL,
      expect: {
        kind: 'forwarded',
        requests: [{ fields: OPENED_AT_BACKEND }],
        responses: [{ status: 101 }],
        tunnel: { send: FRAME, receive: FRAME },
      },
    },
    {
      name: 'upgrade: the backend speaks first',
      source: 'RFC 6455 4.2.2',
      holds: 'Bytes right behind the 101 reach the client.',
      send: get(...OPENING),
      reply: { steps: [{ send: `${SWITCHING}early` }, { tunnel: 'echo' }] },
      expect: {
        kind: 'forwarded',
        requests: [{}],
        responses: [{ status: 101 }],
        tunnel: { send: 'late', receive: 'earlylate' },
      },
    },
    {
      name: 'upgrade: a request right behind the opening',
      source: 'RFC 6455 4.1',
      holds: 'Bytes before the 101 are not taken for a request unless the backend declines.',
      send: get(...OPENING) + SMUGGLED,
      reply: TUNNEL,
      expect: anyOf(
        refused(400),
        {
          kind: 'forwarded',
          requests: [{ fields: OPENED_AT_BACKEND }],
          responses: [{ status: 101 }],
          tunnel: { send: '', receive: SMUGGLED },
        },
        { kind: 'forwarded', requests: [{ fields: OPENED_AT_BACKEND }], responses: [{ status: 101 }] },
      ),
    },
    {
      name: 'upgrade: with a body',
      source: 'nghttpx CVE-2026-58055',
      holds: 'A body with an Upgrade is refused, or forwarded as the body that it is.',
      send: head('POST /{id} HTTP/1.1', 'Host: all.test', ...OPENING, `Content-Length: ${SMUGGLED.length}`) + SMUGGLED,
      expect: anyOf(refused(400), {
        kind: 'forwarded',
        requests: [{ body: SMUGGLED }],
        responses: [{ status: 200, body: 'ok' }],
      }),
    },
    {
      name: 'upgrade: with a body, accepted',
      source: 'RFC 9110 7.8',
      holds: 'The new protocol begins after the body, for the client and for the backend.',
      send: `${head('POST /{id} HTTP/1.1', 'Host: all.test', ...OPENING, 'Content-Length: 4')}body`,
      reply: TUNNEL,
      expect: {
        kind: 'forwarded',
        requests: [{ fields: OPENED_AT_BACKEND, body: 'body' }],
        responses: [{ status: 101 }],
        tunnel: { send: 'ping', receive: 'ping' },
      },
    },
    {
      name: 'upgrade: with a chunked body',
      source: 'nghttpx CVE-2026-58055',
      holds: 'A body with an Upgrade is refused, or forwarded as the body that it is.',
      send: `${head('GET /{id} HTTP/1.1', 'Host: all.test', ...OPENING, 'Transfer-Encoding: chunked')}0\r\n\r\n${SMUGGLED}`,
      expect: anyOf(
        refused(400),
        {
          kind: 'forwarded',
          requests: [{ body: '' }, { line: 'GET /{id}/smuggled HTTP/1.1' }],
          responses: [{ status: 200 }, { status: 200 }],
        },
        { kind: 'forwarded', requests: [{ body: '' }], responses: [{ status: 200 }], persists: false },
      ),
    },
    notSwitched('the backend answers 200', ok('ok'), { status: 200, body: 'ok' }),
    notSwitched(
      'the backend answers 426',
      head('HTTP/1.1 426 Upgrade Required', 'Connection: Upgrade', 'Upgrade: websocket', 'Content-Length: 0'),
      { status: 426, fields: { upgrade: 'websocket', connection: { matches: /^upgrade(, *\S+)?$/i } } },
      'RFC 9110 15.5.22',
    ),
    notSwitched('the backend refuses with 403', head('HTTP/1.1 403 Forbidden', 'Content-Length: 2') + 'no', {
      status: 403,
      body: 'no',
    }),
    {
      name: 'upgrade: declined, with a request behind it',
      source: 'RFC 9110 7.8',
      holds: 'After an ordinary answer the connection is HTTP as before.',
      send:
        head('GET /{id}/n1 HTTP/1.1', 'Host: all.test', ...OPENING) + head('GET /{id}/n2 HTTP/1.1', 'Host: all.test'),
      replies: { '/n1': ok('one'), '/n2': ok('two') },
      expect: anyOf(
        {
          kind: 'forwarded',
          requests: [{ line: 'GET /{id}/n1 HTTP/1.1' }, { line: 'GET /{id}/n2 HTTP/1.1' }],
          responses: [{ body: 'one' }, { body: 'two' }],
        },
        {
          kind: 'forwarded',
          requests: [{ line: 'GET /{id}/n1 HTTP/1.1' }],
          responses: [{ body: 'one' }],
          persists: false,
        },
      ),
    },
    {
      name: 'upgrade: the backend switches to what was not asked for',
      source: 'RFC 9110 7.8',
      holds: 'A switch to another protocol than the client asked for is no switch.',
      send: get(...OPENING),
      reply: head('HTTP/1.1 101 Switching Protocols', 'Connection: Upgrade', 'Upgrade: h2c'),
      expect: { kind: 'failed', status: [502] },
    },
    {
      name: 'upgrade: the backend switches without saying to what',
      source: 'RFC 9110 7.8',
      holds: 'A 101 without Upgrade is no switch.',
      send: get(...OPENING),
      reply: 'HTTP/1.1 101 Switching Protocols\r\n\r\n',
      expect: { kind: 'failed', status: [502] },
    },
    {
      name: 'upgrade: 101 to a request without Upgrade',
      source: 'RFC 9110 15.2.2',
      holds: 'A switch that the client did not ask for opens no tunnel.',
      send: get(),
      reply: SWITCHING,
      expect: { kind: 'failed', status: [502] },
    },
    {
      name: 'upgrade: 101 to an Upgrade that was dropped',
      source: 'Traefik CVE-2026-88008',
      holds: 'A switch that was not passed on opens no tunnel.',
      send: get('Connection: Upgrade, HTTP2-Settings', 'Upgrade: h2c', 'HTTP2-Settings: AAMAAABk'),
      reply: head('HTTP/1.1 101 Switching Protocols', 'Connection: Upgrade', 'Upgrade: h2c'),
      expect: { kind: 'failed', status: [502] },
    },
  ],
};
