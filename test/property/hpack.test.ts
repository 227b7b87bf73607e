// HPACK against an obvious twin: blocks of the twin decoded, blocks of the encoder read by the twin.
import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { HpackDecoder } from '../../src/http2/hpack-decode.ts';
import { HpackEncoder, blockBound } from '../../src/http2/hpack-encode.ts';
import { latin1 } from '../../src/message/bytes.ts';
import { type Field, type Form, TwinTable, twinDecode, twinEncode, twinInteger } from '../support/hpack-twin.ts';
import { frameBytes, readFrames } from '../support/http2.ts';

// Few names and values, so that tables are used; some long ones, so that they overflow.
const name = fc.oneof(
  fc.constantFrom('server', 'date', 'etag', 'cookie', 'x-real-ip', 'x-forwarded-proto', 'content-type', 'a', ':path'),
  fc.stringMatching(/^[a-z][a-z0-9-]{0,30}$/),
);
const value = fc.oneof(
  fc.constantFrom('', 'gzip', '/', 'text/html', 'nginx'),
  fc.string({ maxLength: 20, unit: fc.integer({ min: 32, max: 126 }).map((c) => String.fromCharCode(c)) }),
  fc.integer({ min: 100, max: 3000 }).map((size) => 'v'.repeat(size)),
);
const field = fc.tuple(name, value);
const form = fc.constantFrom<Form>('kept', 'plain', 'never');
const block = fc.record({
  limit: fc.option(fc.constantFrom(0, 64, 300, 4096), { freq: 5 }),
  fields: fc.array(fc.tuple(field, form), { maxLength: 8 }),
});

test('what the twin encodes is decoded', () => {
  fc.assert(
    fc.property(fc.array(block, { minLength: 1, maxLength: 8 }), (blocks) => {
      const table = new TwinTable();
      const decoder = new HpackDecoder();
      for (const { limit, fields } of blocks) {
        if (limit !== null) table.resize(limit);
        const update = limit === null ? [] : twinInteger(0x20, 0x1f, limit);
        const bytes = Uint8Array.from([...update, ...fields.flatMap(([one, how]) => twinEncode(table, one, how))]);
        const seen: Field[] = [];
        const add = (line: Uint8Array, nameLength: number, size: number): void => {
          seen.push([latin1(line, 0, nameLength), latin1(line, nameLength + 2, size - 2)]);
        };
        expect(decoder.decode(bytes, 0, bytes.length, { add })).toBe(true);
        expect(seen).toEqual(fields.map(([one]) => one));
      }
    }),
    { numRuns: 300 },
  );
});

test('what the encoder writes, the twin reads, whatever becomes of the table', () => {
  const plain = fc.tuple(
    name.filter((key) => !key.startsWith(':')),
    value,
  );
  const head = fc.record({
    limit: fc.option(fc.constantFrom(0, 64, 300, 4096), { freq: 8 }),
    fields: fc.array(plain, { maxLength: 8 }),
  });
  fc.assert(
    fc.property(fc.array(head, { minLength: 1, maxLength: 12 }), (heads) => {
      const table = new TwinTable();
      const encoder = new HpackEncoder();
      for (const { limit, fields } of heads) {
        if (limit !== null) encoder.setLimit(limit);
        const text = fields.map((one) => `${one[0].toUpperCase()}: ${one[1]}\r\n`).join('');
        const lines = Uint8Array.from(text, (c) => c.charCodeAt(0));
        const out = new Uint8Array(blockBound(lines.length));
        encoder.begin(out, 0);
        encoder.lines(lines, 0, lines.length);
        const end = encoder.end();
        expect(end).toBeLessThanOrEqual(out.length);
        expect(twinDecode(table, out.subarray(0, end)).map(([key, content]) => [key, content])).toEqual(fields);
      }
    }),
    { numRuns: 300 },
  );
});

test('bytes that nobody encoded end in a decision, and within bounds', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      let size = 0;
      const add = (_line: Uint8Array, _name: number, length: number): void => {
        size += length;
      };
      new HpackDecoder().decode(bytes, 0, bytes.length, { add });
      expect(size).toBeLessThan(200 * 4200);
    }),
    { numRuns: 500 },
  );
});

test('frames are the same, however they are cut', () => {
  const frame = fc.record({
    type: fc.nat(10),
    flags: fc.nat(255),
    stream: fc.nat(9),
    payload: fc.uint8Array({ maxLength: 40 }),
  });
  const together = (chunks: readonly Uint8Array[]): unknown => {
    const merged: { key: string; payload: number[]; isLast: boolean }[] = [];
    for (const { type, flags, stream, payload, isLast } of readFrames(chunks).frames) {
      const before = merged.at(-1);
      if (before?.isLast === false) {
        before.payload.push(...payload);
        before.isLast = isLast;
      } else merged.push({ key: `${type} ${flags} ${stream}`, payload: [...payload], isLast });
    }
    return merged;
  };
  fc.assert(
    fc.property(fc.array(frame, { maxLength: 6 }), fc.array(fc.nat(300), { maxLength: 8 }), (frames, cuts) => {
      const bytes = Uint8Array.from(
        frames.flatMap(({ type, flags, stream, payload }) => [...frameBytes(type, flags, stream, payload)]),
      );
      const edges = [...new Set([...cuts.filter((cut) => cut < bytes.length), bytes.length])].toSorted((a, b) => a - b);
      const pieces = edges.map((edge, n) => bytes.subarray(edges[n - 1] ?? 0, edge));
      const whole = together([bytes]);
      expect(together(pieces)).toEqual(whole);
      expect(together(Array.from(bytes, (_, at) => bytes.subarray(at, at + 1)))).toEqual(whole);
    }),
    { numRuns: 200 },
  );
});
