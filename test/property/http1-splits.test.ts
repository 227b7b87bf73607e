import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { type ChunkedForm, ChunkScanner, type MessageKind } from '../../src/http1/chunked.ts';
import { EMPTY, join, latin1 } from '../../src/message/bytes.ts';
import { describeHead, parseRequest, wire } from '../support/heads.ts';

const REQUESTS = [
  'GET / HTTP/1.1\r\nHost: a.test\r\n\r\n',
  '\r\nPOST /lb/./a?q=1 HTTP/1.1\r\nHost: Shop.Test:80\r\nConnection: keep-alive, x-b\r\nX-B:  v \t\r\nX-Empty:\r\nContent-Length: 5\r\n\r\nhello',
  'GET /%6cb/%7Euser?q=%41 HTTP/1.1\r\nHost: a.test\r\n\r\n',
  'GET http://a.test/%41/b HTTP/1.1\r\nHost: a.test\r\n\r\n',
  'GET http://a.test?x HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
  'GET / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n',
  'GET /a b HTTP/1.1\r\nHost: a.test\r\n\r\n',
];

const cuts = fc.array(fc.nat(400), { maxLength: 12 });

function pieces(text: string, at: readonly number[]): Uint8Array[] {
  const bytes = wire(text);
  const edges = [...new Set([0, ...at.map((cut) => cut % (bytes.length + 1)), bytes.length])].toSorted((a, b) => a - b);
  return edges.slice(1).map((end, index) => bytes.slice(edges[index], end));
}

function facts(parts: readonly Uint8Array[]): unknown {
  const { result, head } = parseRequest(parts);
  return result > 0 ? describeHead(head) : result;
}

describe('a head that arrives in pieces', () => {
  test.each(REQUESTS)('means what it means as a whole: %j', (text) => {
    const whole = facts([wire(text)]);
    fc.assert(
      fc.property(cuts, (at) => expect(facts(pieces(text, at))).toEqual(whole)),
      { numRuns: 300 },
    );
    expect(facts(Array.from(wire(text), (byte) => Uint8Array.of(byte)))).toEqual(whole);
  });
});

const CHUNKED = '5\r\nhello\r\nA;ext="q"\r\n0123456789\r\n1 ;x\r\n!\r\n0\r\nX-T: v\r\nY: z\r\n\r\nNEXT';

type Way = { readonly of: MessageKind; readonly form: ChunkedForm };
const WAYS: readonly Way[] = (['request', 'response'] as const).flatMap((of) =>
  (['chunks', 'chunks_and_trailers', 'payload', 'payload_and_trailers'] as const).map((form) => ({ of, form })),
);

function scanAll(text: string, at: readonly number[], { of, form }: Way): { kept: string; rest: string } | 'broken' {
  const scanner = new ChunkScanner(of);
  scanner.begin(form);
  let kept = '';
  let rest = '';
  let left: Uint8Array = EMPTY;
  for (const arrived of pieces(text, at)) {
    const piece = join(left, arrived);
    const end = scanner.isDone ? 0 : scanner.scan(piece, 0, piece.length);
    if (end < 0) return 'broken';
    if (end > 0) kept += latin1(piece, 0, scanner.keptEnd);
    left = scanner.isDone ? EMPTY : piece.subarray(end);
    if (scanner.isDone) rest += latin1(piece, end, piece.length);
  }
  return { kept, rest };
}

