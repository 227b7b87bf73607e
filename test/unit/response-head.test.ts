import { describe, expect, test } from 'bun:test';
import { out } from '../../src/http1/output.ts';
import {
  NO_PLACE,
  type ResponseManner,
  firstBytes,
  isFirst,
  isShiftable,
  placeForAdditions,
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
  return sentAs(head, { ...PLAIN_MANNER, edits });
}

function sentAs(head: Head, manner: ResponseManner): { readonly text: string; readonly isShifted: boolean } {
  const place = isShiftable(head) ? placeForAdditions(head, manner) : NO_PLACE;
  if (place === NO_PLACE || isFirst(place))
    return { text: latin1(out, 0, writeResponseHead(out, head, manner)), isShifted: false };
  const start = shiftResponseHead(head, manner, place, head.bytes, 0);
  return { text: latin1(head.bytes, start, head.end), isShifted: true };
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
    return sentAs(head, { ...PLAIN_MANNER, identified: request, idPrefix: PREFIX });
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
    const fields = `${FIELDS}Connection: keep-alive\r\n${BODY}`;
    expect(copied(fields, [])).toBe(`HTTP/1.1 200 OK\r\n${ID}${FIELDS}${BODY}\r\nab`);
    expect(copied(`Keep-Alive: x\r\n${fields}`, [])).toBe(`HTTP/1.1 200 OK\r\n${ID}${FIELDS}${BODY}\r\nab`);
    expect(copied(`${FIELDS}${BODY}`, [])).toBe(`HTTP/1.1 200 OK\r\n${ID}${FIELDS}${BODY}\r\nab`);
  });

  test('comes first in such a copy, while an added field takes the place of a line that is dropped', () => {
    const fields = `${FIELDS}Connection: keep-alive\r\n${BODY}`;
    expect(copied(fields, [ADD_VARY])).toBe(`HTTP/1.1 200 OK\r\n${ID}${FIELDS}${VARY}${BODY}\r\nab`);
  });

  test('comes first in such a copy, and added fields after it, where no line has room for them', () => {
    const fields = `${FIELDS}Connection: close\r\n${BODY}`;
    expect(copied(fields, [ADD_VARY])).toBe(`HTTP/1.1 200 OK\r\n${ID}${VARY}${FIELDS}${BODY}\r\nab`);
    const another = responseEdit.set('X-A', 'x');
    expect(copied(`X-A: y\r\n${fields}`, [ADD_VARY, another])).toBe(
      `HTTP/1.1 200 OK\r\n${ID}${VARY}X-A: x\r\n${FIELDS}${BODY}\r\nab`,
    );
  });

  test('has no place in a copy where a field stays that has the name of an added one, and no line behind it has room', () => {
    expect(copied(`Vary: Cookie\r\n${FIELDS}Connection: close\r\n${BODY}`, [ADD_VARY])).toBe('no place');
    expect(copied(`Connection: keep-alive\r\n${FIELDS}Vary: Cookie\r\n${BODY}`, [ADD_VARY])).toBe('no place');
  });

  /** The response, copied to memory with room at its left and shifted there. */
  function copied(fields: string, made: readonly Edit<'response'>[]): string {
    const head = responseHead(`HTTP/1.1 200 OK\r\n${fields}\r\nab`);
    const edits = new Edits<'response'>();
    for (const edit of made) edits.add(edit);
    const manner = { ...PLAIN_MANNER, edits, identified: numbered(''), idPrefix: PREFIX };
    const place = placeForAdditions(head, manner);
    if (place === NO_PLACE) return 'no place';
    expect(isFirst(place)).toBe(true);
    const original = latin1(head.bytes, 0, head.bytes.length);
    const by = 100 + firstBytes(place, manner);
    const end = by + head.bytes.length;
    const room = new Uint8Array(1000).fill(120);
    room.set(head.bytes, by);
    const start = shiftResponseHead(head, manner, place, room, by);
    expect(latin1(head.bytes, 0, head.bytes.length)).toBe(original);
    expect(latin1(room, 0, 100)).toBe('x'.repeat(100));
    expect(latin1(room, end, 1000)).toBe('x'.repeat(1000 - end));
    return latin1(room, start, end);
  }

  test('is that of a trusted peer where it has sent one', () => {
    const request = numbered('X-Request-Id: from-afar\r\n');
    request.hasTrustedId = true;
    expect(told(`${FIELDS}${BODY}`, request).text).toContain('X-Request-Id: from-afar\r\n');
  });
});
