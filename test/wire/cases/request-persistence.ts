// Connections of clients (RFC 9112 9): how long they last, and in what order answers come.
import { type CaseFamily, type Expectation, type WireCase, chunked, head, ok, post } from '../case.ts';

function persistence(what: string, lines: readonly string[], persists: boolean): WireCase {
  return {
    name: `persistence: ${what}`,
    source: 'RFC 9112 9.3, 9.6',
    holds: persists ? 'The connection takes a further request.' : 'The connection is closed after the response.',
    send: head(...lines),
    expect: { kind: 'forwarded', requests: [{}], responses: [{ status: 200, body: 'ok' }], persists },
  };
}

function numbered(count: number): { send: string; expect: Expectation; replies: Record<string, string> } {
  const numbers = Array.from({ length: count }, (_, i) => i + 1);
  return {
    send: numbers.map((n) => head(`GET /{id}/n${n} HTTP/1.1`, 'Host: all.test')).join(''),
    replies: Object.fromEntries(numbers.map((n) => [`/n${n}`, ok(`answer ${n}`)])),
    expect: {
      kind: 'forwarded',
      requests: numbers.map((n) => ({ line: `GET /{id}/n${n} HTTP/1.1` })),
      responses: numbers.map((n) => ({ status: 200, body: `answer ${n}` })),
      persists: true,
    },
  };
}

const GET = 'GET /{id} HTTP/1.1';
const GET_1_0 = 'GET /{id} HTTP/1.0';
const HOST = 'Host: all.test';

