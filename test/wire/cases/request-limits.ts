// Sizes (RFC 9110 5.4, RFC 9112 3, RFC 6585 5): everything that grows from outside has a limit, and a status for exceeding it.
import { type CaseFamily, anyOf, declined, forwarded, get, head, refused, refusedInBody } from '../case.ts';

const KIB = 1024;

function small(...fields: readonly string[]): string {
  return head('POST /{id} HTTP/1.1', 'Host: small.test', ...fields);
}

export const requestLimits: CaseFamily = {
  name: 'request: limits',
  reason: 'Everything that a client can make larger has a limit, and a status that names it.',
  cases: [
    {
      name: 'a target of 7,900 bytes',
      source: 'RFC 9112 3',
      holds: 'Request lines of 8,000 bytes are taken.',
      send: head(`GET /{id}/${'a'.repeat(7_895)} HTTP/1.1`, 'Host: all.test'),
      expect: forwarded({ line: `GET /{id}/${'a'.repeat(7_895)} HTTP/1.1` }),
    },
    {
      name: 'a query of 7,900 bytes',
      source: 'RFC 9112 3; Go CVE-2026-39825',
      holds: 'Request lines of 8,000 bytes are taken, with their query whole.',
      send: head(`GET /{id}?${'a=1&'.repeat(1_973)} HTTP/1.1`, 'Host: all.test'),
      expect: forwarded({ line: `GET /{id}?${'a=1&'.repeat(1_973)} HTTP/1.1` }),
    },
    {
      name: 'a target of 9,000 bytes',
      source: 'RFC 9112 3; RFC 9110 15.5.15',
      holds: 'A target beyond the limit is answered 414.',
      send: head(`GET /{id}/${'a'.repeat(9_000)} HTTP/1.1`, 'Host: all.test'),
      expect: refused(414),
    },
    {
      name: 'a target of 100,000 bytes',
      source: 'RFC 9112 3; RFC 9110 15.5.15',
      holds: 'A target beyond the limit is answered 414.',
      send: head(`GET /{id}/${'a'.repeat(100_000)} HTTP/1.1`, 'Host: all.test'),
      expect: refused(414),
    },
    {
      name: 'a target without end',
      source: 'RFC 9112 3; RFC 9110 15.5.15',
      holds: 'The limit holds before the target is complete.',
      send: `GET /{id}/${'a'.repeat(60_000)}`,
      expect: refused(414),
    },
    {
      name: 'a method of 100 bytes',
      source: 'RFC 9112 3',
      holds: 'A long method is refused, or goes on whole.',
      send: head(`${'M'.repeat(100)} /{id} HTTP/1.1`, 'Host: all.test'),
      expect: anyOf(refused(400, 501), forwarded({ line: `${'M'.repeat(100)} /{id} HTTP/1.1` })),
    },
    {
      name: 'a method of 40,000 bytes',
      source: 'RFC 9112 3',
      holds: 'A method beyond every limit is refused.',
      send: head(`${'M'.repeat(40_000)} /{id} HTTP/1.1`, 'Host: all.test'),
      expect: refused(400, 414, 431, 501),
    },
    {
      name: 'fields of 12 KiB in all',
      source: 'RFC 9110 5.4',
      holds: 'Sections well within the limit are taken.',
      send: get(...Array.from({ length: 12 }, (_, i) => `X-Kilo-${i}: ${'v'.repeat(KIB - 12)}`)),
      expect: forwarded({ fields: { 'x-kilo-0': 'v'.repeat(KIB - 12), 'x-kilo-11': 'v'.repeat(KIB - 12) } }),
    },
    {
      name: 'one field of 64 KiB',
      source: 'RFC 6585 5',
      holds: 'A field beyond the limit is answered 431.',
      send: get(`X-Large: ${'v'.repeat(64 * KIB)}`),
      expect: refused(431),
    },
    {
      name: 'a field name of 64 KiB',
      source: 'RFC 6585 5; HAProxy CVE-2021-40346',
      holds: 'A field beyond the limit is answered 431.',
      send: get(`${'N'.repeat(64 * KIB)}: v`),
      expect: refused(431),
    },
    {
      name: 'fields of 80 KiB in all',
      source: 'RFC 6585 5',
      holds: 'A section beyond the limit is answered 431.',
      send: get(...Array.from({ length: 80 }, (_, i) => `X-Kilo-${i}: ${'v'.repeat(KIB)}`)),
      expect: refused(431),
    },
    {
      name: 'a field section without end',
      source: 'RFC 6585 5',
      holds: 'The limit holds before the section is complete.',
      send: `GET /{id} HTTP/1.1\r\nHost: all.test\r\n${`X-More: ${'v'.repeat(200)}\r\n`.repeat(90)}X: ${'v'.repeat(60_000)}`,
      expect: refused(431),
    },
    {
      name: 'ninety fields',
      source: 'RFC 6585 5',
      holds: 'As many fields as the limit allows are taken.',
      send: get(...Array.from({ length: 89 }, (_, i) => `X-${i}: v`)),
      expect: forwarded({ fields: { 'x-0': 'v', 'x-88': 'v' } }),
    },
    {
      name: 'five hundred fields',
      source: 'RFC 6585 5; Node CVE-2026-58044',
      holds: 'Too many fields are answered 431, never dropped.',
      send: get(...Array.from({ length: 500 }, (_, i) => `X-${i}: v`)),
      expect: refused(431),
    },
    {
      name: 'a hundred empty lines before the request',
      source: 'RFC 9112 2.2',
      holds: 'Some empty lines are skipped, a flood of them is not.',
      send: '\r\n'.repeat(100) + get(),
      expect: anyOf(refused(400), forwarded({ line: 'GET /{id} HTTP/1.1' })),
    },
    {
      name: 'a Content-Length beyond the limit',
      source: 'RFC 9110 15.5.14',
      holds: 'A body whose Content-Length is too large is refused before it comes.',
      send: `${small('Content-Length: 1025')}${'b'.repeat(1_025)}`,
      expect: anyOf(refused(413), declined(413)),
    },
    {
      name: 'a Content-Length beyond the limit with an expectation',
      source: 'RFC 9110 10.1.1, 15.5.14',
      holds: 'The gateway sends no 100 for a body that it will refuse.',
      send: small('Content-Length: 1025', 'Expect: 100-continue'),
      expect: refused(413),
    },
    {
      name: 'a chunked body beyond the limit',
      source: 'RFC 9110 15.5.14',
      holds: 'A body that turns out too large never completes at the backend.',
      send: `${small('Transfer-Encoding: chunked')}${`200\r\n${'b'.repeat(512)}\r\n`.repeat(4)}0\r\n\r\n`,
      expect: anyOf(refusedInBody(413), { kind: 'answered', status: [413], upstream: 'incomplete' }),
    },
    {
      name: 'a body of exactly the limit',
      source: 'RFC 9110 15.5.14',
      holds: 'A body of the limit is taken.',
      send: `${small('Content-Length: 1024')}${'b'.repeat(1_024)}`,
      expect: forwarded({ body: 'b'.repeat(1_024), fields: { host: 'small.test' } }),
    },
    {
      name: 'a chunked body of exactly the limit',
      source: 'RFC 9110 15.5.14',
      holds: 'A body of the limit is taken; its framing does not count.',
      send: `${small('Transfer-Encoding: chunked')}${`200\r\n${'b'.repeat(512)}\r\n`.repeat(2)}0\r\n\r\n`,
      expect: forwarded({ body: 'b'.repeat(1_024), fields: { host: 'small.test' } }),
    },
  ],
};
