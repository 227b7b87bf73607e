import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { type ChunkedForm, ChunkScanner } from '../../src/http1/chunked.ts';
import { EMPTY, join, latin1 } from '../../src/message/bytes.ts';
import { describeHead, parseRequest, wire } from '../support/heads.ts';

const REQUESTS = [
  'GET / HTTP/1.1\r\nHost: a.test\r\n\r\n',
  '\r\nPOST /lb/./a?q=1 HTTP/1.1\r\nHost: Shop.Test:80\r\nConnection: keep-alive, x-b\r\nX-B:  v \t\r\nX-Empty:\r\nContent-Length: 5\r\n\r\nhello',
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

function scanAll(text: string, at: readonly number[], form: ChunkedForm): { kept: string; rest: string } | 'broken' {
  const scanner = new ChunkScanner();
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
    fc.assert(fc.property(cuts, (at) => expect(scanAll(CHUNKED, at, 'chunks')).toEqual(wanted)));
  });

  test('leaves the trailers that are chosen, wherever their names are cut', () => {
    const text = '5;ext\r\nhello\r\n0\r\nX-T: v\r\nCookie: a=b\r\nX_Y: z\r\nY:z\r\nVia: 1.1 a\r\n\r\nNEXT';
    const wanted = { kept: '5\r\nhello\r\n0\r\nX-T: v\r\nY:z\r\n\r\n', rest: 'NEXT' };
    fc.assert(fc.property(cuts, (at) => expect(scanAll(text, at, 'chunks_and_chosen_trailers')).toEqual(wanted)));
  });

  test('leaves its payload', () => {
    const wanted = { kept: 'hello0123456789!', rest: 'NEXT' };
    fc.assert(fc.property(cuts, (at) => expect(scanAll(CHUNKED, at, 'payload')).toEqual(wanted)));
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
    '0\r\nContent-Length: 5\r\n\r\n',
    '0\r\nHost: a\r\n\r\n',
    '0\r\n: a\r\n\r\n',
    '0\r\nX : a\r\n\r\n',
    '0\r\nX: a\n\r\n',
  ])('is refused where its framing is broken: %j', (text) => {
    fc.assert(
      fc.property(cuts, (at) => {
        expect(scanAll(text, at, 'chunks')).toBe('broken');
        expect(scanAll(text, at, 'chunks_and_chosen_trailers')).toBe('broken');
      }),
      { numRuns: 30 },
    );
  });
});
