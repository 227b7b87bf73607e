import { describe, expect, test } from 'bun:test';
import { out } from '../../src/http1/output.ts';
import { idLineBytes } from '../../src/http1/id-line.ts';
import {
  NO_PLACE,
  isShiftable,
  lacksRoomForId,
  makeRoomForId,
  shiftResponseHead,
  writeResponseHead,
} from '../../src/http1/write-response.ts';
import { ascii, latin1 } from '../../src/message/bytes.ts';
import { type Edit, Edits, responseEdit } from '../../src/message/edits.ts';
import type { Head } from '../../src/message/head.ts';
import { PLAIN_MANNER, requestHead, responseHead } from '../support/heads.ts';

const VARY = 'Vary: Accept-Encoding\r\n';
const ADD_VARY = responseEdit.append('Vary', 'Accept-Encoding');
const FIELDS = 'Date: today\r\nServer: x\r\n';
const BODY = 'Content-Length: 2\r\n';

/** The head as the client gets it, by the cheapest way that takes it. */
function sent(fields: string, ...made: Edit<'response'>[]): { readonly text: string; readonly isShifted: boolean } {
  const head = responseHead(`HTTP/1.1 200 OK\r\n${fields}\r\n`);
  const edits = new Edits<'response'>();
  for (const edit of made) edits.add(edit);
  const start = isShiftable(head) ? shiftResponseHead(head, { ...PLAIN_MANNER, edits }) : NO_PLACE;
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

describe('the id of the request', () => {
  const PREFIX = ascii('0123456789abcdef');
  const ID = 'X-Request-Id: 0123456789abcdef0000002a\r\n';

  /** As `sent`, for the client of the request with number 42. */
  function told(fields: string, request = numbered('')): { readonly text: string; readonly isShifted: boolean } {
    const head = responseHead(`HTTP/1.1 200 OK\r\n${fields}\r\n`);
    const manner = { ...PLAIN_MANNER, identified: request, idPrefix: PREFIX };
    const start = isShiftable(head) ? shiftResponseHead(head, manner) : NO_PLACE;
    if (start !== NO_PLACE) return { text: latin1(head.bytes, start, head.end), isShifted: true };
    return { text: latin1(out, 0, writeResponseHead(out, head, manner)), isShifted: false };
  }

  function numbered(fields: string): Head {
    const head = requestHead(`GET / HTTP/1.1\r\nHost: a.test\r\n${fields}\r\n`);
    head.number = 42;
    return head;
  }

  test('takes the place of a line that is dropped', () => {
    const text = `HTTP/1.1 200 OK\r\n${FIELDS}${ID}${BODY}\r\n`;
    const fields = `${FIELDS}Keep-Alive: timeout=75, max=1000000000000\r\nConnection: keep-alive\r\n${BODY}`;
    expect(told(fields)).toEqual({ text, isShifted: true });
  });

  test("comes last where no such line is long enough, and in the place of the backend's own", () => {
    const text = `HTTP/1.1 200 OK\r\n${FIELDS}${BODY}${ID}\r\n`;
    expect(told(`${FIELDS}Connection: keep-alive\r\n${BODY}`)).toEqual({ text, isShifted: false });
    expect(told(`${FIELDS}X-Request-Id: own\r\n${BODY}`)).toEqual({ text, isShifted: false });
  });

  test('is put before the fields of a copy that has room for it, and the body stays behind them', () => {
    const request = numbered('');
    const head = responseHead(`HTTP/1.1 200 OK\r\n${FIELDS}Connection: keep-alive\r\n${BODY}\r\nab`);
    const manner = { ...PLAIN_MANNER, identified: request, idPrefix: PREFIX };
    expect(shiftResponseHead(head, manner)).toBe(NO_PLACE);
    const room = new Uint8Array(1000).fill(120);
    const size = head.bytes.length;
    makeRoomForId(room, 100, head, size, idLineBytes(request, PREFIX));
    const start = shiftResponseHead(head, manner);
    expect(latin1(head.bytes, start, head.end + 2)).toBe(`HTTP/1.1 200 OK\r\n${ID}${FIELDS}${BODY}\r\nab`);
    expect(latin1(room, 0, 100)).toBe('x'.repeat(100));
    expect(latin1(room, head.end + 2, 1000)).toBe('x'.repeat(1000 - head.end - 2));
  });

  test('comes first in such a copy, while an added field takes the place of a line that is dropped', () => {
    const request = numbered('');
    const head = responseHead(`HTTP/1.1 200 OK\r\n${FIELDS}Connection: keep-alive\r\n${BODY}\r\nab`);
    const edits = new Edits<'response'>();
    edits.add(ADD_VARY);
    const manner = { ...PLAIN_MANNER, edits, identified: request, idPrefix: PREFIX };
    expect([shiftResponseHead(head, manner), lacksRoomForId(head, manner)]).toEqual([NO_PLACE, true]);
    makeRoomForId(new Uint8Array(1000), 100, head, head.bytes.length, idLineBytes(request, PREFIX));
    const start = shiftResponseHead(head, manner);
    expect(latin1(head.bytes, start, head.end + 2)).toBe(`HTTP/1.1 200 OK\r\n${ID}${FIELDS}${VARY}${BODY}\r\nab`);
  });

  test('is that of a trusted peer where it has sent one', () => {
    const request = numbered('X-Request-Id: from-afar\r\n');
    request.hasTrustedId = true;
    expect(told(`${FIELDS}${BODY}`, request).text).toContain('X-Request-Id: from-afar\r\n');
  });
});