export const requestPersistence: CaseFamily = {
  name: 'request: persistence and pipelining',
  reason:
    'Answers come in the order of the requests, and a connection ends after the message in which one side has said so.',
  cases: [
    persistence('HTTP/1.1', [GET, HOST], true),
    persistence('HTTP/1.1 with Connection: close', [GET, HOST, 'Connection: close'], false),
    persistence('HTTP/1.1 with Connection: Close', [GET, HOST, 'Connection: Close'], false),
    persistence('HTTP/1.1 with Connection: keep-alive', [GET, HOST, 'Connection: keep-alive'], true),
    persistence('HTTP/1.1 with Connection: keep-alive, close', [GET, HOST, 'Connection: keep-alive, close'], false),
    persistence('HTTP/1.1 with close among other options', [GET, HOST, 'Connection: x, close , y'], false),
    persistence(
      'HTTP/1.1 with close in a second field',
      [GET, HOST, 'Connection: keep-alive', 'Connection: close'],
      false,
    ),
    persistence('HTTP/1.1 with an option that only contains close', [GET, HOST, 'Connection: closed'], true),
    persistence('HTTP/1.0', [GET_1_0, HOST], false),
    persistence('HTTP/1.0 with Connection: close', [GET_1_0, HOST, 'Connection: close'], false),
    {
      name: 'persistence: a response on a connection that will close says so',
      source: 'RFC 9112 9.6',
      holds: 'The last response carries Connection: close.',
      send: head(GET, HOST, 'Connection: close'),
      expect: {
        kind: 'forwarded',
        requests: [{}],
        responses: [{ status: 200, fields: { connection: 'close' } }],
        persists: false,
      },
    },
    {
      name: 'persistence: HTTP/1.0 with Connection: keep-alive',
      source: 'RFC 9112 9.3, C.2.2',
      holds: 'The connection persists and the response says so, or it is closed.',
      send: head(GET_1_0, HOST, 'Connection: keep-alive'),
      expect: {
        kind: 'any',
        of: [
          {
            kind: 'forwarded',
            requests: [{}],
            responses: [{ status: 200, body: 'ok', fields: { connection: { matches: /^keep-alive$/i } } }],
            persists: true,
          },
          { kind: 'forwarded', requests: [{}], responses: [{ status: 200, body: 'ok' }], persists: false },
        ],
      },
    },
    {
      name: 'pipelining: two requests',
      source: 'RFC 9112 9.3.2',
      holds: 'Answers come in the order of the requests.',
      ...numbered(2),
    },
    {
      name: 'pipelining: three requests',
      source: 'RFC 9112 9.3.2',
      holds: 'Answers come in the order of the requests.',
      ...numbered(3),
    },
    {
      name: 'pipelining: twenty requests',
      source: 'RFC 9112 9.3.2',
      holds: 'Answers come in the order of the requests.',
      ...numbered(20),
    },
    {
      name: 'pipelining: the first answer is slow',
      source: 'RFC 9112 9.3.2',
      holds: 'An answer waits for the one before it.',
      send: head('GET /{id}/n1 HTTP/1.1', HOST) + head('GET /{id}/n2 HTTP/1.1', HOST),
      replies: {
        '/n1': {
          steps: [{ send: 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n' }, { send: '0\r\n\r\n' }],
        },
        '/n2': ok('two'),
      },
      expect: {
        kind: 'forwarded',
        requests: [{ line: 'GET /{id}/n1 HTTP/1.1' }, { line: 'GET /{id}/n2 HTTP/1.1' }],
        responses: [{ body: 'one' }, { body: 'two' }],
        persists: true,
      },
    },
    {
      name: 'pipelining: bodies between the requests',
      source: 'RFC 9112 9.3.2, 6.3',
      holds: 'A body ends where its length says, and the next request begins there.',
      send:
        `${head('POST /{id}/n1 HTTP/1.1', HOST, 'Content-Length: 5')}hello` +
        head('POST /{id}/n2 HTTP/1.1', HOST, 'Transfer-Encoding: chunked') +
        chunked('wor', 'ld') +
        head('GET /{id}/n3 HTTP/1.1', HOST),
      replies: { '/n1': ok('one'), '/n2': ok('two'), '/n3': ok('three') },
      expect: {
        kind: 'forwarded',
        requests: [{ body: 'hello' }, { body: 'world' }, { body: '' }],
        responses: [{ body: 'one' }, { body: 'two' }, { body: 'three' }],
        persists: true,
      },
    },
    {
      name: 'pipelining: nothing is taken from behind Connection: close',
      source: 'RFC 9112 9.6',
      holds: 'A request behind the last one is not processed.',
      send: head('GET /{id}/n1 HTTP/1.1', HOST, 'Connection: close') + head('GET /{id}/n2 HTTP/1.1', HOST),
      expect: {
        kind: 'forwarded',
        requests: [{ line: 'GET /{id}/n1 HTTP/1.1' }],
        responses: [{ status: 200 }],
        persists: false,
      },
    },
    {
      name: 'pipelining: a broken request behind a good one',
      source: 'RFC 9112 9.3.2',
      holds: 'The good request is answered first; then the broken one is refused and the connection closed.',
      send: `${head('GET /{id}/n1 HTTP/1.1', HOST)}GET /{id}/n2 HTTP/1.1\r\nHost : all.test\r\n\r\n`,
      replies: { '/n1': ok('one') },
      expect: {
        kind: 'forwarded',
        requests: [{ line: 'GET /{id}/n1 HTTP/1.1' }],
        responses: [{ status: 200, body: 'one' }, { status: 400 }],
        persists: false,
      },
    },
    {
      name: 'pipelining: nothing is taken from behind a broken request',
      source: 'RFC 9112 2.2, 9.3.2',
      holds: 'After a refusal the gateway reads nothing more.',
      send: `GET /{id}/n1 HTTP/1.1\r\nHost : all.test\r\n\r\n${head('GET /{id}/n2 HTTP/1.1', HOST)}`,
      expect: { kind: 'refused', status: [400], upstream: 'nothing' },
    },
    {
      name: 'pipelining: more bytes than the body',
      source: 'RFC 9112 6.3',
      holds: 'Bytes behind a body are a request of their own, and are refused when they are none.',
      send: `${post('Content-Length: 5')}helloXXXX\r\n\r\n`,
      expect: {
        kind: 'forwarded',
        requests: [{ body: 'hello' }],
        responses: [{ status: 200 }, { status: 400 }],
        persists: false,
      },
    },
    {
      name: 'persistence: a client that has sent its FIN',
      source: 'RFC 9112 9.6',
      holds: 'Where the listener has `half_close`, a client that has finished sending still gets its answer.',
      listener: 'half_close',
      send: [head(GET, HOST), { finish: 'fin' }],
      expect: { kind: 'forwarded', requests: [{}], responses: [{ status: 200, body: 'ok' }], persists: false },
    },
    {
      name: 'persistence: a client that leaves within the head',
      source: 'RFC 9112 8',
      holds: 'An incomplete head is not forwarded.',
      send: ['GET /{id} HTTP/1.1\r\nHost: all.t', { finish: 'fin' }],
      expect: { kind: 'refused', status: [400, 408, 'silence'], upstream: 'nothing' },
    },
    {
      name: 'persistence: the Connection: close of a backend is not passed on',
      source: 'RFC 9110 7.6.1',
      holds: "The end of the backend's connection is not the end of the client's.",
      send: head(GET, HOST),
      reply: { steps: [{ send: ok('ok', 'Connection: close') }, { end: 'fin' }] },
      expect: {
        kind: 'forwarded',
        requests: [{}],
        responses: [{ status: 200, body: 'ok', fields: { connection: { oneOf: [null, 'keep-alive'] } } }],
        persists: true,
        backend: 'closed',
      },
    },
    {
      name: 'POST with a body of 100,000 bytes',
      source: 'RFC 9112 6.3',
      holds: 'A large body arrives whole.',
      send: `${post('Content-Length: 100000')}${'0123456789'.repeat(10_000)}`,
      expect: {
        kind: 'forwarded',
        requests: [{ body: '0123456789'.repeat(10_000) }],
        responses: [{ status: 200 }],
        persists: true,
      },
    },
    {
      name: 'POST with every byte in its body',
      source: 'RFC 9110 6.4',
      holds: 'A body is bytes, not text.',
      send: `${post('Content-Length: 256')}${Array.from({ length: 256 }, (_, i) => String.fromCharCode(i)).join('')}`,
      expect: {
        kind: 'forwarded',
        requests: [{ body: Array.from({ length: 256 }, (_, i) => String.fromCharCode(i)).join('') }],
        responses: [{ status: 200 }],
        persists: true,
      },
    },
  ],
};
