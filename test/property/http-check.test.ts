// Whatever a backend sends, and however it is cut: an http check comes to the same result, and to one at all.
import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { httpCheck } from '../../src/probing/http-check.ts';
import { type Script, probing } from '../support/probing.ts';

const OPTIONS = { expect_body: { matches: 'ok' }, max_body: 64, drain_on_404: true };

function cut(bytes: Uint8Array, places: readonly number[]): readonly Uint8Array[] {
  const ends = [0, ...places.map((place) => place % (bytes.length + 1)).toSorted((a, b) => a - b), bytes.length];
  const parts = ends.slice(1).map((end, at) => bytes.slice(ends[at], end));
  // A socket never brings nothing.
  return parts.filter((part) => part.length > 0);
}

function framed(body: Uint8Array, framing: string, chunk: number): Uint8Array {
  const head = (field: string): Uint8Array => new TextEncoder().encode(`HTTP/1.1 200 OK\r\n${field}\r\n`);
  if (framing === 'length') return Buffer.concat([head(`Content-Length: ${body.length}\r\n`), body]);
  if (framing === 'close') return Buffer.concat([head(''), body]);
  const parts: Uint8Array[] = [head('Transfer-Encoding: chunked\r\n')];
  for (let at = 0; at < body.length; at += chunk) {
    const part = body.subarray(at, at + chunk);
    parts.push(Buffer.from(`${part.length.toString(16)}\r\n`), part, Buffer.from('\r\n'));
  }
  return Buffer.concat([...parts, Buffer.from('0\r\n\r\n')]);
}

const ending = fc.constantFrom<Script['ending']>('closes', 'breaks', 'stays');
const cuts = fc.array(fc.nat({ max: 1000 }), { maxLength: 6 });

describe('an http check', () => {
  test('reads the same body in every framing and however it is cut', async () => {
    const text = fc.string({ unit: fc.constantFrom('o', 'k', ' ', 'ä', '€'), maxLength: 40 });
    const framing = fc.constantFrom('length', 'chunked', 'close');
    await fc.assert(
      fc.asyncProperty(text, framing, fc.integer({ min: 1, max: 9 }), cuts, async (body, how, chunk, places) => {
        const bytes = framed(new TextEncoder().encode(body), how, chunk);
        const script: Script = { chunks: cut(bytes, places), ending: 'closes' };
        const { result } = await probing(httpCheck, OPTIONS, script);
        const looked = new TextDecoder().decode(new TextEncoder().encode(body).subarray(0, OPTIONS.max_body));
        expect(result).toMatchObject({ status: 200, passed: looked.includes('ok') });
      }),
    );
  });

  test('comes to a result for any bytes', async () => {
    const noise = fc.uint8Array({ maxLength: 200 });
    const parts = fc.constantFrom(
      'HTTP/1.1 200 OK\r\n',
      'Content-Length: 5\r\n',
      '\r\n',
      'Transfer-Encoding: chunked\r\n',
      '5\r\n',
    );
    const nearly = fc.array(
      fc.oneof(
        parts.map((part) => Buffer.from(part)),
        fc.uint8Array({ maxLength: 5 }),
      ),
      { maxLength: 12 },
    );
    const bytes = fc.oneof(
      noise,
      nearly.map((list) => new Uint8Array(Buffer.concat(list))),
    );
    await fc.assert(
      fc.asyncProperty(bytes, cuts, ending, async (sent, places, end) => {
        const { result } = await probing(httpCheck, OPTIONS, { chunks: cut(sent, places), ending: end });
        expect(result.detail).not.toBe('');
        expect(typeof result.passed).toBe('boolean');
      }),
      { numRuns: 500 },
    );
  });
});
