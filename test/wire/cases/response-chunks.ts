// Chunked responses (RFC 9112 7.1): validated, re-framed where needed, and unframed for HTTP/1.0.
import { type CaseFamily, type Expectation, type WireCase, anyOf, chunked, forwarded, get, head, ok } from '../case.ts';

const CHUNKED = head('HTTP/1.1 200 OK', 'Transfer-Encoding: chunked');
// The head may be on its way to the client before the body turns out to be broken.
const CUT: Expectation = { kind: 'cut', status: [502] };

function broken(what: string, body: string): WireCase {
  return {
    name: `response chunks: ${what}`,
    source: 'RFC 9112 7.1, 8',
    holds: 'A response whose chunks are broken is cut, or becomes 502.',
    send: get(),
    reply: CHUNKED + body,
    expect: CUT,
  };
}

function filtered(what: string, reply: string, expect: Expectation, source = 'RFC 9112 7.1.2'): WireCase {
  return {
    name: `response chunks: ${what}`,
    source,
    holds: 'Extensions and trailers of a backend reach only the client that asked for them.',
    send: get(),
    reply,
    expect,
  };
}

function old(what: string, reply: WireCase['reply'], fields: readonly string[] = []): WireCase {
  return {
    name: `HTTP/1.0 client: ${what}`,
    source: 'RFC 9112 6.1, 9.3',
    holds: 'An HTTP/1.0 client gets a body that it can read: no chunks, and an end.',
    send: head('GET /{id} HTTP/1.0', 'Host: all.test', ...fields),
    ...(reply === undefined ? {} : { reply }),
    expect: {
      kind: 'forwarded',
      requests: [{ line: 'GET /{id} HTTP/1.1' }],
      responses: [{ status: 200, body: 'hello', fields: { 'transfer-encoding': null } }],
    },
  };
}

