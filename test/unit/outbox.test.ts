import { describe, expect, test } from 'bun:test';
import { SendBatch } from '../../src/core/send-batch.ts';
import type { KernelOutput } from '../../src/core/kernel-output.ts';
import { giveBack } from '../../src/core/large-read.ts';
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

function kernelOf(writeBeyondLimit: KernelOutput['writeBeyondLimit']): KernelOutput {
  return { limit: () => undefined, writeBeyondLimit, writeBoth: () => 0, waiting: () => null };
}

/** An outbox that sends at once. */
function outboxOf(writeBeyondLimit: KernelOutput['writeBeyondLimit'] = () => 0): Outbox {
  return new Outbox({ kernel: kernelOf(writeBeyondLimit), batch: new SendBatch((task) => task()) }, null);
}

const BYTES = Uint8Array.from({ length: 200 }, (_, n) => n);

describe('what was not taken', () => {
  test('does not hold the read that it came in', () => {
    const sink = new Sink(150);
    const outbox = outboxOf();
    expect(outbox.send(sink, BYTES, 0, 200, false)).toBe(false);
    sink.room = 200;
    expect(outbox.flush(sink)).toBe(true);
    expect(sink.offered?.buffer.byteLength).toBe(50);
    expect(sink.taken).toEqual([...BYTES]);
  });

  test('is not copied where it is all that was read', () => {
    const sink = new Sink(0);
    const outbox = outboxOf();
    outbox.send(sink, BYTES, 0, 200, false);
    sink.room = 200;
    outbox.flush(sink);
    expect(sink.offered).toBe(BYTES);
  });

  test('is copied where it will be written over', () => {
    const shared = Uint8Array.from(BYTES);
    const sink = new Sink(0);
    const outbox = outboxOf();
    outbox.send(sink, shared, 0, 200, true);
    shared.fill(0);
    sink.room = 200;
    outbox.flush(sink);
    expect(sink.taken).toEqual([...BYTES]);
  });

  test('goes in its order, in whatever pieces it is taken', () => {
    const sink = new Sink(3);
    const outbox = outboxOf();
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
    const outbox = outboxOf((asked, bytes, start, size) => {
      sink.room = size;
      return asked.write(bytes, start, size);
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

  test('goes there as well when one has gone there before', () => {
    const sink = new Sink(1000);
    const outbox = outboxOf((asked, bytes, start, size) => {
      sink.room = size;
      return asked.write(bytes, start, size);
    });
    for (let read = 0; read < 3; read++) expect(outbox.send(sink, LARGE, 0, LARGE.length, false)).toBe(false);
    expect(outbox.size).toBe(0);
    expect(sink.taken).toEqual([...LARGE, ...LARGE, ...LARGE]);
    expect(outbox.flush(sink)).toBe(true);
  });

  test('is kept as far as the kernel takes less than it was asked to', () => {
    const sink = new Sink(0);
    const outbox = outboxOf((asked, bytes, start, size) => {
      sink.room = 60_000;
      return asked.write(bytes, start, size);
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
    const outbox = outboxOf(() => {
      asked++;
      return 0;
    });
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

describe('a head with a large part of its body', () => {
  const HEAD = BYTES.subarray(0, 100);
  const LARGE = Uint8Array.from({ length: 20_000 }, (_, n) => (n + 7) & 255);

  /** A kernel that takes up to `most` of both at once, and an outbox that offers it both. */
  function together(most: number): { readonly outbox: Outbox; readonly asked: () => number } {
    let asked = 0;
    const kernel: KernelOutput = {
      ...kernelOf(() => 0),
      writeBoth(sink, head, bytes, start, end) {
        asked++;
        const both = new Uint8Array([...head, ...bytes.subarray(start, end)]);
        return sink.write(both, 0, Math.min(most, both.length));
      },
    };
    const batch = new SendBatch(() => undefined);
    return { outbox: new Outbox({ kernel, batch }, null), asked: () => asked };
  }

  test('leaves in one write, behind what was to leave at the end of the turn', () => {
    const { outbox, asked } = together(100_000);
    const sink = new Sink(100_000);
    outbox.send(sink, BYTES, 150, 160, false);
    expect(outbox.sendBoth(sink, HEAD, LARGE, 10, 20_000)).toBe(true);
    expect(sink.taken).toEqual([...BYTES.subarray(150, 160), ...HEAD, ...LARGE.subarray(10)]);
    expect([asked(), outbox.isSettled]).toEqual([1, true]);
  });

  // 0 is also what a closed socket takes, and what a system says that cannot write both.
  test.each([0, 1, 99, 100, 101, 15_000])('comes whole and in order where the kernel takes %d of it', (most) => {
    const { outbox } = together(most);
    const head = Uint8Array.from(HEAD);
    const sink = new Sink(most);
    expect(outbox.sendBoth(sink, head, LARGE, 10, 20_000)).toBe(false);
    head.fill(0);
    sink.room = 100_000;
    expect(outbox.flush(sink)).toBe(true);
    expect(sink.taken).toEqual([...HEAD, ...LARGE.subarray(10)]);
    const willing = new Sink(100_000);
    expect(together(most).outbox.sendBoth(willing, HEAD, LARGE, 10, 20_000)).toBe(true);
    expect(willing.taken).toEqual([...HEAD, ...LARGE.subarray(10)]);
  });

  test('waits behind what the kernel did not take before', () => {
    const { outbox, asked } = together(100_000);
    const sink = new Sink(0);
    outbox.send(sink, LARGE, 0, 20_000, false);
    expect(outbox.sendBoth(sink, HEAD, LARGE, 0, 20_000)).toBe(false);
    sink.room = 100_000;
    expect([asked(), outbox.flush(sink)]).toEqual([0, true]);
    expect(sink.taken).toEqual([...LARGE, ...HEAD, ...LARGE]);
  });

  test('is not kept for a socket that has closed', () => {
    const { outbox } = together(0);
    expect(outbox.sendBoth({ write: () => -1 }, HEAD, LARGE, 0, 20_000)).toBe(false);
    expect(outbox.size).toBe(0);
  });
});

describe('small writes', () => {
  /** An outbox, and what ends the turn. */
  function inTurn(held: (() => void) | null = null): { readonly outbox: Outbox; readonly endTurn: () => void } {
    const tasks: (() => void)[] = [];
    const batch = new SendBatch((task) => tasks.push(task));
    const endTurn = (): void => {
      for (const task of tasks.splice(0)) task();
    };
    return {
      outbox: new Outbox({ kernel: kernelOf(() => 0), batch }, held === null ? null : { outboxHeld: held }),
      endTurn,
    };
  }

  test('leave at the end of the turn', () => {
    const sink = new Sink(1000);
    const { outbox, endTurn } = inTurn();
    expect(outbox.send(sink, BYTES, 10, 20, false)).toBe(true);
    expect(sink.taken).toEqual([]);
    expect([outbox.isEmpty, outbox.isSettled]).toEqual([true, false]);
    endTurn();
    expect(sink.taken).toEqual([...BYTES.subarray(10, 20)]);
    expect(outbox.isSettled).toBe(true);
  });

  test('to one socket leave together, whatever they lie in', () => {
    const sink = new Sink(10_000_000);
    let writes = 0;
    const counted = {
      write: (bytes: Uint8Array, start: number, size: number) => {
        writes++;
        return sink.write(bytes, start, size);
      },
    };
    const shared = Uint8Array.from(BYTES);
    const { outbox, endTurn } = inTurn();
    for (let turn = 1; turn <= 100; turn++) {
      const large = new Uint8Array(20_000).fill(7);
      sink.taken.length = 0;
      outbox.send(counted, shared, 0, 50, true);
      shared.fill(0);
      expect(outbox.send(counted, large, 5, 20_000, false)).toBe(true);
      giveBack(large);
      outbox.send(counted, BYTES, 195, 200, false);
      shared.set(BYTES);
      endTurn();
      expect(writes).toBe(turn);
      if (turn === 1) expect(sink.taken.length).toBe(50 + 19_995 + 5);
      expect(sink.taken.slice(0, 50)).toEqual([...BYTES.subarray(0, 50)]);
      expect(sink.taken.slice(-5)).toEqual([...BYTES.subarray(195)]);
    }
  });

  test('of several sockets are not mixed up when they grow', () => {
    const tasks: (() => void)[] = [];
    const sending = { kernel: kernelOf(() => 0), batch: new SendBatch((task) => tasks.push(task)) };
    const sockets = Array.from({ length: 12 }, () => ({ sink: new Sink(100_000), outbox: new Outbox(sending, null) }));
    for (let round = 0; round < 10; round++)
      for (const [at, { sink, outbox }] of sockets.entries())
        outbox.send(sink, new Uint8Array(500 * at + 1).fill(at * 10 + round), 0, 500 * at + 1, round % 2 === 0);
    for (const task of tasks) task();
    for (const [at, { sink }] of sockets.entries()) {
      const runs = Array.from({ length: 10 }, (_, round) => new Array(500 * at + 1).fill(at * 10 + round));
      expect(sink.taken).toEqual(runs.flat());
    }
  });

  test('keep their order, with large ones among them', () => {
    const sink = new Sink(1_000_000);
    const large = new Uint8Array(20_000).fill(7);
    const { outbox, endTurn } = inTurn();
    outbox.send(sink, BYTES, 0, 50, false);
    outbox.send(sink, BYTES, 50, 100, false);
    outbox.send(sink, large, 0, large.length, false);
    outbox.send(sink, BYTES, 100, 200, false);
    endTurn();
    outbox.send(sink, BYTES, 0, 10, false);
    endTurn();
    const expected = [...BYTES.subarray(0, 100), ...large, ...BYTES.subarray(100), ...BYTES.subarray(0, 10)];
    expect(sink.taken).toEqual(expected);
  });

  test('leave at once where they are a piece of a large read, whose memory is given back', () => {
    const sink = new Sink(1000);
    const read = new Uint8Array(20_000).fill(7);
    const { outbox } = inTurn();
    expect(outbox.send(sink, read, 0, 10, false)).toBe(true);
    giveBack(read);
    expect(outbox.isSettled).toBe(true);
    expect(sink.taken).toEqual(Array.from({ length: 10 }, () => 7));
  });

  test('are copied where the bytes will be written over', () => {
    const shared = Uint8Array.from(BYTES);
    const sink = new Sink(1000);
    const { outbox, endTurn } = inTurn();
    outbox.send(sink, shared, 5, 150, true);
    shared.fill(0);
    endTurn();
    expect(sink.taken).toEqual([...BYTES.subarray(5, 150)]);
  });

  test('of many sockets, in turns of any size, are sent as they were when they were made', () => {
    const tasks: (() => void)[] = [];
    const sending = { kernel: kernelOf(() => 0), batch: new SendBatch((task) => tasks.push(task)) };
    const shared = new Uint8Array(16 * 1024);
    const sockets = Array.from({ length: 100 }, () => ({
      sink: new Sink(1_000_000),
      outbox: new Outbox(sending, null),
    }));
    // 17 leave in two batches, and the largest of 16 take all of the memory that a batch has.
    for (const [count, size] of [
      [3, 40],
      [17, 100],
      [100, 300],
      [16, 16 * 1024],
    ]) {
      for (const [at, { sink, outbox }] of sockets.slice(0, count).entries()) {
        shared.fill(at + 1);
        outbox.send(sink, shared, 0, size, true);
      }
      shared.fill(0);
      for (const task of tasks.splice(0)) task();
      for (const [at, { sink }] of sockets.slice(0, count).entries())
        expect(sink.taken.splice(0)).toEqual(new Array<number>(size).fill(at + 1));
    }
  });

  test('that lead to more of them take no memory from those that have not left', () => {
    const tasks: (() => void)[] = [];
    const sending = { kernel: kernelOf(() => 0), batch: new SendBatch((task) => tasks.push(task)) };
    const shared = new Uint8Array(100);
    const send = (sink: Sink, byte: number): boolean =>
      new Outbox(sending, null).send(sink, shared.fill(byte), 0, 100, true);
    const [first, last] = [new Sink(1000), new Sink(1000)];
    const others = Array.from({ length: 40 }, () => new Sink(1000));
    const write = first.write.bind(first);
    first.write = (...written) => {
      const taken = write(...written);
      for (const [at, other] of others.entries()) send(other, at + 10);
      return taken;
    };
    send(first, 1);
    send(last, 2);
    while (tasks.length > 0) tasks.shift()?.();
    expect(first.taken).toEqual(new Array<number>(100).fill(1));
    expect(last.taken).toEqual(new Array<number>(100).fill(2));
    for (const [at, other] of others.entries()) expect(other.taken).toEqual(new Array<number>(100).fill(at + 10));
  });

  test('say so when they are held after all, and go on when there is room', () => {
    let held = 0;
    const sink = new Sink(30);
    const { outbox, endTurn } = inTurn(() => held++);
    expect(outbox.send(sink, BYTES, 0, 200, false)).toBe(true);
    endTurn();
    expect([held, outbox.size]).toEqual([1, 170]);
    expect(outbox.send(sink, BYTES, 0, 10, false)).toBe(false);
    sink.room = 1000;
    expect(outbox.flush(sink)).toBe(true);
    expect(sink.taken).toEqual([...BYTES, ...BYTES.subarray(0, 10)]);
  });

  test('leave at once before FIN, and not at all when the socket is gone', () => {
    const sink = Object.assign(new Sink(1000), { shutdown: () => sink.taken.push(-1) });
    const { outbox, endTurn } = inTurn();
    outbox.send(sink, BYTES, 0, 3, false);
    outbox.finish(sink);
    expect(sink.taken).toEqual([0, 1, 2, -1]);
    outbox.send(sink, BYTES, 0, 3, false);
    outbox.drop();
    endTurn();
    expect(sink.taken).toEqual([0, 1, 2, -1]);
  });

  test('are not cut off by a FIN: it waits for those that found no room', () => {
    const sink = Object.assign(new Sink(2), { shutdown: () => sink.taken.push(-1) });
    const { outbox } = inTurn();
    outbox.send(sink, BYTES, 0, 3, false);
    expect(outbox.finish(sink)).toBe(false);
    sink.room = 1000;
    expect(outbox.flush(sink)).toBe(true);
    expect(outbox.finish(sink)).toBe(true);
    expect(sink.taken).toEqual([0, 1, 2, -1]);
  });

  test('do not wait for each other without end', () => {
    const batch = new SendBatch(() => undefined);
    const sink = new Sink(1000);
    const sending = { kernel: kernelOf(() => 0), batch };
    for (let n = 0; n < 200; n++) new Outbox(sending, null).send(sink, BYTES, n, n + 1, false);
    expect(sink.taken).toEqual([...BYTES.subarray(0, 192)]);
  });
});
