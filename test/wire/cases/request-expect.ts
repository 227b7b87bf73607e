// Expect: 100-continue (RFC 9110 10.1.1): no client or backend waits for ever, and after an early answer it is clear
// whether the connection goes on.
import { type CaseFamily, type Reply, anyOf, chunked, forwarded, head, ok, post, refused } from '../case.ts';

const CONTINUE = 'HTTP/1.1 100 Continue\r\n\r\n';
const WITH_CONTINUE: Reply = { when: 'head', steps: [{ send: CONTINUE }, { wait: 'request' }, { send: ok('ok') }] };
const EARLY_REFUSAL: Reply = {
  when: 'head',
  steps: [{ send: head('HTTP/1.1 401 Unauthorized', 'WWW-Authenticate: Basic realm="x"', 'Content-Length: 2') + 'no' }],
};

const SMUGGLED = 'GET /{id}/smuggled HTTP/1.1\r\nHost: all.test\r\nX: y\r\n\r\n';

export const requestExpect: CaseFamily = {
  name: 'request: expectations',
  reason:
    'Expectations are passed on, so that the origin decides. A connection on which a body may still come is not used again.',
  cases: [
    {
      name: 'Expect: 100-continue, body after 100',
      source: 'RFC 9110 10.1.1',
      holds: 'The client gets its 100, and then its answer.',
      send: [post('Expect: 100-continue', 'Content-Length: 5'), { awaitStatus: 100 }, 'hello'],
      reply: WITH_CONTINUE,
      expect: forwarded({ body: 'hello' }, { interim: [100] }),
    },
    {
      name: 'Expect: 100-continue, chunked body after 100',
      source: 'RFC 9110 10.1.1',
      holds: 'The client gets its 100, and then its answer.',
      send: [post('Expect: 100-continue', 'Transfer-Encoding: chunked'), { awaitStatus: 100 }, chunked('hello')],
      reply: WITH_CONTINUE,
      expect: forwarded({ body: 'hello' }, { interim: [100] }),
    },
    {
      name: 'Expect: 100-Continue in another case',
      source: 'RFC 9110 10.1.1',
      holds: 'The expectation is compared without regard to case.',
      send: [post('expect: 100-CONTINUE', 'Content-Length: 5'), { awaitStatus: 100 }, 'hello'],
      reply: WITH_CONTINUE,
      expect: forwarded({ body: 'hello' }, { interim: [100] }),
    },
    {
      name: 'Expect: 100-continue, body at once',
      source: 'RFC 9110 10.1.1',
      holds: 'A client need not wait for the 100.',
      send: `${post('Expect: 100-continue', 'Content-Length: 5')}hello`,
      reply: WITH_CONTINUE,
      expect: forwarded({ body: 'hello' }),
    },
    {
      name: 'Expect: 100-continue, backend without 100',
      source: 'RFC 9110 10.1.1',
      holds: 'A backend that sends no 100 and waits for the body gets it.',
      send: [post('Expect: 100-continue', 'Content-Length: 5'), { awaitStatus: 100 }, 'hello'],
      expect: forwarded({ body: 'hello' }),
    },
    {
      name: 'Expect: 100-continue without a body',
      source: 'RFC 9110 10.1.1',
      holds: 'A request without a body does not wait for a 100.',
      send: head('GET /{id} HTTP/1.1', 'Host: all.test', 'Expect: 100-continue'),
      expect: anyOf(refused(400, 417), forwarded({ body: '' })),
    },
    {
      name: 'Expect: 100-continue, final answer instead',
      source: 'RFC 9110 10.1.1; Go CVE-2024-24791',
      holds: 'A final answer instead of the 100 reaches the client; the gateway does not wait for the body.',
      send: post('Expect: 100-continue', 'Content-Length: 5'),
      reply: EARLY_REFUSAL,
      expect: {
        kind: 'forwarded',
        requests: [],
        isUnfinished: true,
        responses: [{ status: 401, body: 'no', fields: { 'www-authenticate': 'Basic realm="x"' } }],
        persists: false,
      },
    },
    {
      name: 'Expect: 100-continue, final answer, then the body all the same',
      source: 'RFC 9110 10.1.1; Go CVE-2024-24791',
      holds: 'A body that comes after the final answer is never taken for a request.',
      send: [post('Expect: 100-continue', `Content-Length: ${SMUGGLED.length}`), { awaitStatus: 401 }, SMUGGLED],
      reply: EARLY_REFUSAL,
      expect: {
        kind: 'any',
        of: [
          {
            kind: 'forwarded',
            requests: [],
            isUnfinished: true,
            responses: [{ status: 401, body: 'no' }],
            persists: false,
          },
          { kind: 'forwarded', requests: [{ line: 'POST /{id} HTTP/1.1' }], responses: [{ status: 401, body: 'no' }] },
        ],
      },
    },
    {
      name: 'Expect: 100-continue in HTTP/1.0',
      source: 'RFC 9110 10.1.1',
      holds: 'The expectation of an HTTP/1.0 client is ignored; it gets no 100.',
      send: `${head('POST /{id} HTTP/1.0', 'Host: all.test', 'Expect: 100-continue', 'Content-Length: 5')}hello`,
      reply: WITH_CONTINUE,
      expect: {
        kind: 'forwarded',
        requests: [{ body: 'hello' }],
        responses: [{ status: 200, interim: [] }],
        persists: false,
      },
    },
    {
      name: 'an unknown expectation',
      source: 'RFC 9110 10.1.1',
      holds: 'An unknown expectation is answered 417, or left to the backend.',
      send: head('GET /{id} HTTP/1.1', 'Host: all.test', 'Expect: miracles'),
      expect: anyOf({ kind: 'answered', status: [417] }, forwarded({ fields: { expect: 'miracles' } })),
    },
  ],
};
