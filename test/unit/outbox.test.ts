import { describe, expect, test } from 'bun:test';
import { Outbox } from '../../src/core/outbox.ts';

/** Takes as much as it is told to, and remembers what it was offered. */
class Sink {
  readonly taken: number[] = [];
  offered: Uint8Array | null = null;

  constructor(public room: number) {}

  write(bytes: Uint8Array, offset: number, length: number): number {
    this.offered = bytes;
    const size = Math.min(this.room, length);
    this.room -= size;
    this.taken.push(...bytes.subarray(offset, offset + size));
    return size;
  }
}

const NO_ROOM = (): boolean => false;

const BYTES = Uint8Array.from({ length: 200 }, (_, n) => n);

describe('what was not taken', () => {
  test('does not hold the read that it came in', () => {
    const sink = new Sink(150);
    const outbox = new Outbox(NO_ROOM);
    expect(outbox.send(sink, BYTES, 0, 200, false)).toBe(false);
    sink.room = 200;
    expect(outbox.flush(sink)).toBe(true);
    expect(sink.offered?.buffer.byteLength).toBe(50);
    expect(sink.taken).toEqual([...BYTES]);
  });

  test('is not copied where it is all that was read', () => {
    const sink = new Sink(0);
    const outbox = new Outbox(NO_ROOM);
    outbox.send(sink, BYTES, 0, 200, false);
    sink.room = 200;
    outbox.flush(sink);
    expect(sink.offered).toBe(BYTES);
  });

  test('is copied where it will be written over', () => {
    const shared = Uint8Array.from(BYTES);
    const sink = new Sink(0);
    const outbox = new Outbox(NO_ROOM);
    outbox.send(sink, shared, 0, 200, true);
    shared.fill(0);
    sink.room = 200;
    outbox.flush(sink);
    expect(sink.taken).toEqual([...BYTES]);
  });

  test('goes in its order, in whatever pieces it is taken', () => {
    const sink = new Sink(3);
    const outbox = new Outbox(NO_ROOM);
    for (let from = 0; from < 200; from += 40) outbox.send(sink, BYTES, from, from + 40, false);
    for (let turn = 0; turn < 100 && !outbox.isEmpty; turn++) {
      sink.room = 7;
      outbox.flush(sink);
    }
    expect(sink.taken).toEqual([...BYTES]);
    expect(outbox.size).toBe(0);
  });
});

describe('a large rest', () => {
  const LARGE = Uint8Array.from({ length: 100_000 }, (_, n) => n & 255);

  test('goes to the kernel, which is left alone until it has drained', () => {
    const sink = new Sink(1000);
    const outbox = new Outbox((asked, more) => {
      expect(asked).toBe(sink);
      sink.room = more;
      return true;
    });
    expect(outbox.send(sink, LARGE, 0, LARGE.length, false)).toBe(false);
    expect(sink.taken.length).toBe(LARGE.length);
    expect(outbox.size).toBe(0);
    expect(outbox.isEmpty).toBe(false);
    sink.room = 1000;
    expect(outbox.send(sink, BYTES, 0, 200, false)).toBe(false);
    expect(sink.taken.length).toBe(LARGE.length);
    expect(outbox.flush(sink)).toBe(true);
    expect(outbox.isEmpty).toBe(true);
    expect(sink.taken).toEqual([...LARGE, ...BYTES]);
  });

  test('is kept as far as the kernel takes less than it was asked to', () => {
    const sink = new Sink(0);
    const outbox = new Outbox(() => {
      sink.room = 60_000;
      return true;
    });
    expect(outbox.send(sink, LARGE, 0, LARGE.length, false)).toBe(false);
    expect(outbox.size).toBe(40_000);
    sink.room = 40_000;
    expect(outbox.flush(sink)).toBe(true);
    expect(sink.taken).toEqual([...LARGE]);
  });

  test('is kept where there is no more room, and a small one without asking', () => {
    let asked = 0;
    const sink = new Sink(0);
    const outbox = new Outbox(() => asked++ < 0);
    outbox.send(sink, BYTES, 0, 200, false);
    outbox.flush(sink);
    expect(asked).toBe(0);
    sink.room = 200;
    outbox.flush(sink);
    outbox.send(sink, LARGE, 0, LARGE.length, false);
    expect(asked).toBe(1);
    expect(outbox.size).toBe(LARGE.length);
  });
});
