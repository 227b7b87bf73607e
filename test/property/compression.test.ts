import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { CODINGS, type Coding, chooseCoding } from '../../src/policies/compression/accept-encoding.ts';
import { requestHead } from '../support/heads.ts';
import { CompressedBody, compression, turns } from '../support/compression.ts';

function noise(seed: number, size: number): Uint8Array {
  let state = seed;
  return Uint8Array.from({ length: size }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state >>> 24;
  });
}

const part = fc.oneof(
  fc.uint8Array({ maxLength: 300 }),
  fc.record({ byte: fc.nat(255), size: fc.nat(40_000) }).map(({ byte, size }) => new Uint8Array(size).fill(byte)),
  // What no coding makes smaller.
  fc.record({ seed: fc.nat(), size: fc.nat(150_000) }).map(({ seed, size }) => noise(seed, size)),
);
const bodyBytes = fc.array(part, { maxLength: 6 }).map((parts) => new Uint8Array(Buffer.concat(parts)));
// Where it is cut, and how many turns of the event loop pass there.
const cuts = fc.array(fc.record({ at: fc.nat(400_000), pause: fc.nat(3) }), { maxLength: 8 });

describe('a compressed body', () => {
  test('is the same after decompression, whatever it is and however it comes', async () => {
    const options = fc.record({
      coding: fc.constantFrom(...CODINGS),
      level: fc.integer({ min: 1, max: 9 }),
      isEventStream: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(
        bodyBytes,
        cuts,
        fc.boolean(),
        options,
        fc.boolean(),
        async (body, places, isKnown, how, isSlow) => {
          const sent = body.slice();
          const client = new CompressedBody(compression({ ...how, length: isKnown ? body.length : 0 }));
          client.takesAll = !isSlow;
          let at = 0;
          for (const { at: place, pause } of places.toSorted((a, b) => a.at - b.at)) {
            const end = Math.max(at, place % (sent.length + 1));
            client.compressor.write(sent, at, end);
            at = end;
            await turns(pause);
            client.compressor.resume();
          }
          client.compressor.write(sent, at, sent.length);
          client.compressor.end();
          while (client.done === 0 && client.failures.length === 0) {
            client.compressor.resume();
            await turns(1);
          }
          expect(client.failures).toEqual([]);
          expect(Buffer.compare(client.body(), body)).toBe(0);
        },
      ),
      { numRuns: 150 },
    );
  });
});

function chosenFor(values: readonly string[]): Coding | null {
  const fields = values.map((value) => `Accept-Encoding: ${value}\r\n`).join('');
  return chooseCoding(requestHead(`GET / HTTP/1.1\r\nHost: a\r\n${fields}\r\n`));
}

describe('the choice of a coding', () => {
  const weight = fc.option(fc.constantFrom(0, 0.001, 0.1, 0.5, 0.999, 1), { nil: null });
  const name = fc.constantFrom(...CODINGS, 'identity', '*', 'compress');
  const entries = fc.uniqueArray(fc.record({ name, weight }), { selector: (entry) => entry.name, maxLength: 7 });

  // Straight from RFC 9110 12.5.3: everything acceptable, sorted; our order and then identity break ties.
  function twin(listed: readonly { readonly name: string; readonly weight: number | null }[]): Coding | null {
    const weightOf = (coding: string) => listed.find((entry) => entry.name === coding);
    const candidates = [...CODINGS, null].map((coding) => {
      const entry = weightOf(coding ?? 'identity') ?? (coding === null ? undefined : weightOf('*'));
      return { coding, weight: entry === undefined ? 0 : (entry.weight ?? 1) };
    });
    const acceptable = candidates.filter(({ coding, weight: q }) => coding === null || q > 0);
    return acceptable.toSorted((a, b) => b.weight - a.weight)[0].coding;
  }

  test('is that of an obvious twin', () => {
    fc.assert(
      fc.property(entries, fc.constantFrom(',', ', ', ' ,\t'), (listed, comma) => {
        const header = listed.map((entry) => entry.name + (entry.weight === null ? '' : `;q=${entry.weight}`));
        expect(chosenFor([header.join(comma)])).toBe(twin(listed));
        expect(chosenFor(header)).toBe(twin(listed)); // a field for each
      }),
      { numRuns: 2000 },
    );
  });

  test('is made for any text at all, and never falls on what is not named', () => {
    const pieces = fc.constantFrom('gzip', 'br', '*', ';', 'q', '=', '0', '1', '.', ',', ' ', '"', 'x');
    const text = fc.oneof(
      fc.string(),
      fc.array(pieces).map((list) => list.join('')),
    );
    fc.assert(
      fc.property(text, (header) => {
        const coding = chosenFor([header]);
        if (coding !== null) expect(header.includes('*') || header.toLowerCase().includes(coding)).toBe(true);
      }),
    );
  });
});