describe('a chunked body that arrives in pieces', () => {
  test('leaves its chunks without extensions and trailers', () => {
    const wanted = { kept: '5\r\nhello\r\nA\r\n0123456789\r\n1\r\n!\r\n0\r\n\r\n', rest: 'NEXT' };
    for (const of of ['request', 'response'] as const)
      fc.assert(fc.property(cuts, (at) => expect(scanAll(CHUNKED, at, { of, form: 'chunks' })).toEqual(wanted)));
  });

  test('leaves the harmless trailers of a request, wherever their names are cut', () => {
    const text = '5;ext\r\nhello\r\n0\r\nX-T: v\r\nCookie: a=b\r\nX_Y: z\r\nY:z\r\nVia: 1.1 a\r\n\r\nNEXT';
    const wanted = { kept: '5\r\nhello\r\n0\r\nX-T: v\r\nY:z\r\n\r\n', rest: 'NEXT' };
    const way = { of: 'request', form: 'chunks_and_trailers' } as const;
    fc.assert(fc.property(cuts, (at) => expect(scanAll(text, at, way)).toEqual(wanted)));
  });

  test('leaves the trailers of a response but those that frame, route or speak of one connection', () => {
    const long = `${'n'.repeat(80)}: v\r\n`;
    const dropped =
      'Content-Length: 3\r\nHOST: a\r\ntransfer-encoding: chunked\r\nConnection: close\r\nTE: a\r\nKeep-Alive: timeout=5\r\n' +
      'Trailer: X-More\r\nUpgrade: h2c\r\nProxy-Authenticate: Basic\r\n';
    const kept = `grpc-status: 0\r\nSet-Cookie: a=b\r\n${long}Content-Digest:x\r\n`;
    const [first = '', ...others] = kept.split(/(?<=\n)/);
    const text = `5\r\nhello\r\n0\r\n${first}${dropped}${others.join('')}\r\nNEXT`;
    const wanted = { kept: `5\r\nhello\r\n0\r\n${kept}\r\n`, rest: 'NEXT' };
    const way = { of: 'response', form: 'chunks_and_trailers' } as const;
    fc.assert(fc.property(cuts, (at) => expect(scanAll(text, at, way)).toEqual(wanted)));
    expect(scanAll(text, [], { of: 'response', form: 'payload' })).toEqual({ kept: 'hello', rest: 'NEXT' });
    expect(scanAll(text, [], { of: 'response', form: 'chunks' })).toEqual({
      kept: '5\r\nhello\r\n0\r\n\r\n',
      rest: 'NEXT',
    });
  });

  test('leaves its payload', () => {
    const wanted = { kept: 'hello0123456789!', rest: 'NEXT' };
    for (const of of ['request', 'response'] as const)
      fc.assert(fc.property(cuts, (at) => expect(scanAll(CHUNKED, at, { of, form: 'payload' })).toEqual(wanted)));
  });

  test.each([
    ';a',
    ' ;a',
    '\t; a',
    ';a=b',
    ';a = b',
    ';a\t=\t"b"',
    ';a;b',
    ';a ; b=c ;d="e"',
    ';a=""',
    ';a="; = \t\xe9"',
    ';a="\\"\\\\\\ "',
    `;a${'=b;a'.repeat(63)}`,
  ])('may have the extension %j, which ends here', (extension) => {
    const text = `5${extension}\r\nhello\r\n0${extension}\r\n\r\nNEXT`;
    const wanted = { kept: '5\r\nhello\r\n0\r\n\r\n', rest: 'NEXT' };
    fc.assert(
      fc.property(cuts, (at) => expect(scanAll(text, at, { of: 'response', form: 'chunks' })).toEqual(wanted)),
      { numRuns: 30 },
    );
  });

  test('may have extensions of 16 KiB in all, and not one byte more', () => {
    const line = `1;${'x'.repeat(127)}\r\na\r\n`;
    const text = line.repeat(128);
    for (const way of WAYS) {
      expect(scanAll(`${text}0\r\n\r\nNEXT`, [], way)).toMatchObject({ rest: 'NEXT' });
      expect(scanAll(`${text}0;a\r\n\r\nNEXT`, [], way)).toBe('broken');
    }
  });

  test('counts the extensions of each body anew', () => {
    const scanner = new ChunkScanner('request');
    const body = wire(`${`1;${'x'.repeat(127)}\r\na\r\n`.repeat(100)}0\r\n\r\n`);
    for (let n = 0; n < 3; n++) {
      scanner.begin('chunks');
      expect(scanner.scan(body.slice(), 0, body.length)).toBe(body.length);
    }
  });

  test('may have a chunk of 2^31 - 1 bytes', () => {
    for (const size of ['7FFFFFFF', '7fffffff', '00007fffffff']) {
      const text = `${size}\r\nhello`;
      expect(scanAll(text, [], { of: 'response', form: 'chunks' })).toEqual({ kept: text, rest: '' });
    }
  });

  test.each([
    'g\r\n',
    '5\nhello\r\n',
    '5\r\nhelloX\r\n',
    '-5\r\nhello\r\n',
    '0x5\r\nhello\r\n',
    '5 \r\nhello\r\n',
    '\r\n5\r\nhello\r\n',
    '5;a\nb\r\nhello\r\n',
    'FFFFFFFFFFFFF\r\n',
    '80000000\r\nhello\r\n',
    'ffffffff\r\nhello\r\n',
    '100000005\r\nhello\r\n',
    '000080000000\r\nhello\r\n',
    '5;\r\nhello\r\n',
    '5;;a\r\nhello\r\n',
    '5;a;\r\nhello\r\n',
    '5; \r\nhello\r\n',
    '5;=b\r\nhello\r\n',
    '5;"a"\r\nhello\r\n',
    '5;a \r\nhello\r\n',
    '5;a b\r\nhello\r\n',
    '5;a(b\r\nhello\r\n',
    '5;a=\r\nhello\r\n',
    '5;a= \r\nhello\r\n',
    '5;a=;b\r\nhello\r\n',
    '5;a==b\r\nhello\r\n',
    '5;a=b=c\r\nhello\r\n',
    '5;a=b c\r\nhello\r\n',
    '5;a=b \r\nhello\r\n',
    '5;a=b"c"\r\nhello\r\n',
    '5;a=\xe9\r\nhello\r\n',
    '5;a="b\r\nhello\r\n',
    '5;a="b\\"\r\nhello\r\n',
    '5;a="b"c\r\nhello\r\n',
    '5;a="b" c\r\nhello\r\n',
    '5;a="b" \r\nhello\r\n',
    '5;a="\x7f"\r\nhello\r\n',
    '5;a="\\\0"\r\nhello\r\n',
    `5;${'x'.repeat(255)}\r\nhello\r\n`,
    '0\r\n: a\r\n\r\n',
    '0\r\nX : a\r\n\r\n',
    '0\r\nX: a\n\r\n',
  ])('is refused where its framing is broken: %j', (text) => {
    fc.assert(
      fc.property(cuts, (at) => {
        for (const way of WAYS) expect(scanAll(text, at, way)).toBe('broken');
      }),
      { numRuns: 30 },
    );
  });

  test.each(['Content-Length: 5', 'Host: a', 'Transfer-Encoding: chunked', 'Connection: a', 'TE: a'])(
    'of a request is refused where a trailer frames or routes: %s',
    (trailer) => {
      const text = `0\r\nX-T: v\r\n${trailer}\r\n\r\n`;
      fc.assert(
        fc.property(cuts, (at) => {
          for (const way of WAYS.filter(({ of }) => of === 'request')) expect(scanAll(text, at, way)).toBe('broken');
        }),
        { numRuns: 30 },
      );
    },
  );
});