export const responseChunks: CaseFamily = {
  name: 'response: chunks',
  reason: 'The gateway validates the framing as it passes, and rewrites it for a client that needs another.',
  cases: [
    broken('a size that is no number', 'xyz\r\nhello\r\n0\r\n\r\n'),
    broken('a negative size', '-5\r\nhello\r\n0\r\n\r\n'),
    broken('a size with 0x', '0x5\r\nhello\r\n0\r\n\r\n'),
    broken('an empty size', '\r\nhello\r\n0\r\n\r\n'),
    broken('a size of 2^64 + 5', '10000000000000005\r\nhello\r\n0\r\n\r\n'),
    broken('a size of 2^31, which is negative in 32 bits', '80000000\r\nhello\r\n0\r\n\r\n'),
    broken('a size of 2^32 + 5, which is 5 in 32 bits', '100000005\r\nhello\r\n0\r\n\r\n'),
    broken('an extension without a name', '5;\r\nhello\r\n0\r\n\r\n'),
    broken('an extension with a quote that stays open', '5;a="b\r\nhello\r\n0\r\n\r\n'),
    broken('extensions of 20,000 bytes in all', `${`1;${'x'.repeat(200)}\r\na\r\n`.repeat(100)}0\r\n\r\n`),
    broken('a size line that ends in LF', '5\nhello\r\n0\r\n\r\n'),
    broken('a chunk without an end', '5\r\nhello0\r\n\r\n'),
    broken('a chunk longer than its size', '5\r\nhello!\r\n0\r\n\r\n'),
    broken('a chunk that ends in LF', '5\r\nhello\n0\r\n\r\n'),
    broken('a bare CR in an extension', '5;a\rb\r\nhello\r\n0\r\n\r\n'),
    broken('an extension of 70,000 bytes', `5;${'a'.repeat(70_000)}\r\nhello\r\n0\r\n\r\n`),
    broken('a trailer without a colon', '5\r\nhello\r\n0\r\nnonsense\r\n\r\n'),
    broken('trailers of 200,000 bytes', `5\r\nhello\r\n0\r\n${`X-Long: ${'a'.repeat(2_000)}\r\n`.repeat(100)}\r\n`),
    filtered(
      'extensions',
      `${CHUNKED}5;a=b\r\nhello\r\n0;c\r\n\r\n`,
      forwarded({}, { body: 'hello' }),
      'RFC 9112 7.1.1',
    ),
    filtered(
      'trailers that nobody asked for',
      `${head('HTTP/1.1 200 OK', 'Transfer-Encoding: chunked', 'Trailer: X-Sum')}5\r\nhello\r\n0\r\nX-Sum: 1\r\n\r\n`,
      forwarded({}, { body: 'hello' }),
      'RFC 9110 6.5.1',
    ),
    filtered(
      'forbidden trailers',
      `${CHUNKED}5\r\nhello\r\n0\r\nContent-Length: 3\r\nSet-Cookie: a=b\r\n\r\n`,
      forwarded({}, { body: 'hello', fields: { 'set-cookie': null, 'content-length': null } }),
      'RFC 9110 6.5.1, 6.5.2',
    ),
    {
      name: 'response chunks: trailers that the client asked for',
      source: 'RFC 9110 6.5.1, 10.1.4',
      holds: 'Trailers go to a client that says TE: trailers, or are dropped.',
      send: get('Connection: TE', 'TE: trailers'),
      reply: `${CHUNKED}5\r\nhello\r\n0\r\nX-Sum: 1\r\n\r\n`,
      expect: anyOf(
        forwarded({}, { body: 'hello', trailers: ['X-Sum: 1'] }),
        forwarded({}, { body: 'hello', trailers: ['x-sum: 1'] }),
        forwarded({}, { body: 'hello' }),
      ),
    },
    ...['Content-Length: 3', 'Transfer-Encoding: chunked', 'Host: a', 'Connection: X-Sum', 'Trailer: X-B', 'TE: a'].map(
      (line): WireCase => ({
        name: `response chunks: the trailer ${line} for a client that asked for trailers`,
        source: 'RFC 9110 6.5.1, 6.5.2',
        holds:
          'A trailer that frames, routes or applies to one connection is left out; the rest of the response is passed on.',
        send: get('Connection: TE', 'TE: trailers'),
        reply: `${CHUNKED}5\r\nhello\r\n0\r\nX-Sum: 1\r\n${line}\r\nX-Last: 2\r\n\r\n`,
        expect: anyOf(
          forwarded({}, { body: 'hello', trailers: ['X-Sum: 1', 'X-Last: 2'] }),
          forwarded({}, { body: 'hello' }),
        ),
      }),
    ),
    {
      name: 'response chunks: a trailer that frames, for an HTTP/1.0 client',
      source: 'RFC 9110 6.5.1, 6.5.2',
      holds: 'A trailer that an HTTP/1.0 client does not get does not spoil its response.',
      send: head('GET /{id} HTTP/1.0', 'Host: all.test'),
      reply: `${CHUNKED}5\r\nhello\r\n0\r\nContent-Length: 3\r\n\r\n`,
      expect: { kind: 'forwarded', requests: [{}], responses: [{ status: 200, body: 'hello' }] },
    },
    filtered('an empty body', CHUNKED + chunked(), forwarded({}, { body: '' }), 'RFC 9112 7.1'),
    filtered(
      'chunks that look like framing',
      CHUNKED + chunked('0\r\n\r\n', 'HTTP/1.1 200 OK\r\n\r\n'),
      forwarded({}, { body: '0\r\n\r\nHTTP/1.1 200 OK\r\n\r\n' }),
      'RFC 9112 7.1',
    ),
    old('a chunked response', CHUNKED + chunked('hel', 'lo')),
    old('a chunked response with extensions', `${CHUNKED}5;a=b\r\nhello\r\n0\r\n\r\n`),
    old('a chunked response with keep-alive', CHUNKED + chunked('hello'), ['Connection: keep-alive']),
    old('a response with a length', ok('hello')),
    old('a response until close', {
      steps: [{ send: head('HTTP/1.1 200 OK', 'Content-Type: text/plain') + 'hello' }, { end: 'fin' }],
    }),
  ],
};
