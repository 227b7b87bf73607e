import { describe, expect, test } from 'bun:test';
import { createGunzip } from 'node:zlib';
import { CODINGS } from '../../src/policies/compression/accept-encoding.ts';
import { CompressedBody, compression, slowTurns, turns } from '../support/compression.ts';
import { wire } from '../support/heads.ts';
import { until, untilItRests } from '../support/until.ts';

const TEXT = wire('{"a":"lorem ipsum dolor sit amet"},'.repeat(8000));

/** Bytes that no coding makes smaller. */
function noise(size: number): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(Math.min(size, 65_536))).slice(0, size);
}

describe('a compressed body', () => {
  test.each(CODINGS.map((coding) => [coding]))('is the same after decompression: %s', async (coding) => {
    for (const level of [1, 5, 9]) {
      const client = new CompressedBody(compression({ coding, level, length: TEXT.length }));
      client.compressor.write(TEXT, 0, 100);
      client.compressor.write(TEXT, 100, TEXT.length);
      client.compressor.end();
      await client.ended();
      expect(Buffer.compare(client.body(), TEXT)).toBe(0);
      expect(client.size).toBeLessThan(TEXT.length / 10);
      expect(client).toMatchObject({ done: 1, failures: [] });
    }
  });

  test.each(CODINGS.map((coding) => [coding]))('may be empty: %s', async (coding) => {
    const client = new CompressedBody(compression({ coding }));
    client.compressor.end();
    await client.ended();
    expect(client.body()).toHaveLength(0);
  });

  test.each([
    ['gzip', true],
    ['gzip', false],
  ] as const)('flows while its backend pauses: %s, event stream %p', async (coding, isEventStream) => {
    const client = new CompressedBody(compression({ coding, isEventStream }));
    const decoder = createGunzip();
    let read = '';
    decoder.on('data', (bytes: Buffer) => {
      read += bytes.toString();
    });
    for (const event of ['data: 1\n\n', 'data: 2\n\n', 'data: 3\n\n']) {
      const before = read;
      client.compressor.write(wire(event), 0, event.length);
      await until(() => {
        for (const slice of client.slices.splice(0)) decoder.write(slice);
        return read === before + event;
      }, `${event} has come through`);
    }
    client.compressor.destroy();
  });

  test.each([['br'], ['zstd'], ['deflate']] as const)('leaves at once what came before a pause: %s', async (coding) => {
    const client = new CompressedBody(compression({ coding }));
    client.compressor.write(wire('data: 1\n\n'), 0, 9);
    await until(() => client.size > 9, 'the event has been flushed');
    client.compressor.end();
    await client.ended();
    expect(Buffer.from(client.body()).toString()).toBe('data: 1\n\n');
  });

  test('asks its backend to rest, and to go on', async () => {
    const client = new CompressedBody(compression({}));
    const slice = noise(40_000);
    expect(client.compressor.write(slice, 0, slice.length)).toBe(true);
    expect(client.compressor.write(slice, 0, slice.length)).toBe(false);
    await until(() => client.drained === 1, 'there is room again');
    expect(client.compressor.write(slice, 0, slice.length)).toBe(true);
    client.compressor.end();
    await client.ended();
    expect(client.body()).toHaveLength(120_000);
    expect(client.drained).toBe(1);
  });

  test('waits for a client that takes no more, and holds no more than a little', async () => {
    const client = new CompressedBody(compression({}));
    client.takesAll = false;
    const slice = noise(65_536);
    let written = 0;
    let isOpen = true;
    await untilItRests(() => {
      isOpen ||= client.drained > 0;
      client.drained = 0;
      if (isOpen) {
        isOpen = client.compressor.write(slice, 0, slice.length);
        written += slice.length;
      }
      return written;
    }, 'it asks its backend to rest');
    expect(written - client.size).toBeLessThan(256 * 1024);
    client.takesAll = true;
    client.compressor.end();
    client.compressor.resume();
    await client.ended();
    expect(client.body()).toHaveLength(written);
  });

  test.each(CODINGS.map((coding) => [coding]))(
    'that has come whole leaves before its end has been told: %s',
    (coding) => {
      const client = new CompressedBody(compression({ coding, length: 80_000 }));
      client.compressor.write(TEXT, 0, 65_536);
      client.compressor.write(TEXT, 65_536, 80_000);
      expect(client.slices).toEqual([]);
      client.compressor.end();
      expect(client.slices).toHaveLength(1);
      expect(Buffer.compare(client.body(), TEXT.subarray(0, 80_000))).toBe(0);
      expect(client.worked).toBeGreaterThan(0);
    },
  );

  test('that is large is compressed in steps, one in each turn', async () => {
    const client = new CompressedBody(compression({ level: 9 }), slowTurns());
    expect(client.compressor.write(TEXT, 0, TEXT.length)).toBe(false);
    client.compressor.end();
    expect(client.steps).toBe(1);
    for (let before = 1; client.done === 0; before = client.steps) {
      await turns(1);
      expect(client.steps - before).toBeLessThanOrEqual(1);
    }
    expect(client.steps).toBe(Math.ceil(TEXT.length / (24 * 1024)));
    expect(Buffer.compare(client.body(), TEXT)).toBe(0);
  });

  test('waits for its turn where others have taken the time of this one', async () => {
    const shared = slowTurns();
    const clients = Array.from({ length: 5 }, () => new CompressedBody(compression({}), shared));
    for (const { compressor } of clients) {
      compressor.write(TEXT, 0, 20_000);
      compressor.end();
    }
    for (let ready = 1; ready <= clients.length; ready++) {
      expect(clients.map(({ done }) => done)).toEqual(clients.map((_, at) => (at < ready ? 1 : 0)));
      await turns(1);
    }
    for (const client of clients) expect(client.body()).toHaveLength(20_000);
  });

  test('that its client has left meanwhile costs no more time', async () => {
    const shared = slowTurns();
    const clients = Array.from({ length: 20 }, () => new CompressedBody(compression({}), shared));
    for (const { compressor } of clients) compressor.write(TEXT, 0, 24_000);
    for (const { compressor } of clients) compressor.destroy();
    await turns(30);
    for (const client of clients) expect(client).toMatchObject({ slices: [], steps: 0, done: 0 });
  });

  test('of which nobody wants more is not heard of again', async () => {
    const client = new CompressedBody(compression({}));
    client.compressor.write(TEXT, 0, TEXT.length);
    client.compressor.destroy();
    client.compressor.write(TEXT, 0, 10);
    client.compressor.end();
    client.compressor.resume();
    await turns(50);
    expect(client).toMatchObject({ slices: [], drained: 0, done: 0, failures: [] });
  });
});
