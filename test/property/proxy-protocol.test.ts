import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { parseAddress } from '../../src/core/cidr.ts';
import { ProxyHeaderParser } from '../../src/http1/proxy-protocol.ts';
import { join } from '../../src/message/bytes.ts';
import { wire } from '../support/heads.ts';
import { endpoints, v2 } from '../support/proxy-headers.ts';

type Outcome = { address: string | null; rest: number[] } | 'more' | 'refused';

function read(pieces: readonly Uint8Array[]): Outcome {
  const parser = new ProxyHeaderParser();
  for (const [at, piece] of pieces.entries()) {
    const result = parser.feed(piece);
    if (result === 'refused') return result;
    if (result === 'more') continue;
    return { address: result.address, rest: [result.rest, ...pieces.slice(at + 1)].flatMap((bytes) => [...bytes]) };
  }
  return 'more';
}

function cut(bytes: Uint8Array, at: readonly number[]): Uint8Array[] {
  const edges = [...new Set([0, ...at.map((place) => place % (bytes.length + 1)), bytes.length])].toSorted(
    (a, b) => a - b,
  );
  return edges.slice(1).map((end, index) => bytes.slice(edges[index], end));
}

const cuts = fc.array(fc.nat(), { maxLength: 12 });
const ipv4 = fc.array(fc.nat(255), { minLength: 4, maxLength: 4 });
const ipv6 = fc
  .array(fc.oneof(fc.constant(0), fc.nat(0xffff)), { minLength: 8, maxLength: 8 })
  .map((groups) => groups.flatMap((group) => [group >> 8, group & 255]));
const extensions = fc.array(fc.nat(255), { maxLength: 60 });

const header: fc.Arbitrary<Uint8Array> = fc.oneof(
  fc.tuple(ipv4, ipv4, extensions).map(([from, to, more]) => v2(0x21, 0x11, [...endpoints(from, to), ...more])),
  fc.tuple(ipv6, ipv6, extensions).map(([from, to, more]) => v2(0x21, 0x21, [...endpoints(from, to), ...more])),
  fc.tuple(fc.nat(255), extensions).map(([family, more]) => v2(0x20, family, more)),
  fc
    .tuple(fc.ipV4(), fc.ipV4(), fc.nat(65_535), fc.nat(65_535))
    .map((parts) => wire(`PROXY TCP4 ${parts.join(' ')}\r\n`)),
  fc
    .tuple(fc.ipV6(), fc.ipV6(), fc.nat(65_535), fc.nat(65_535))
    .map((parts) => wire(`PROXY TCP6 ${parts.join(' ')}\r\n`)),
  fc.string({ unit: 'binary-ascii', maxLength: 110 }).map((text) => wire(`PROXY UNKNOWN ${text}\r\n`)),
);

/** A header, as it is, with one byte changed, or with its end missing, and what follows. */
const stream = fc
  .record({
    bytes: header,
    change: fc.option(fc.record({ at: fc.nat(), to: fc.nat(255) }), { freq: 2 }),
    keep: fc.option(fc.nat(), { freq: 3 }),
    rest: fc.uint8Array({ maxLength: 20 }),
  })
  .map(({ bytes, change, keep, rest }) => {
    if (change !== null) bytes[change.at % bytes.length] = change.to;
    return keep === null ? join(bytes, rest) : bytes.slice(0, keep % bytes.length);
  });

describe('a PROXY header that arrives in pieces', () => {
  test('means what it means as a whole', () => {
    fc.assert(
      fc.property(stream, cuts, (bytes, at) => {
        expect(read(cut(bytes, at))).toEqual(read([bytes]));
      }),
      { numRuns: 1000 },
    );
  });

  test('means the same byte by byte', () => {
    fc.assert(
      fc.property(stream, (bytes) => {
        expect(read(Array.from(bytes, (byte) => Uint8Array.of(byte)))).toEqual(read([bytes]));
      }),
    );
  });
});

test('an address is written so that it is read as the same address', () => {
  fc.assert(
    fc.property(ipv6, (bytes) => {
      const result = read([v2(0x21, 0x21, endpoints(bytes))]);
      const address = typeof result === 'string' ? null : result.address;
      expect([...(parseAddress(address ?? '') ?? [])]).toEqual(bytes);
    }),
  );
});

test('whatever follows a signature, an address is an address and the rest is the rest', () => {
  const signature = fc.constantFrom(
    v2(0x21, 0x11, []).slice(0, 12),
    v2(0x21, 0x11, []).slice(0, 14),
    wire('PROXY TCP4 '),
  );
  fc.assert(
    fc.property(signature, fc.uint8Array({ maxLength: 300 }), (start, bytes) => {
      const result = read([join(start, bytes)]);
      if (typeof result === 'string') return;
      expect(parseAddress(result.address ?? '::')).not.toBeNull();
      expect(result.rest).toEqual([...join(start, bytes)].slice(start.length + bytes.length - result.rest.length));
    }),
  );
});
