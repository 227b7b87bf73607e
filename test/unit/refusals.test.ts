// What people are told of messages that are refused.
import { describe, expect, test } from 'bun:test';
import { HeadParser } from '../../src/http1/head-parser.ts';
import { requestRefusal, responseRefusal } from '../../src/http1/refusals.ts';
import { Head } from '../../src/message/head.ts';
import { wire } from '../support/heads.ts';

const LIMITS = { headerBytes: 1024, headerCount: 4, targetBytes: 512 };

function requestSaid(text: string): string {
  const parser = new HeadParser(LIMITS);
  const head = new Head();
  parser.begin();
  const problem = parser.feedRequest(head, wire(text), 0);
  return requestRefusal(problem, head, parser).detail;
}

function responseSaid(text: string) {
  const parser = new HeadParser(LIMITS);
  const head = new Head();
  parser.begin();
  const { code, reason } = responseRefusal(parser.feedResponse(head, wire(text), 0, false), head, parser, LIMITS);
  return [code, reason];
}

const GET = 'GET / HTTP/1.1\r\nHost: a.test\r\n';

describe('a request that is refused', () => {
  test.each([
    ['GET /caf\u00e9 HTTP/1.1\r\nHost: a.test\r\n\r\n', 'line 1 has the byte 0xE9 at column 9.'],
    ['GET / HTTP/1.1\nHost: a.test\r\n\r\n', 'line 1 ends with LF alone.'],
    [`${GET}A: b\nC: d\r\n\r\n`, 'line 3 ends with LF alone.'],
    [`${GET}A : b\r\n\r\n`, 'line 3 has a space before its colon.'],
    [`${GET} folded\r\n\r\n`, 'line 3 begins with a space, as a folded field does.'],
    [`${GET}nothing\r\n\r\n`, 'line 3 has no colon.'],
    [`${GET}: nameless\r\n\r\n`, 'line 3 has no name before its colon.'],
    [`${GET}A(b): c\r\n\r\n`, 'line 3 has the byte 0x28 at column 2 in its name.'],
    [`${GET}A: b\u0000c\r\n\r\n`, 'line 3 has the byte 0x00 at column 5.'],
    [`${GET}Content-Length: 1\r\nContent-Length: 2\r\n\r\n`, 'Content-Length appears twice.'],
    [`${GET}Content-Length: x\r\n\r\n`, 'Content-Length is not a number.'],
    [
      `${GET}Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n`,
      'there are both Transfer-Encoding and Content-Length.',
    ],
    [`${GET}Transfer-Encoding: chunked, gzip\r\n\r\n`, 'the last coding of Transfer-Encoding is not "chunked".'],
  ])('%j: %s', (text, said) => {
    expect(requestSaid(text)).toEndWith(`: ${said}`);
  });

  test('is told the problem alone where there is no more to say', () => {
    expect(requestSaid('GET / HTTP/1.1\r\n\r\n')).toBe('The host is missing, repeated, malformed or contradictory.');
  });
});

describe('a response that is refused', () => {
  const OK = 'HTTP/1.1 200 OK\r\n';

  test.each([
    [`${OK}A: b\nC: d\r\n\r\n`, 'response-malformed', 'line 2 ends with LF alone'],
    [
      `${OK}Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n`,
      'response-malformed',
      'Transfer-Encoding appears twice',
    ],
    [
      `${OK}Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n`,
      'response-malformed',
      'there are both Transfer-Encoding and Content-Length',
    ],
    [`${OK}Content-Length: 1\r\nContent-Length: 2\r\n\r\n`, 'response-malformed', 'Content-Length appears twice'],
    ['SSH-2.0-OpenSSH_9.2\r\n', 'response-malformed', 'its head is malformed'],
    [
      `${OK}${'A: b\r\n'.repeat(5)}\r\n`,
      'response-head-too-large',
      'the response has more fields than limits.header_count (4)',
    ],
    [
      `${OK}A: ${'b'.repeat(1100)}\r\n\r\n`,
      'response-head-too-large',
      'the head of the response has more than limits.header_bytes (1KiB)',
    ],
  ])('%j', (text, code, reason) => {
    expect(responseSaid(text)).toEqual([code, reason]);
  });
});
