import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { AddressVerdicts, whyNoRange } from '../../src/core/address-verdicts.ts';
import { readAddress } from '../../src/core/address-words.ts';
import { type AddressRange, parseAddress, parseRange } from '../../src/core/cidr.ts';

// Few numbers, so that ranges hold one another.
const byte = fc.constantFrom(0, 1, 10, 127, 128, 255);
const ipv4 = fc.tuple(byte, byte, byte, byte).map((bytes) => bytes.join('.'));
const group = fc.constantFrom('0', '1', 'db8', '2001', '8000', 'ffff', 'FFFF', '00ff');
const ipv6 = fc.oneof(
  fc.array(group, { minLength: 8, maxLength: 8 }).map((groups) => groups.join(':')),
  fc
    .tuple(fc.array(group, { maxLength: 3 }), fc.array(group, { maxLength: 3 }))
    .map((ends) => ends.map((groups) => groups.join(':')).join('::')),
  ipv4.map((address) => `::ffff:${address}`),
);
const address = fc.oneof(ipv4, ipv6);
const range = fc
  .tuple(address, fc.integer({ min: 0, max: 128 }))
  .map(([text, length]) => `${text}/${length}`)
  .filter((text) => parseRange(text) !== null);
const nearlyAddress = fc.oneof(
  address,
  fc
    .array(fc.constantFrom('1', '255', '256', '01', 'f', '10000', ':', '::', '.', '', ' '), { maxLength: 18 })
    .map((parts) => parts.join('')),
);

type Twin = { readonly range: AddressRange; readonly isAllowed: boolean };

// As the words say it: the longest range that holds it, and of two equal ones the one that keeps out.
function naive(all: readonly Twin[], wanted: Uint8Array, isUsual: boolean): boolean {
  const holding = all.filter(({ range: { bytes, bits } }) => {
    const isOneWorld = isMapped(wanted) === (isMapped(bytes) && bits >= 96);
    return isOneWorld && Array.from({ length: bits }, (_, at) => bitOf(bytes, at) === bitOf(wanted, at)).every(Boolean);
  });
  const [best] = holding.toSorted(
    (one, other) => other.range.bits - one.range.bits || Number(one.isAllowed) - Number(other.isAllowed),
  );
  return best?.isAllowed ?? isUsual;
}

function bitOf(bytes: Uint8Array, at: number): number {
  return ((bytes[at >> 3] ?? 0) >> (7 - (at & 7))) & 1;
}

function isMapped(bytes: Uint8Array): boolean {
  return bytes.subarray(0, 10).every((one) => one === 0) && bytes[10] === 255 && bytes[11] === 255;
}

describe('addresses', () => {
  test('are read as the slow reader reads them', () => {
    fc.assert(
      fc.property(nearlyAddress, (text) => {
        const words = new Uint32Array(4);
        const isRead = readAddress(text, 0, text.length, words);
        const bytes = parseAddress(text);
        const twin = bytes === null ? null : [0, 4, 8, 12].map((at) => new DataView(bytes.buffer).getUint32(at));
        expect(isRead ? [...words] : null).toEqual(twin);
      }),
      { numRuns: 3000 },
    );
  });

  test('are let in as the longest range says that holds them', () => {
    fc.assert(
      fc.property(
        fc.array(range),
        fc.array(range),
        fc.boolean(),
        fc.array(address),
        (allowed, denied, isUsual, more) => {
          const verdicts = new AddressVerdicts(allowed, denied, isUsual);
          const twins = [allowed, denied].flatMap((list, at) =>
            list.flatMap((text): readonly Twin[] => {
              const read = parseRange(text);
              return read === null ? [] : [{ range: read, isAllowed: at === 0 }];
            }),
          );
          for (const text of [...more, ...[...allowed, ...denied].map((one) => one.replace(/\/.*/, ''))]) {
            const bytes = parseAddress(text);
            expect([text, verdicts.letsIn(text)]).toEqual([text, bytes === null ? null : naive(twins, bytes, isUsual)]);
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  test('are ranges where the other reader takes them', () => {
    fc.assert(
      fc.property(
        nearlyAddress,
        fc.constantFrom('', '/0', '/8', '/32', '/33', '/128', '/129', '/-1', '/', '/1/2'),
        (text, end) => {
          expect(whyNoRange(text + end) === null).toBe(parseRange(text + end) !== null);
        },
      ),
      { numRuns: 3000 },
    );
  });
});
