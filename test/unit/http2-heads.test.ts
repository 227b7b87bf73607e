// Header blocks as the text of HTTP/1.1 heads, and the way back.
import { describe, expect, test } from 'bun:test';
import { HeadParser } from '../../src/http1/head-parser.ts';
import { HpackDecoder } from '../../src/http2/hpack-decode.ts';
import { HpackEncoder, blockBound } from '../../src/http2/hpack-encode.ts';
import { encodeRequest } from '../../src/http2/request-block.ts';
import { MALFORMED, OK, RequestText, TOO_LARGE } from '../../src/http2/request-text.ts';
import { ResponseText } from '../../src/http2/response-text.ts';
import { ascii, latin1 } from '../../src/message/bytes.ts';
import { Head } from '../../src/message/head.ts';
import { type Field, TwinTable, twinDecode, twinEncode } from '../support/hpack-twin.ts';

const LIMIT = 2000;
const GET: readonly Field[] = [
  [':method', 'GET'],
  [':scheme', 'https'],
  [':path', '/a?b'],
  [':authority', 'a.test'],
];

function blockOf(fields: readonly Field[]): Uint8Array {
  const table = new TwinTable();
  return Uint8Array.from(fields.flatMap((field) => twinEncode(table, field, 'kept')));
}

const text = new RequestText(LIMIT, ascii('a2V5'));

/** The text of a request's head as lines, or what is wrong. */
function request(fields: readonly Field[], isEnd = true): string[] | 'malformed' | 'too large' {
  const block = blockOf(fields);
  text.begin(false);
  expect(new HpackDecoder().decode(block, 0, block.length, text)).toBe(true);
  const verdict = text.finish(isEnd);
  if (verdict === MALFORMED) return 'malformed';
  if (verdict === TOO_LARGE) return 'too large';
  return latin1(text.bytes, 0, text.length).split('\r\n').slice(0, -2);
}

const swap = (name: string, value: string): Field[] => GET.map((field) => (field[0] === name ? [name, value] : field));
const without = (...names: string[]): Field[] => GET.filter(([name]) => !names.includes(name));

