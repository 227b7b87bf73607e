import { describe, expect, test } from 'bun:test';
import { out } from '../../src/http1/output.ts';
import { NO_PLACE, isShiftable, shiftResponseHead, writeResponseHead } from '../../src/http1/write-response.ts';
import { latin1 } from '../../src/message/bytes.ts';
import { type Edit, Edits, responseEdit } from '../../src/message/edits.ts';
import { PLAIN_MANNER, responseHead } from '../support/heads.ts';

const VARY = 'Vary: Accept-Encoding\r\n';
const ADD_VARY = responseEdit.append('Vary', 'Accept-Encoding');
const FIELDS = 'Date: today\r\nServer: x\r\n';
const BODY = 'Content-Length: 2\r\n';

/** The head as the client gets it, by the cheapest way that takes it. */
function sent(fields: string, ...made: Edit<'response'>[]): { readonly text: string; readonly isShifted: boolean } {
  const head = responseHead(`HTTP/1.1 200 OK\r\n${fields}\r\n`);
  const edits = new Edits<'response'>();
  for (const edit of made) edits.add(edit);
  const start = isShiftable(head) ? shiftResponseHead(head, edits) : NO_PLACE;
  if (start !== NO_PLACE) return { text: latin1(head.bytes, start, head.end), isShifted: true };
  const length = writeResponseHead(out, head, { ...PLAIN_MANNER, edits });
  return { text: latin1(out, 0, length), isShifted: false };
}

describe('what is added to a response head', () => {
  test.each([
    [`${FIELDS}Connection: keep-alive\r\n${BODY}`, `${FIELDS}${VARY}${BODY}`],
    [`Connection: keep-alive\r\n${FIELDS}${BODY}`, `${VARY}${FIELDS}${BODY}`],
    [`${FIELDS}${BODY}Connection: keep-alive\r\n`, `${FIELDS}${BODY}${VARY}`],
    [`Keep-Alive: x\r\n${FIELDS}Keep-Alive: timeout=5, max=100\r\n${BODY}`, `${FIELDS}${VARY}${BODY}`],
    [`Keep-Alive: timeout=5, max=100\r\nKeep-Alive: timeout=5, max=100\r\n${FIELDS}${BODY}`, `${VARY}${FIELDS}${BODY}`],
  ])('takes the place of a line that is dropped: %j', (fields, expected) => {
    expect(sent(fields, ADD_VARY)).toEqual({ text: `HTTP/1.1 200 OK\r\n${expected}\r\n`, isShifted: true });
  });

  test.each([[`${FIELDS}${BODY}`], [`Connection: close\r\n${FIELDS}${BODY}`]])(
    'is written at the end where no such line is long enough: %j',
    (fields) => {
      const text = `HTTP/1.1 200 OK\r\n${FIELDS}${BODY}${VARY}\r\n`;
      expect(sent(fields, ADD_VARY)).toEqual({ text, isShifted: false });
    },
  );
});

test('a head whose lines move loses every field that Connection names', () => {
  const long = `Long: ${'a'.repeat(50)}\r\n`;
  const named = `X-Second: secret\r\n${long}X-First: secret\r\n${long}Connection: X-First, X-Second\r\n`;
  expect(sent(`${FIELDS}${named}Keep-Alive: timeout=5\r\n${BODY}`).text).toBe(
    `HTTP/1.1 200 OK\r\n${FIELDS}${long}${long}${BODY}\r\n`,
  );
});

test.each([
  ['HTTP/1.1 200\r\n', 'HTTP/1.1 200 \r\n'],
  ['HTTP/1.0 404\r\n', 'HTTP/1.1 404 \r\n'],
  ['HTTP/1.1 200 \r\n', 'HTTP/1.1 200 \r\n'],
  ['HTTP/1.0 200 ok\r\n', 'HTTP/1.1 200 ok\r\n'],
])('a status line is valid whatever the backend leaves out of it: %j', (line, expected) => {
  for (const fields of ['', `${FIELDS}${BODY}`]) {
    const head = responseHead(`${line}${fields}\r\n`);
    const length = writeResponseHead(out, head, PLAIN_MANNER);
    expect(latin1(out, 0, length)).toStartWith(`${expected}${fields}`);
    expect(latin1(out, 0, length)).toEndWith('\r\n\r\n');
  }
});
