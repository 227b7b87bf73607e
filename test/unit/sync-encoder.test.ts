import { describe, expect, test } from 'bun:test';
import { createGzip } from 'node:zlib';
import { CODINGS } from '../../src/policies/compression/accept-encoding.ts';
import { createEncoder } from '../../src/policies/compression/encoders.ts';
import { SyncEncoder } from '../../src/policies/compression/sync-encoder.ts';
import { decompress } from '../support/compression.ts';
import { wire } from '../support/heads.ts';

const TEXT = wire('{"a":"lorem ipsum dolor sit amet"},'.repeat(3000));
const NOTHING = new Uint8Array(0);

describe('an encoder', () => {
  test.each(CODINGS.map((coding) => [coding]))('has compressed when the call returns: %s', (coding) => {
    const encoder = createEncoder(coding, 5, 0);
    const parts = [
      encoder.encode(TEXT.subarray(0, 40_000), 'on'),
      encoder.encode(TEXT.subarray(40_000), 'flush'),
      encoder.encode(NOTHING, 'finish'),
    ];
    encoder.close();
    expect(parts[1].length).toBeGreaterThan(0);
    expect(Buffer.compare(decompress(coding, Buffer.concat(parts)), TEXT)).toBe(0);
  });

  test.each(CODINGS.map((coding) => [coding]))('gives out more than it has room for at a time: %s', (coding) => {
    const noise = Buffer.concat(Array.from({ length: 12 }, () => crypto.getRandomValues(new Uint8Array(65_536))));
    const encoder = createEncoder(coding, 5, noise.length);
    const packed = encoder.encode(noise, 'finish');
    encoder.close();
    expect(packed.length).toBeGreaterThan(700_000);
    expect(Buffer.compare(decompress(coding, packed), noise)).toBe(0);
  });

  test.each([['gzip'], ['deflate']] as const)('can be used for one body after the other: %s', (coding) => {
    const encoder = createEncoder(coding, 5, 0);
    const first = encoder.encode(TEXT, 'finish');
    encoder.reset();
    expect(Buffer.compare(encoder.encode(TEXT, 'finish'), first)).toBe(0);
    encoder.close();
  });

  test('keeps what it has given out as it was', () => {
    const encoder = createEncoder('gzip', 5, 0);
    const packed = encoder.encode(TEXT, 'finish');
    const before = Buffer.from(packed);
    encoder.reset();
    encoder.encode(TEXT.subarray(7), 'finish');
    encoder.close();
    expect(Buffer.compare(packed, before)).toBe(0);
  });

  test('that is closed says so', () => {
    const encoder = createEncoder('gzip', 5, 0);
    encoder.close();
    expect(() => encoder.encode(TEXT, 'finish')).toThrow('the encoder is closed');
  });

  test('is refused where the runtime cannot compress within a call', () => {
    const stream = Object.assign(createGzip(), { _handle: {} });
    expect(() => new SyncEncoder(stream, { on: 0, flush: 2, finish: 4 })).toThrow('no zlib that compresses');
  });
});
