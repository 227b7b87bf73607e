// Interim responses (RFC 9110 15.2) and answers that come before the request is over.
import { type CaseFamily, type Reply, type WireCase, anyOf, chunked, forwarded, get, head, ok, post } from '../case.ts';

const CONTINUE = head('HTTP/1.1 100 Continue');
const HINTS = head('HTTP/1.1 103 Early Hints', 'Link: </a.css>; rel=preload');

const unfinished = {
  kind: 'forwarded',
  requests: [],
  isUnfinished: true,
  responses: [{ status: 413, body: 'too much' }],
} as const;

function early(what: string, body: string, reply: Reply): WireCase {
  return {
    name: `early answer: ${what}`,
    source: 'RFC 9112 9.5; RFC 9110 7.5',
    holds: 'An answer that comes before the request is over reaches the client, and nothing is desynchronised.',
    send: [post('Content-Length: 40000'), body.slice(0, 20_000), { awaitStatus: 413 }, body.slice(20_000)],
    reply,
    expect: anyOf(
      { ...unfinished, persists: false },
      // The rest of the body is read and dropped.
      { ...unfinished, persists: true },
      { kind: 'forwarded', requests: [{ body }], responses: [{ status: 413, body: 'too much' }] },
    ),
  };
}

const BODY = '0123456789'.repeat(4_000);
const TOO_MUCH = `${head('HTTP/1.1 413 Content Too Large', 'Content-Length: 8')}too much`;

export const responseInterim: CaseFamily = {
  name: 'response: interim and early',
  reason:
    'Interim responses are passed on in order, up to a limit. After an answer that comes early the rest of the request goes nowhere; a little of it is read, so that the connection can be used again.',
  cases: [
    {
      name: 'interim: 103, then the answer',
      source: 'RFC 8297 2; RFC 9110 15.2',
      holds: 'Interim responses go on before the final one.',
      send: get(),
      reply: HINTS + ok('ok'),
      expect: forwarded({}, { body: 'ok', interim: [103] }),
    },
    {
      name: 'interim: 100 and two 103',
      source: 'RFC 9110 15.2',
      holds: 'Interim responses are passed on in order; a 100 that the client did not ask for may be dropped.',
      send: get(),
      reply: CONTINUE + HINTS + HINTS + ok('ok'),
      expect: anyOf(
        forwarded({}, { body: 'ok', interim: [100, 103, 103] }),
        forwarded({}, { body: 'ok', interim: [103, 103] }),
      ),
    },
    {
      name: 'interim: 102',
      source: 'RFC 9110 15.2',
      holds: 'An unknown interim response goes on.',
      send: get(),
      reply: head('HTTP/1.1 102 Processing') + ok('ok'),
      expect: forwarded({}, { body: 'ok', interim: [102] }),
    },
    {
      name: 'interim: in the answer to HEAD',
      source: 'RFC 9110 15.2, 9.3.2',
      holds: 'An interim response does not count as the answer.',
      send: head('HEAD /{id} HTTP/1.1', 'Host: all.test'),
      reply: HINTS + head('HTTP/1.1 200 OK', 'Content-Length: 9'),
      expect: forwarded({}, { body: '', fields: { 'content-length': '9' } }),
    },
    {
      name: 'interim: with a length',
      source: 'RFC 9110 8.6; RFC 9112 6.3',
      holds: 'An interim response has no body, whatever its fields say.',
      send: get(),
      reply: head('HTTP/1.1 103 Early Hints', 'Content-Length: 5') + ok('ok'),
      expect: anyOf({ kind: 'failed', status: [502] }, forwarded({}, { status: 200, body: 'ok' })),
    },
    {
      name: 'interim: to an HTTP/1.0 client',
      source: 'RFC 9110 15.2',
      holds: 'An HTTP/1.0 client gets no interim response.',
      send: head('GET /{id} HTTP/1.0', 'Host: all.test'),
      reply: CONTINUE + HINTS + ok('ok'),
      expect: {
        kind: 'forwarded',
        requests: [{}],
        responses: [{ status: 200, body: 'ok', interim: [] }],
        persists: false,
      },
    },
    {
      name: 'interim: fields of one connection end here',
      source: 'RFC 9110 7.6.1',
      holds: 'Interim responses are re-serialised like all others.',
      send: get(),
      reply:
        head('HTTP/1.1 103 Early Hints', 'Connection: X-Hop', 'X-Hop: 1', 'Keep-Alive: x', 'Link: </a>') + ok('ok'),
      expect: forwarded({}, { body: 'ok' }),
    },
    {
      name: 'interim: a flood',
      source: 'RFC 9110 15.2',
      holds: 'Interim responses without end are no answer.',
      send: get(),
      reply: CONTINUE.repeat(5_000),
      expect: { kind: 'cut', status: [502, 504] },
    },
    {
      name: 'interim: broken',
      source: 'RFC 9112 5',
      holds: 'An interim response is read as strictly as a final one.',
      send: get(),
      reply: `HTTP/1.1 103 Early Hints\r\nLink : x\x00\r\n\r\n${ok('ok')}`,
      expect: { kind: 'failed', status: [502] },
    },
    {
      name: 'interim: and then the end',
      source: 'RFC 9112 8',
      holds: 'An interim response alone is no answer.',
      send: get(),
      reply: { steps: [{ send: HINTS }, { end: 'fin' }] },
      expect: { kind: 'cut', status: [502] },
    },
    early('the backend goes on reading', BODY, { when: 'head', steps: [{ send: TOO_MUCH }] }),
    early('the backend closes', BODY, { when: 'head', steps: [{ send: TOO_MUCH }, { end: 'fin' }] }),
    early('with Connection: close', BODY, {
      when: 'head',
      steps: [
        { send: `${head('HTTP/1.1 413 Content Too Large', 'Content-Length: 8', 'Connection: close')}too much` },
        { end: 'fin' },
      ],
    }),
    {
      name: 'early answer: streamed while the request goes on',
      source: 'RFC 9110 7.5',
      holds: 'Both directions flow at the same time.',
      send: [post('Content-Length: 10'), 'hello', { awaitStatus: 200 }, 'world'],
      reply: {
        when: 'head',
        steps: [
          { send: head('HTTP/1.1 200 OK', 'Transfer-Encoding: chunked') },
          { wait: 'request' },
          { send: chunked('done') },
        ],
      },
      expect: { kind: 'forwarded', requests: [{ body: 'helloworld' }], responses: [{ status: 200, body: 'done' }] },
    },
    {
      name: 'a backend that closes instead of answering a POST',
      source: 'RFC 9110 9.2.2',
      holds: 'A request that is not idempotent is not sent twice.',
      send: `${post('Content-Length: 5')}hello`,
      reply: { steps: [{ end: 'fin' }] },
      expect: {
        kind: 'forwarded',
        requests: [{ body: 'hello' }],
        responses: [{ status: 502 }],
      },
    },
    {
      name: 'a backend that answers and then resets',
      source: 'RFC 9112 9.5',
      holds: 'A complete response stays complete, whatever its connection does then.',
      send: get(),
      reply: { steps: [{ send: ok('ok') }, { wait: 'release' }, { end: 'reset' }] },
      isAlone: true,
      expect: {
        kind: 'forwarded',
        requests: [{}],
        responses: [{ status: 200, body: 'ok' }],
        persists: true,
        backend: 'closed',
      },
    },
  ],
};
