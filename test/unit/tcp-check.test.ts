import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { parseEscapedBytes } from '../../src/probing/escaped-bytes.ts';
import { tcpCheck } from '../../src/probing/tcp-check.ts';
import { type Script, probing } from '../support/probing.ts';

const silent: Script = { chunks: [], ending: 'stays' };

async function result(options: Readonly<Record<string, unknown>>, script: Script) {
  return (await probing(tcpCheck, options, script)).result;
}

describe('a tcp check', () => {
  test('is content with a connection', async () => {
    const { result: found, sent, address } = await probing(tcpCheck, {}, silent);
    expect(found).toEqual({ passed: true, detail: 'connected', status: null, excerpt: null, advice: null });
    expect(sent).toBe('');
    expect(address).toEqual({ hostname: '10.0.0.1', port: 3000, tls: null });
  });

  test('sends what it is told to, and then wants an answer, whatever it is', async () => {
    const { result: found, sent } = await probing(tcpCheck, { send: 'PING\\r\\n' }, { chunks: ['x'], ending: 'stays' });
    expect([sent, found.passed, found.excerpt]).toEqual(['PING\r\n', true, 'x']);
    expect(await result({ send: 'x' }, silent)).toMatchObject({ passed: false, detail: 'timed out' });
    expect(await result({ send: 'x' }, { chunks: [], ending: 'closes' })).toMatchObject({
      passed: false,
      detail: 'closed without an answer',
    });
  });

  test('finds what it expects wherever the answer is cut', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat({ max: 12 }), { maxLength: 4 }), async (cuts) => {
        const answer = 'ready\r\n+PONG\r\n';
        const places = [0, ...cuts.toSorted((a, b) => a - b), answer.length];
        const chunks = places.slice(1).map((end, at) => answer.slice(places[at], end));
        expect(await result({ expect: '\\x2bPONG\\r\\n' }, { chunks, ending: 'stays' })).toMatchObject({
          passed: true,
          detail: 'answered as expected',
        });
      }),
    );
  });

  test('says what came instead', async () => {
    expect(await result({ expect: 'PONG' }, { chunks: ['-ERR no\r\n'], ending: 'closes' })).toMatchObject({
      passed: false,
      detail: 'the answer is not as expected; closed without an answer',
      excerpt: '-ERR no',
    });
  });

  test('does not listen for ever', async () => {
    const chunk = 'x'.repeat(10_000);
    const chunks = Array.from({ length: 7 }, () => chunk);
    expect(await result({ expect: 'PONG' }, { chunks: [...chunks, 'PONG'], ending: 'stays' })).toMatchObject({
      passed: false,
      detail: 'the answer is not as expected',
    });
  });
});

describe('bytes with escapes', () => {
  test('stand for what they say', () => {
    expect([...(parseEscapedBytes('a\\r\\n\\t\\0\\\\\\x00\\xfFä') ?? [])]).toEqual([
      97, 13, 10, 9, 0, 92, 0, 255, 0xc3, 0xa4,
    ]);
  });

  test.each(['\\', 'a\\', '\\q', '\\x1', '\\xgg', '\\\\\\'])('are not %p', (text) => {
    expect(parseEscapedBytes(text)).toBeNull();
  });

  test('can be any', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        const text = Array.from(bytes, (byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('');
        expect(parseEscapedBytes(text)).toEqual(bytes);
      }),
    );
  });
});
