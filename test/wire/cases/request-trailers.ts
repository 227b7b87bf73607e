// Trailers of requests, for a tenant that asks for them (RFC 9110 6.5): harmless ones are passed on as trailers.
import { type CaseFamily, type WireCase, forwarded, head, refusedInBody } from '../case.ts';

const HEAD = trailing();

function trailing(...fields: readonly string[]): string {
  return head('POST /{id} HTTP/1.1', 'Host: trailing.test', 'Transfer-Encoding: chunked', ...fields);
}

function body(...trailers: readonly string[]): string {
  return `5\r\nhello\r\n0\r\n${trailers.map((line) => `${line}\r\n`).join('')}\r\n`;
}

function passed(what: string, sent: readonly string[], trailers: readonly string[]): WireCase {
  return {
    name: `trailers passed on: ${what}`,
    source: 'RFC 9110 6.5',
    holds: 'Trailers go on as trailers, in their order, and none is merged into the header.',
    send: HEAD + body(...sent),
    expect: forwarded({ body: 'hello', trailers, fields: { 'x-sum': null } }),
  };
}

function keptBack(...lines: readonly string[]): WireCase {
  return {
    name: `trailer kept back: ${lines[0]}`,
    source: 'RFC 9110 6.5.1',
    holds:
      'A trailer that routes, authenticates, identifies or tells the backend how to process the request is not passed on.',
    send: HEAD + body('X-First: 1', ...lines, 'X-Last: 2'),
    expect: forwarded({ body: 'hello', trailers: ['X-First: 1', 'X-Last: 2'] }),
  };
}

function refusedTrailer(what: string, line: string): WireCase {
  return {
    name: `trailers passed on, but not ${what}`,
    source: 'RFC 9110 6.5.1; RFC 9112 7.1.2',
    holds:
      'A trailer that frames or routes is refused: two programs could read it differently. A broken line is broken framing.',
    send: `${HEAD}5\r\nhello\r\n0\r\nX-Sum: 1\r\n${line}\r\n\r\n`,
    expect: refusedInBody(400, 'silence'),
  };
}

const MANY = Array.from({ length: 100 }, (_, n) => `X-Part-${n}: ${'v'.repeat(20)}`);

export const requestTrailers: CaseFamily = {
  name: 'request: trailers passed on',
  reason:
    'A tenant may ask for trailers, for checksums and signatures. Only those that cannot mislead a backend are passed on.',
  cases: [
    passed('one', ['X-Sum: 1'], ['X-Sum: 1']),
    passed('several, one of them twice', ['A: 1', 'B: 2', 'A: 3'], ['A: 1', 'B: 2', 'A: 3']),
    passed('an empty value', ['X-Empty:'], ['X-Empty: ']),
    passed('a digest', ['Content-Digest: sha-256=:abc=:'], ['Content-Digest: sha-256=:abc=:']),
    passed('none', [], []),
    passed('a hundred', MANY, MANY),
    passed('a name of 64 bytes', [`${'n'.repeat(64)}: v`], [`${'n'.repeat(64)}: v`]),
    keptBack('Authorization: Basic Zm9vOmJhcg=='),
    keptBack('Proxy-Authorization: Basic Zm9vOmJhcg=='),
    keptBack('Proxy: http://evil.test:8080'),
    keptBack('Cookie: a=b'),
    keptBack('cOOKIE: a=b'),
    keptBack('X-Forwarded-For: 6.6.6.6'),
    keptBack('X-Forwarded-Prefix: /admin'),
    keptBack('Forwarded: for=6.6.6.6'),
    keptBack('X-Real-IP: 6.6.6.6'),
    keptBack('X-Request-Id: mine'),
    keptBack('Trailer: X-More'),
    keptBack('Upgrade: websocket'),
    keptBack('Expect: 100-continue'),
    keptBack('Via: 1.1 me'),
    keptBack('Content-Type: text/html'),
    keptBack('Content_Length: 7'),
    keptBack('If-Match: "x"'),
    keptBack('cookie: a=b', 'Authorization: Basic Zm9vOmJhcg=='),
    refusedTrailer('Content-Length', 'Content-Length: 100'),
    refusedTrailer('Transfer-Encoding', 'Transfer-Encoding: chunked'),
    refusedTrailer('Host', 'Host: other.test'),
    refusedTrailer('Connection', 'Connection: close'),
    refusedTrailer('a line without a colon', 'nonsense'),
    refusedTrailer('a space before the colon', 'A : b'),
    refusedTrailer('a folded line', ' c'),
    refusedTrailer('a name of 65 bytes', `${'n'.repeat(65)}: v`),
    refusedTrailer('a name without end', 'n'.repeat(2000)),
    refusedTrailer('more than 8 KiB of them', `X-Long: ${'v'.repeat(9000)}`),
    {
      name: 'trailers passed on: what Trailer announces',
      source: 'RFC 9110 6.6.2',
      holds: 'The Trailer field is passed on with the trailers that it announces.',
      send: trailing('Trailer: X-Sum') + body('X-Sum: 1'),
      expect: forwarded({ fields: { trailer: 'X-Sum', 'x-sum': null }, body: 'hello', trailers: ['X-Sum: 1'] }),
    },
    {
      name: 'trailers passed on: an announcement for one connection alone',
      source: 'RFC 9110 7.6.1',
      holds: 'A field that Connection names is not passed on.',
      send: trailing('Trailer: X-Sum', 'Connection: Trailer') + body('X-Sum: 1'),
      expect: forwarded({ fields: { trailer: null }, body: 'hello', trailers: ['X-Sum: 1'] }),
    },
    {
      name: 'trailers passed on: the next request behind them',
      source: 'RFC 9112 9.3',
      holds: 'The bytes after the trailers are the next request.',
      send:
        head('POST /{id}/1 HTTP/1.1', 'Host: trailing.test', 'Transfer-Encoding: chunked') +
        body('X-Sum: 1') +
        head('GET /{id}/2 HTTP/1.1', 'Host: trailing.test'),
      expect: {
        kind: 'forwarded',
        requests: [
          { line: 'POST /{id}/1 HTTP/1.1', body: 'hello', trailers: ['X-Sum: 1'] },
          { line: 'GET /{id}/2 HTTP/1.1' },
        ],
        responses: [{ status: 200 }, { status: 200 }],
        persists: true,
      },
    },
    {
      name: 'trailers passed on: the client leaves within a name',
      source: 'RFC 9112 8',
      holds: 'An incomplete trailer section never completes at the backend.',
      send: [`${HEAD}5\r\nhello\r\n0\r\nX-Su`, { finish: 'fin' }],
      expect: refusedInBody(400, 'silence'),
    },
  ],
};
