// The framing of responses (RFC 9112 6): one framing in, one framing out, and a cut body stays recognisable.
import {
  type CaseFamily,
  type Expectation,
  type Reply,
  type WireCase,
  anyOf,
  chunked,
  forwarded,
  get,
  head,
  ok,
} from '../case.ts';

const FAILED: Expectation = { kind: 'failed', status: [502] };
const CLOSED: Expectation = {
  kind: 'forwarded',
  requests: [{}],
  responses: [{ status: 200, body: 'hello' }],
  backend: 'closed',
};

function broken(what: string, lines: readonly string[], source = 'RFC 9112 6.3'): WireCase {
  return {
    name: `response framing: ${what}`,
    source,
    holds: 'A response whose length is in doubt becomes 502, and its connection is dropped.',
    send: get(),
    reply: `${head('HTTP/1.1 200 OK', ...lines)}5\r\nhello\r\n0\r\n\r\n`,
    expect: FAILED,
  };
}

function cut(
  what: string,
  start: string,
  options: { bodyStart?: string; end?: 'fin' | 'reset'; source?: string },
): WireCase {
  const { bodyStart, end = 'fin', source = 'RFC 9112 8' } = options;
  return {
    name: `response cut: ${what}`,
    source,
    holds: 'A response that is not whole never looks whole to the client.',
    send: get(),
    reply: { steps: [{ send: start }, { end }] },
    expect: { kind: 'cut', status: [502], ...(bodyStart === undefined ? {} : { bodyStart }) },
  };
}

function bodiless(
  what: string,
  method: string,
  reply: string,
  rules: { status: number; length?: string | null },
): WireCase {
  return {
    name: `response without a body: ${what}`,
    source: 'RFC 9112 6.3; RFC 9110 8.6',
    holds: 'A response of a kind without a body has none, whatever its fields say.',
    send: head(`${method} /{id} HTTP/1.1`, 'Host: all.test'),
    reply,
    expect: {
      kind: 'forwarded',
      requests: [{}],
      responses: [
        {
          status: rules.status,
          body: '',
          fields: rules.length === undefined ? {} : { 'content-length': rules.length },
        },
      ],
      persists: true,
    },
  };
}

function extra(what: string, reply: Reply, method = 'GET'): WireCase {
  return {
    name: `bytes behind a response: ${what}`,
    source: 'RFC 9112 6.3; Node CVE-2026-48931',
    holds: 'The response is delivered; the bytes after it answer no request, and the connection is closed.',
    send: head(`${method} /{id} HTTP/1.1`, 'Host: all.test'),
    reply,
    isAlone: true,
    expect: {
      kind: 'forwarded',
      requests: [{}],
      responses: [{ body: method === 'HEAD' ? '' : 'ok' }],
      backend: 'closed',
      persists: true,
    },
  };
}

const STRAY = head('HTTP/1.1 200 OK', 'Content-Length: 6', 'X-Stray: 1') + 'poison';
const LENGTH_10 = head('HTTP/1.1 200 OK', 'Content-Length: 10');
const CHUNKED = head('HTTP/1.1 200 OK', 'Transfer-Encoding: chunked');