describe('a request', () => {
  test('has its host first, its cookies together, and no length where no body follows', () => {
    expect(request([...GET, ['cookie', 'a=b'], ['accept', '*/*'], ['cookie', 'c=d'], ['te', 'trailers']])).toEqual([
      'GET /a?b HTTP/1.1',
      'host: a.test',
      'accept: */*',
      'te: trailers',
      'cookie: a=b; c=d',
    ]);
  });

  test('may name its pseudo-fields in any order', () => {
    expect(request(GET.toReversed())).toEqual(['GET /a?b HTTP/1.1', 'host: a.test']);
  });

  test('has a body in chunks, or one of a length', () => {
    expect(request(GET, false)).toEqual(['GET /a?b HTTP/1.1', 'host: a.test', 'transfer-encoding: chunked']);
    expect(request([...GET, ['content-length', '3']], false)).toEqual([
      'GET /a?b HTTP/1.1',
      'host: a.test',
      'content-length: 3',
    ]);
  });

  test('may name its host by Host alone, or by both alike', () => {
    expect(request([...without(':authority'), ['host', 'b.test']])).toEqual(['GET /a?b HTTP/1.1', 'host: b.test']);
    expect(request([...GET, ['host', 'A.test']])).toEqual(['GET /a?b HTTP/1.1', 'host: a.test']);
  });

  test('that opens a WebSocket is an Upgrade of HTTP/1.1, with a key of the gateway', () => {
    const fields: Field[] = [...swap(':method', 'CONNECT'), [':protocol', 'websocket']];
    expect(request([...fields, ['sec-websocket-version', '13'], ['sec-websocket-key', 'own']], false)).toEqual([
      'GET /a?b HTTP/1.1',
      'host: a.test',
      'connection: upgrade',
      'upgrade: websocket',
      'sec-websocket-key: a2V5',
      'sec-websocket-version: 13',
    ]);
    expect(request(fields, true)).toBe('malformed');
    expect(request([...fields, ['content-length', '0']], false)).toBe('malformed');
    expect(request([...GET, [':protocol', 'websocket']], false)).toBe('malformed');
    expect(request([...swap(':method', 'CONNECT'), [':protocol', 'connect-udp']], false)).toBe('malformed');
  });

  test('that asks for a tunnel is left to the parser, which refuses it', () => {
    const fields: Field[] = [
      [':method', 'CONNECT'],
      [':authority', 'a.test:443'],
    ];
    expect(request(fields)).toEqual(['CONNECT a.test:443 HTTP/1.1', 'host: a.test:443']);
    expect(request(swap(':method', 'CONNECT'))).toBe('malformed');
  });

  test.each<[string, readonly Field[]]>([
    ['no method', without(':method')],
    ['no scheme', without(':scheme')],
    ['no path', without(':path')],
    ['neither authority nor Host', without(':authority')],
    ['a method twice', [...GET, [':method', 'GET']]],
    ['two authorities', [...GET, [':authority', 'a.test']]],
    ['a status', [...GET, [':status', '200']]],
    ['an unknown pseudo-field', [...GET, [':user', 'a']]],
    ['a pseudo-field in upper case', [...without(':path'), [':Path', '/']]],
    ['a pseudo-field after a field', [...without(':path'), ['a', 'b'], [':path', '/']]],
    ['an empty path', swap(':path', '')],
    ['an empty authority', swap(':authority', '')],
    ['a path that is a URL', swap(':path', 'http://b.test/')],
    ['a path without a slash', swap(':path', 'a')],
    ['a path with a space', swap(':path', '/ HTTP/1.1')],
    ['a path with a line end', swap(':path', '/ HTTP/1.1\r\nx: y')],
    ['a method with a line end', swap(':method', 'GET / HTTP/1.1\r\n')],
    ['a scheme with a slash', swap(':scheme', 'https://b.test/')],
    ['a user in its authority', swap(':authority', 'a@b.test')],
    ['a path in its authority', swap(':authority', 'a.test/b')],
    ['an authority with a line end', swap(':authority', 'a.test\r\nx: y')],
    ['another Host', [...GET, ['host', 'b.test']]],
    ['a name in upper case', [...GET, ['X-A', 'b']]],
    ['a name with a space', [...GET, ['x a', 'b']]],
    ['a name with a colon', [...GET, ['x:a', 'b']]],
    ['an empty name', [...GET, ['', 'b']]],
    ['a value with a line end', [...GET, ['x', 'a\r\nb: c']]],
    ['a value with a line feed', [...GET, ['x', 'a\nb']]],
    ['a value with a zero', [...GET, ['x', 'a\0']]],
    ['a value that begins with a space', [...GET, ['x', ' a']]],
    ['a value that ends with a tab', [...GET, ['x', 'a\t']]],
    ['Connection', [...GET, ['connection', 'close']]],
    ['Keep-Alive', [...GET, ['keep-alive', '5']]],
    ['Proxy-Connection', [...GET, ['proxy-connection', 'close']]],
    ['Transfer-Encoding', [...GET, ['transfer-encoding', 'chunked']]],
    ['Upgrade', [...GET, ['upgrade', 'websocket']]],
    ['TE of more than trailers', [...GET, ['te', 'trailers, gzip']]],
  ])('is malformed with %s', (_, fields) => {
    expect(request(fields)).toBe('malformed');
  });

  test('too large is decoded to its end, so that the next one is understood', () => {
    const decoder = new HpackDecoder();
    const table = new TwinTable();
    const large = Uint8Array.from(
      [...GET, ['a', 'x'.repeat(LIMIT)], ['b', 'c']].flatMap(([name = '', value = '']) =>
        twinEncode(table, [name, value], 'kept'),
      ),
    );
    text.begin(false);
    expect(decoder.decode(large, 0, large.length, text)).toBe(true);
    expect(text.finish(true)).toBe(TOO_LARGE);
    const next = Uint8Array.from([...GET, ['b', 'c'] as const].flatMap((field) => twinEncode(table, field, 'kept')));
    text.begin(false);
    expect(decoder.decode(next, 0, next.length, text)).toBe(true);
    expect(text.finish(true)).toBe(OK);
    expect(latin1(text.bytes, 0, text.length)).toEndWith('b: c\r\n\r\n');
  });

  test('of a small block that grows in the tables is too large', () => {
    const block = Uint8Array.from([...blockOf([...GET, ['a', 'x'.repeat(500)]]), ...new Uint8Array(5000).fill(0xbe)]);
    text.begin(false);
    new HpackDecoder().decode(block, 0, block.length, text);
    expect(text.finish(true)).toBe(TOO_LARGE);
  });

  test('has trailers as lines, all of them for their reader to judge', () => {
    const trailers = blockOf([
      ['x-sum', 'a'],
      ['host', 'b.test'],
    ]);
    text.begin(true);
    new HpackDecoder().decode(trailers, 0, trailers.length, text);
    expect(text.finish(true)).toBe(OK);
    expect(latin1(text.bytes, 0, text.length)).toBe('x-sum: a\r\nhost: b.test\r\n');
  });

  test.each<[string, Field]>([
    ['a pseudo-field', [':path', '/']],
    ['Connection', ['connection', 'close']],
    ['a name in upper case', ['X', 'y']],
  ])('has malformed trailers with %s', (_, field) => {
    const trailers = blockOf([field]);
    text.begin(true);
    new HpackDecoder().decode(trailers, 0, trailers.length, text);
    expect(text.finish(true)).toBe(MALFORMED);
  });
});

