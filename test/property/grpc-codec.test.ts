import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { decodeHealthResponse, encodeHealthRequest } from '../../src/probing/grpc-codec.ts';

// A message in the terms of the format's own description (https://protobuf.dev/programming-guides/encoding/), written
// for this test.
type Field = { readonly field: number; readonly value: Value };
type Value =
  | { readonly type: 'varint'; readonly value: bigint; readonly padding: number }
  | { readonly type: 'fixed64' | 'fixed32' | 'bytes'; readonly bytes: Uint8Array };

const WIRE_TYPES = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const;

/** `padding`: zeros that make it longer than need be, which is allowed. */
function varint(value: bigint, padding = 0): number[] {
  const groups: number[] = [];
  for (let rest = value; rest > 0n; rest >>= 7n) groups.push(Number(rest & 127n));
  while (groups.length < Math.min(10, Math.max(1, groups.length) + padding)) groups.push(0);
  return groups.map((group, at) => (at < groups.length - 1 ? group + 128 : group));
}

function encode({ field, value }: Field): number[] {
  const tag = varint(BigInt(field * 8 + WIRE_TYPES[value.type]));
  switch (value.type) {
    case 'varint':
      return [...tag, ...varint(value.value, value.padding)];
    case 'bytes':
      return [...tag, ...varint(BigInt(value.bytes.length)), ...value.bytes];
    case 'fixed32':
    case 'fixed64':
      return [...tag, ...value.bytes];
  }
}

function framed(message: readonly number[]): Uint8Array {
  const bytes = Uint8Array.of(0, 0, 0, 0, 0, ...message);
  new DataView(bytes.buffer).setUint32(1, message.length);
  return bytes;
}

const value: fc.Arbitrary<Value> = fc.oneof(
  fc.record({
    type: fc.constant('varint' as const),
    value: fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }),
    padding: fc.nat({ max: 3 }),
  }),
  fc.record({ type: fc.constant('fixed64' as const), bytes: fc.uint8Array({ minLength: 8, maxLength: 8 }) }),
  fc.record({ type: fc.constant('fixed32' as const), bytes: fc.uint8Array({ minLength: 4, maxLength: 4 }) }),
  fc.record({ type: fc.constant('bytes' as const), bytes: fc.uint8Array({ maxLength: 300 }) }),
);
const field = fc.record({ field: fc.oneof(fc.constant(1), fc.integer({ min: 1, max: (1 << 29) - 1 })), value });

describe('a HealthCheckResponse', () => {
  test('has the last status that it names, whatever else is in it', () => {
    fc.assert(
      fc.property(fc.array(field, { maxLength: 6 }), (fields) => {
        const named = fields.flatMap((one) =>
          one.field === 1 && one.value.type === 'varint' ? [one.value.value] : [],
        );
        const expected = Number(BigInt.asIntN(32, named.at(-1) ?? 0n));
        expect(decodeHealthResponse(framed(fields.flatMap(encode)))).toBe(expected);
      }),
    );
  });

  test('that is cut anywhere is none', () => {
    fc.assert(
      fc.property(fc.array(field, { maxLength: 4 }), fc.nat(), (fields, at) => {
        const whole = framed(fields.flatMap(encode));
        expect(decodeHealthResponse(whole.subarray(0, at % whole.length))).toBeNull();
      }),
    );
  });

  test('that ends in the middle of a field is none', () => {
    fc.assert(
      fc.property(fc.array(field, { maxLength: 3 }), field, fc.nat(), (fields, last, at) => {
        const cut = encode(last);
        const message = [...fields.flatMap(encode), ...cut.slice(0, 1 + (at % Math.max(1, cut.length - 1)))];
        fc.pre(cut.length > 1 && (at % (cut.length - 1)) + 1 < cut.length);
        expect(decodeHealthResponse(framed(message))).toBeNull();
      }),
    );
  });

  test('is never mistaken for another where it is noise', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        const status = decodeHealthResponse(framed([...bytes]));
        expect(status === null || Number.isInteger(status)).toBe(true);
      }),
    );
  });

  test.each([
    ['compressed', [1, 0, 0, 0, 2, 8, 1]],
    ['two', [0, 0, 0, 0, 2, 8, 1, 0, 0, 0, 0, 2, 8, 1]],
    ['nothing', []],
    ['of a field 0', [0, 0, 0, 0, 2, 0, 1]],
    ['of a group', [0, 0, 0, 0, 2, 0x13, 0x14]],
    ['endless', [0, 0, 0, 0, 12, 8, ...Array<number>(11).fill(0x80)]],
  ])('is none if it is %s', (_, bytes) => {
    expect(decodeHealthResponse(Uint8Array.from(bytes))).toBeNull();
  });

  test('may stand anywhere in a larger buffer', () => {
    const buffer = Uint8Array.of(9, 9, 9, 0, 0, 0, 0, 2, 8, 1, 9);
    expect(decodeHealthResponse(buffer.subarray(3, 10))).toBe(1);
  });
});

describe('a HealthCheckRequest', () => {
  test('has the name of its service, and nothing for none', () => {
    expect(encodeHealthRequest('')).toEqual(framed([]));
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 256 }), (service) => {
        const bytes = new TextEncoder().encode(service);
        expect(encodeHealthRequest(service)).toEqual(framed(encode({ field: 1, value: { type: 'bytes', bytes } })));
      }),
    );
  });
});