export const responseFraming: CaseFamily = {
  name: 'response: framing',
  reason:
    'A client must see that a response was cut, and bytes that answer no request must never become the answer to one.',
  cases: [
    broken(
      'Content-Length with Transfer-Encoding',
      ['Content-Length: 15', 'Transfer-Encoding: chunked'],
      'RFC 9112 6.1',
    ),
    broken(
      'Transfer-Encoding with Content-Length',
      ['Transfer-Encoding: chunked', 'Content-Length: 15'],
      'RFC 9112 6.1',
    ),
    broken('two lengths that differ', ['Content-Length: 15', 'Content-Length: 5']),
    broken('two equal lengths', ['Content-Length: 15', 'Content-Length: 15']),
    broken('a list of lengths', ['Content-Length: 15, 5']),
    broken('a negative length', ['Content-Length: -15']),
    broken('a length with a plus sign', ['Content-Length: +15']),
    broken('a hexadecimal length', ['Content-Length: 0xf']),
    broken('an empty length', ['Content-Length:']),
    broken('a length of letters', ['Content-Length: many']),
    broken('a length of 2^64 + 15', ['Content-Length: 18446744073709551631']),
    broken('Transfer-Encoding: gzip', ['Transfer-Encoding: gzip'], 'RFC 9112 6.1'),
    broken('Transfer-Encoding: gzip, chunked', ['Transfer-Encoding: gzip, chunked'], 'RFC 9112 6.1'),
    broken('Transfer-Encoding: chunked, gzip', ['Transfer-Encoding: chunked, gzip'], 'RFC 9112 6.1'),
    broken('Transfer-Encoding: identity', ['Transfer-Encoding: identity'], 'RFC 9112 6.1'),
    broken('Transfer-Encoding twice', ['Transfer-Encoding: chunked', 'Transfer-Encoding: chunked'], 'RFC 9112 6.1'),
    broken('an empty Transfer-Encoding', ['Transfer-Encoding:'], 'RFC 9112 6.1'),
    broken(
      'a space before the colon of Transfer-Encoding',
      ['Transfer-Encoding : chunked', 'Content-Length: 15'],
      'RFC 9112 5.1',
    ),
    {
      name: 'response framing: Transfer-Encoding in HTTP/1.0',
      source: 'RFC 9112 6.1',
      holds: 'HTTP/1.0 knows no transfer codings.',
      send: get(),
      reply: {
        steps: [
          { send: `${head('HTTP/1.0 200 OK', 'Transfer-Encoding: chunked')}5\r\nhello\r\n0\r\n\r\n` },
          { end: 'fin' },
        ],
      },
      expect: FAILED,
    },
    {
      name: 'response framing: Content-Length: 0',
      source: 'RFC 9110 8.6',
      holds: 'An empty body is a body.',
      send: get(),
      reply: ok(''),
      expect: forwarded({}, { body: '', fields: { 'content-length': '0' } }),
    },
    {
      name: 'response framing: chunked',
      source: 'RFC 9112 7.1',
      holds: 'A chunked body arrives whole, with exactly one framing.',
      send: get(),
      reply: CHUNKED + chunked('hello', ' ', 'world'),
      expect: forwarded({}, { body: 'hello world', fields: { 'content-length': null } }),
    },
    {
      name: 'response framing: a large body',
      source: 'RFC 9112 6.3',
      holds: 'A large body arrives whole.',
      send: get(),
      reply: ok('0123456789'.repeat(20_000)),
      expect: forwarded({}, { body: '0123456789'.repeat(20_000), fields: { 'content-length': '200000' } }),
    },
    {
      name: 'response framing: until close',
      source: 'RFC 9112 6.3',
      holds: 'A body that ends with its connection arrives whole, re-framed or closed.',
      send: get(),
      reply: { steps: [{ send: head('HTTP/1.1 200 OK', 'Content-Type: text/plain') + 'hello' }, { end: 'fin' }] },
      expect: CLOSED,
    },
    {
      name: 'response framing: until close, empty',
      source: 'RFC 9112 6.3',
      holds: 'An empty body that ends with its connection is still a response.',
      send: get(),
      reply: { steps: [{ send: head('HTTP/1.1 200 OK', 'Content-Type: text/plain') }, { end: 'fin' }] },
      expect: { kind: 'forwarded', requests: [{}], responses: [{ status: 200, body: '' }], backend: 'closed' },
    },
    {
      name: 'response framing: HTTP/1.0 until close',
      source: 'RFC 9112 9.3',
      holds: 'An HTTP/1.0 backend is understood, and answered for as HTTP/1.1.',
      send: get(),
      reply: { steps: [{ send: head('HTTP/1.0 200 OK', 'Content-Type: text/plain') + 'hello' }, { end: 'fin' }] },
      expect: CLOSED,
    },
    {
      name: 'response framing: HTTP/1.0 with a length',
      source: 'RFC 9112 9.3',
      holds: 'The connection of an HTTP/1.0 backend is closed; that of the client persists.',
      send: get(),
      reply: { steps: [{ send: `${head('HTTP/1.0 200 OK', 'Content-Length: 5')}hello` }, { end: 'fin' }] },
      expect: { ...CLOSED, persists: true },
    },
    {
      name: 'response framing: until close, broken by a reset',
      source: 'RFC 9112 8',
      holds: 'A reset is no proper end of a body.',
      send: get(),
      reply: { steps: [{ send: head('HTTP/1.1 200 OK', 'Content-Type: text/plain') + 'hello' }, { end: 'reset' }] },
      expect: anyOf({ kind: 'cut', status: [502] }, CLOSED),
    },
    cut('Content-Length, half of the body', `${LENGTH_10}hello`, { bodyStart: 'hello' }),
    cut('Content-Length, half of the body, reset', `${LENGTH_10}hello`, { end: 'reset' }),
    cut('Content-Length, nothing of the body', LENGTH_10, {}),
    cut('chunked, before the last chunk', `${CHUNKED}5\r\nhello\r\n`, { bodyStart: 'hello' }),
    cut('chunked, within a chunk', `${CHUNKED}a\r\nhello`, { bodyStart: 'hello' }),
    cut('chunked, within a size', `${CHUNKED}5\r\nhello\r\n1`, { bodyStart: 'hello' }),
    cut('chunked, within the trailers', `${CHUNKED}5\r\nhello\r\n0\r\nX: y\r\n`, {}),
    cut('chunked, before the last line end', `${CHUNKED}5\r\nhello\r\n0\r\n`, {}),
    cut('within the head', 'HTTP/1.1 200 OK\r\nContent-Le', {}),
    cut('before anything', '', {}),
    cut('before anything, reset', '', { end: 'reset' }),
    bodiless('HEAD with a length', 'HEAD', head('HTTP/1.1 200 OK', 'Content-Length: 100'), {
      status: 200,
      length: '100',
    }),
    bodiless('HEAD with Transfer-Encoding', 'HEAD', CHUNKED, { status: 200, length: null }),
    bodiless('HEAD without a framing', 'HEAD', head('HTTP/1.1 200 OK', 'X: y'), { status: 200, length: null }),
    bodiless('HEAD with 404', 'HEAD', head('HTTP/1.1 404 Not Found', 'Content-Length: 9'), {
      status: 404,
      length: '9',
    }),
    bodiless('204', 'GET', head('HTTP/1.1 204 No Content'), { status: 204, length: null }),
    bodiless('204 with a length', 'GET', head('HTTP/1.1 204 No Content', 'Content-Length: 5'), {
      status: 204,
      length: null,
    }),
    bodiless('204 with Content-Length: 0', 'GET', head('HTTP/1.1 204 No Content', 'Content-Length: 0'), {
      status: 204,
      length: null,
    }),
    bodiless('304', 'GET', head('HTTP/1.1 304 Not Modified', 'ETag: "x"'), { status: 304 }),
    bodiless('304 with a length', 'GET', head('HTTP/1.1 304 Not Modified', 'Content-Length: 100'), {
      status: 304,
      length: '100',
    }),
    bodiless('205 with Content-Length: 0', 'GET', head('HTTP/1.1 205 Reset Content', 'Content-Length: 0'), {
      status: 205,
    }),
    extra('a second response', `${ok('ok')}${STRAY}`),
    extra('one byte', `${ok('ok')}!`),
    extra('a line end', `${ok('ok')}\r\n`),
    extra('behind a chunked body', `${CHUNKED}${chunked('ok')}${STRAY}`),
    extra('a body in the answer to HEAD', `${head('HTTP/1.1 200 OK', 'Content-Length: 5')}hello`, 'HEAD'),
    extra('later, on the idle connection', { steps: [{ send: ok('ok') }, { wait: 'release' }, { send: STRAY }] }),
    extra('later, a 408 and the end', {
      steps: [
        { send: ok('ok') },
        { wait: 'release' },
        { send: head('HTTP/1.1 408 Request Timeout', 'Content-Length: 0', 'Connection: close') },
        { end: 'fin' },
      ],
    }),
    {
      name: 'bytes behind a response: a body in a 204',
      source: 'RFC 9112 6.3',
      holds: 'The response is delivered; the bytes after it answer no request, and the connection is closed.',
      send: get(),
      reply: `${head('HTTP/1.1 204 No Content', 'Content-Length: 5')}hello`,
      isAlone: true,
      expect: {
        kind: 'forwarded',
        requests: [{}],
        responses: [{ status: 204, body: '' }],
        backend: 'closed',
        persists: true,
      },
    },
    {
      name: 'bytes behind a response: a body in a 304',
      source: 'RFC 9112 6.3',
      holds: 'The response is delivered; the bytes after it answer no request, and the connection is closed.',
      send: get(),
      reply: `${head('HTTP/1.1 304 Not Modified', 'Content-Length: 5')}hello`,
      isAlone: true,
      expect: {
        kind: 'forwarded',
        requests: [{}],
        responses: [{ status: 304, body: '' }],
        backend: 'closed',
        persists: true,
      },
    },
  ],
};