describe('a response', () => {
  const answer = new ResponseText(LIMIT);
  const response = (fields: readonly Field[], isEnd = false, toHead = false): string => {
    const block = blockOf(fields);
    answer.begin(false, null);
    expect(new HpackDecoder().decode(block, 0, block.length, answer)).toBe(true);
    if (answer.finish(isEnd, toHead) !== OK) return 'malformed';
    const head = new Head();
    const parser = new HeadParser({ headerBytes: LIMIT, headerCount: 100, targetBytes: 100 });
    parser.begin();
    expect(parser.feedResponse(head, answer.bytes.slice(0, answer.length), 0, toHead)).toBe(answer.length);
    expect(head.status).toBe(answer.status);
    expect(head.isCanonical).toBe(true);
    return latin1(answer.bytes, 0, answer.length);
  };

  test('has a body in chunks, of a length, or none', () => {
    expect(
      response([
        [':status', '200'],
        ['a', 'b'],
      ]),
    ).toBe('HTTP/1.1 200 \r\na: b\r\ntransfer-encoding: chunked\r\n\r\n');
    expect(
      response([
        [':status', '404'],
        ['content-length', '3'],
      ]),
    ).toBe('HTTP/1.1 404 \r\ncontent-length: 3\r\n\r\n');
    expect(response([[':status', '200']], true)).toBe('HTTP/1.1 200 \r\ncontent-length: 0\r\n\r\n');
  });

  test('says nothing of a body where there can be none', () => {
    for (const status of ['204', '304', '103'])
      expect(response([[':status', status]])).toBe(`HTTP/1.1 ${status} \r\n\r\n`);
    expect(response([[':status', '200']], true, true)).toBe('HTTP/1.1 200 \r\n\r\n');
  });

  test.each<[string, readonly Field[], boolean]>([
    ['no status', [['a', 'b']], false],
    [
      'a status after a field',
      [
        ['a', 'b'],
        [':status', '200'],
      ],
      false,
    ],
    [
      'two',
      [
        [':status', '200'],
        [':status', '200'],
      ],
      false,
    ],
    ['one that is no number', [[':status', '2xx']], false],
    ['one of four digits', [[':status', '2000']], false],
    ['another protocol', [[':status', '101']], false],
    ['no final status', [[':status', '100']], true],
    [
      'a path',
      [
        [':status', '200'],
        [':path', '/'],
      ],
      false,
    ],
    [
      'Connection',
      [
        [':status', '200'],
        ['connection', 'close'],
      ],
      false,
    ],
    [
      'a line end in a value',
      [
        [':status', '200'],
        ['a', 'b\r\nc: d'],
      ],
      false,
    ],
  ])('is malformed with %s', (_, fields, isEnd) => {
    expect(response(fields, isEnd)).toBe('malformed');
  });
});

test('the head of a request for a backend becomes a block of the same fields', () => {
  const head = ascii(
    [
      'PUT /a?b HTTP/1.1',
      'Accept: */*',
      'Host: a.test',
      'Cookie: a=b',
      'X-Forwarded-Proto: https',
      'Transfer-Encoding: chunked',
      'TE: trailers',
      'Connection: TE',
      '\r\n',
    ].join('\r\n'),
  );
  const out = new Uint8Array(blockBound(head.length));
  const encoder = new HpackEncoder();
  encoder.begin(out, 0);
  encodeRequest(encoder, head, head.length, 'https');
  expect(twinDecode(new TwinTable(), out.subarray(0, encoder.end())).map(([name, value]) => [name, value])).toEqual([
    [':method', 'PUT'],
    [':scheme', 'https'],
    [':authority', 'a.test'],
    [':path', '/a?b'],
    ['accept', '*/*'],
    ['cookie', 'a=b'],
    ['x-forwarded-proto', 'https'],
    ['te', 'trailers'],
  ]);
});
