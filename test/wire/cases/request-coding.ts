// Transfer-Encoding: exactly `chunked`, exactly once, in HTTP/1.1. Every disguise of it is refused (RFC 9112 6.1).
import { type CaseFamily, type WireCase, chunked, forwarded, head, post, refused } from '../case.ts';

const BODY = `5\r\nhello\r\n0\r\n\r\n`;

function hidden(what: string, lines: readonly string[], status: readonly number[] = [400]): WireCase {
  return {
    name: `Transfer-Encoding ${what}`,
    source: 'RFC 9112 6.1',
    holds: 'A transfer coding other than exactly chunked is refused.',
    send: post(...lines) + BODY,
    expect: refused(...status),
  };
}

const UNKNOWN = [400, 501];

export const requestCoding: CaseFamily = {
  name: 'request: Transfer-Encoding',
  reason:
    'Some program takes any other form of `chunked` for something else, so all but the plain form is refused and never repaired.',
  cases: [
    {
      name: 'Transfer-Encoding: chunked',
      source: 'RFC 9112 7.1',
      holds: 'A chunked body goes on with exactly one framing.',
      send: post('Transfer-Encoding: chunked') + chunked('hello', ' world'),
      expect: forwarded({ body: 'hello world' }),
    },
    {
      name: 'Transfer-Encoding: CHUNKED',
      source: 'RFC 9112 7',
      holds: 'The names of transfer codings are compared without regard to case.',
      send: post('Transfer-Encoding: CHUNKED') + BODY,
      expect: forwarded({ body: 'hello' }),
    },
    {
      name: 'transfer-encoding in mixed case between spaces',
      source: 'RFC 9110 5.1',
      holds: 'Names and codings are compared without regard to case, white space around a value is no part of it.',
      send: post('tRaNsFeR-eNcOdInG: \t Chunked \t') + BODY,
      expect: forwarded({ body: 'hello' }),
    },
    hidden('identity', ['Transfer-Encoding: identity'], UNKNOWN),
    hidden('gzip', ['Transfer-Encoding: gzip'], UNKNOWN),
    hidden('gzip, chunked', ['Transfer-Encoding: gzip, chunked'], UNKNOWN),
    hidden('chunked, gzip', ['Transfer-Encoding: chunked, gzip'], UNKNOWN),
    hidden('chunked, identity', ['Transfer-Encoding: chunked, identity'], UNKNOWN),
    hidden('identity, chunked', ['Transfer-Encoding: identity, chunked'], UNKNOWN),
    hidden('chunked twice in a list', ['Transfer-Encoding: chunked, chunked'], UNKNOWN),
    hidden('xchunked', ['Transfer-Encoding: xchunked'], UNKNOWN),
    hidden('chunkedx', ['Transfer-Encoding: chunkedx'], UNKNOWN),
    hidden('chunk', ['Transfer-Encoding: chunk'], UNKNOWN),
    hidden('that is empty', ['Transfer-Encoding:'], UNKNOWN),
    hidden('that is empty, with a length', ['Transfer-Encoding:', 'Content-Length: 15'], UNKNOWN),
    hidden('with a trailing comma', ['Transfer-Encoding: chunked,'], UNKNOWN),
    hidden('with a leading comma', ['Transfer-Encoding: ,chunked'], UNKNOWN),
    hidden('with a parameter', ['Transfer-Encoding: chunked;q=1'], UNKNOWN),
    hidden('in quotes', ['Transfer-Encoding: "chunked"'], UNKNOWN),
    hidden('with a semicolon', ['Transfer-Encoding: chunked;'], UNKNOWN),
    hidden('with a space inside', ['Transfer-Encoding: chun ked'], UNKNOWN),
    hidden('after a vertical tab', ['Transfer-Encoding: \x0bchunked'], UNKNOWN),
    hidden('before a form feed', ['Transfer-Encoding: chunked\x0c'], UNKNOWN),
    hidden('before NUL', ['Transfer-Encoding: chunked\x00'], UNKNOWN),
    hidden('before a bare CR', ['Transfer-Encoding: chunked\rX: y']),
    hidden('after a non-breaking space', ['Transfer-Encoding: \xa0chunked'], UNKNOWN),
    hidden('with a full-width letter', ['Transfer-Encoding: \xef\xbd\x83hunked'], UNKNOWN),
    hidden('folded', ['Transfer-Encoding:', ' chunked']),
    hidden('folded within', ['Transfer-Encoding: chunked', ' , identity']),
    hidden('with a space before the colon', ['Transfer-Encoding : chunked']),
    hidden('with a tab before the colon', ['Transfer-Encoding\t: chunked']),
    hidden('with a space before the name', [' Transfer-Encoding: chunked']),
    hidden('with NUL in its name', ['Transfer\x00-Encoding: chunked']),
    hidden('with an obs-text byte in its name', ['Transfer-Encoding\xa0: chunked']),
    hidden('behind a bare CR in another field', ['X: y\rTransfer-Encoding: chunked']),
    hidden('behind a bare LF in another field', ['X: y\nTransfer-Encoding: chunked']),
    hidden('twice', ['Transfer-Encoding: chunked', 'Transfer-Encoding: chunked'], UNKNOWN),
    hidden('identity, then chunked', ['Transfer-Encoding: identity', 'Transfer-Encoding: chunked'], UNKNOWN),
    hidden('chunked, then identity', ['Transfer-Encoding: chunked', 'Transfer-Encoding: identity'], UNKNOWN),
    hidden('chunked, then an empty one', ['Transfer-Encoding: chunked', 'Transfer-Encoding:'], UNKNOWN),
    {
      name: 'Transfer-Encoding in HTTP/1.0',
      source: 'RFC 9112 6.1',
      holds: 'HTTP/1.0 knows no transfer codings; the framing is in doubt.',
      send: head('POST /{id} HTTP/1.0', 'Host: all.test', 'Transfer-Encoding: chunked') + BODY,
      expect: refused(400, 501),
    },
    {
      name: 'Transfer-Encoding in HTTP/1.0 with keep-alive',
      source: 'RFC 9112 6.1',
      holds: 'HTTP/1.0 knows no transfer codings; the connection does not persist after it.',
      send:
        head('POST /{id} HTTP/1.0', 'Host: all.test', 'Connection: keep-alive', 'Transfer-Encoding: chunked') + BODY,
      expect: refused(400, 501),
    },
    {
      name: 'Transfer_Encoding with an underscore',
      source: 'oauth2-proxy CVE-2025-64484',
      holds: 'A field that only looks like Transfer-Encoding frames nothing.',
      send: `${post('Transfer_Encoding: chunked', 'Content-Length: 5')}hello`,
      expect: forwarded({ fields: { 'content-length': '5', 'transfer-encoding': null }, body: 'hello' }),
    },
  ],
};
