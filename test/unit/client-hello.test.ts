// What a TLS client says first, as bytes.
import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { ClientHelloReader, type HelloVerdict } from '../../src/listen/tls/client-hello.ts';
import { extension, hello, protocols, records, serverName, three } from '../support/client-hello.ts';

/** The first verdict on bytes that come in pieces. */
function read(bytes: Uint8Array, ends: readonly number[] = []): HelloVerdict {
  const reader = new ClientHelloReader();
  let verdict: HelloVerdict = 'more';
  let start = 0;
  for (const end of [...ends, bytes.length]) {
    if (verdict !== 'more') break;
    verdict = reader.feed(bytes.slice(start, end));
    start = end;
    if (verdict !== 'more') expect(reader.bytes).toEqual(bytes.slice(0, end));
  }
  return verdict;
}

const FULL = hello([extension(10, [0, 2, 0, 29]), serverName('Shop.Example.COM.'), protocols(['h2', 'http/1.1'])]);
const FOUND = { serverName: 'shop.example.com', protocols: ['h2', 'http/1.1'] };

describe('the beginning of a handshake', () => {
  test('names a host and protocols, or neither', () => {
    expect(read(records(FULL))).toEqual(FOUND);
    expect(read(records(hello([])))).toEqual({ serverName: null, protocols: [] });
    expect(read(records(hello([protocols(['acme-tls/1'])], 0)))).toEqual({
      serverName: null,
      protocols: ['acme-tls/1'],
    });
  });

  test('may come in any pieces and any records', () => {
    const cuts = fc.array(fc.nat({ max: 400 })).map((all) => all.toSorted((one, other) => one - other));
    fc.assert(
      fc.property(cuts, fc.integer({ min: 2, max: 300 }), (ends, size) => {
        const bytes = records(FULL, size);
        expect(
          read(
            bytes,
            ends.filter((end) => end < bytes.length),
          ),
        ).toEqual(FOUND);
      }),
    );
  });

  test('byte by byte is judged with its last byte, not before', () => {
    const bytes = records(FULL);
    const reader = new ClientHelloReader();
    const verdicts = Array.from(bytes, (byte) => reader.feed(Uint8Array.of(byte)));
    expect(verdicts.slice(0, -1).every((verdict) => verdict === 'more')).toBe(true);
    expect(verdicts.at(-1)).toEqual(FOUND);
  });

  test('with anything in it is read to an end or refused, and never throws', () => {
    const bent = fc.tuple(fc.nat({ max: FULL.length + 4 }), fc.nat({ max: 255 }));
    fc.assert(
      fc.property(fc.array(bent, { maxLength: 5 }), (changes) => {
        const bytes = records(FULL);
        for (const [at, value] of changes) bytes[at] = value;
        read(bytes);
      }),
    );
  });

  test('that is a request without TLS is known by its first byte; what is neither is refused', () => {
    expect(read(Uint8Array.of(0x47))).toBe('plain');
    for (const bytes of [
      [0],
      [0x80, 0x2e],
      [22, 2, 0, 0, 5],
      [22, 3, 1, 0, 0],
      [22, 3, 1, 0x40, 1],
      [22, 3, 1, 0, 4, 2, 0, 0, 0],
    ])
      expect(read(Uint8Array.from(bytes))).toBe('refused');
  });

  test('has a largest size: more is left to the runtime to refuse, or refused', () => {
    const large = [1, ...three(0x4000), ...Array.from({ length: 20 }, () => 0)];
    expect(read(records(large))).toEqual({ serverName: null, protocols: [] });
  });

  test('in too many records is refused before they are all there', () => {
    const message = [1, ...three(1000), ...Array.from({ length: 1000 }, () => 0)];
    expect(read(records(message, 1), [6 * 128])).toBe('refused');
    expect(read(records(message, 8))).toEqual({ serverName: null, protocols: [] });
  });
});
