import { describe, expect, test } from 'bun:test';
import * as h2 from '../../src/http2/frames.ts';
import { DataSender, type DataStream } from '../../src/listen/h2/data-sender.ts';
import { FrameOutput, GONE } from '../../src/listen/h2/frame-output.ts';

/** A socket that takes so much, and a turn that ends when the test says so. */
class Rig {
  readonly written: Uint8Array[] = [];
  readonly told: string[] = [];
  room = Number.POSITIVE_INFINITY;
  private tasks: (() => void)[] = [];
  readonly output = new FrameOutput(
    {
      write: (bytes: string | Uint8Array | ArrayBufferLike | DataView, offset = 0, length = 0) => {
        if (!(bytes instanceof Uint8Array)) throw new Error('only bytes are written');
        const taken = Math.min(this.room, length);
        if (taken > 0) this.written.push(bytes.slice(offset, offset + taken));
        this.room -= Math.max(0, taken);
        return taken;
      },
      terminate: () => void this.told.push('terminated'),
    },
    (task) => void this.tasks.push(task),
    {
      outputBlocked: () => void this.told.push('blocked'),
      outputCrowded: () => void this.told.push('crowded'),
      outputEmpty: () => void this.told.push('empty'),
    },
  );

  endTurn(): void {
    const { tasks } = this;
    this.tasks = [];
    for (const task of tasks) task();
  }

  /** Type, flags, stream and size of each frame that was written. */
  get frames(): readonly (readonly number[])[] {
    const seen: number[][] = [];
    const reader = new h2.FrameReader();
    const sink: h2.FrameSink = {
      frame: ({ type, flags, stream }, _, start, end) => void seen.push([type, flags, stream, end - start]),
      dataPiece: ({ type, flags, stream }, _, start, end) => void seen.push([type, flags, stream, end - start]),
      oversized: () => undefined,
      firstIsNotSettings: () => undefined,
    };
    for (const bytes of this.written) reader.read(bytes, 0, sink);
    return seen;
  }
}

const SOME = new Uint8Array(100);

describe('the output of an HTTP/2 connection', () => {
  test('leaves in one write at the end of the turn, and a stream is ended by its last frame', () => {
    const rig = new Rig();
    rig.output.data(1, SOME, 0, 100);
    rig.output.data(3, SOME, 0, 50);
    rig.output.endStream(3);
    rig.output.endStream(1);
    expect(rig.written).toEqual([]);
    rig.endTurn();
    expect(rig.written).toHaveLength(1);
    expect(rig.frames).toEqual([
      [h2.DATA, 0, 1, 100],
      [h2.DATA, h2.END_STREAM, 3, 50],
      [h2.DATA, h2.END_STREAM, 1, 0],
    ]);
    expect(rig.told).toEqual(['empty']);
  });

  test('cuts a long header block into frames', () => {
    const rig = new Rig();
    const size = 2 * h2.FRAME_LIMIT + 10;
    const at = rig.output.reserve(size + 3 * h2.FRAME_HEADER);
    rig.output.room.fill(7, at, at + size);
    rig.output.head(1, at + size, false);
    rig.output.endStream(1);
    rig.endTurn();
    expect(rig.frames).toEqual([
      [h2.HEADERS, h2.END_STREAM, 1, h2.FRAME_LIMIT],
      [h2.CONTINUATION, 0, 1, h2.FRAME_LIMIT],
      [h2.CONTINUATION, h2.END_HEADERS, 1, 10],
    ]);
  });

  test('takes no data while the socket takes none, but what must be said, up to a limit', () => {
    const rig = new Rig();
    rig.room = 50;
    rig.output.data(1, SOME, 0, 100);
    rig.endTurn();
    expect(rig.output.isBlocked).toBe(true);
    expect(rig.output.data(1, SOME, 0, 100)).toBe(false);
    while (!rig.told.includes('terminated')) rig.output.reset(1, h2.CANCEL);
    expect([rig.told.at(0), rig.told.at(1), rig.told.at(-1)]).toEqual(['blocked', 'crowded', 'terminated']);
    expect(rig.output.size).toBeLessThanOrEqual(1024 * 1024);
    rig.room = Number.POSITIVE_INFINITY;
    expect(rig.output.drained()).toBe(true);
    expect(rig.output.size).toBe(0);
  });

  test('is over when the socket turns out to be closed', () => {
    const rig = new Rig();
    rig.room = -1;
    const frame = new Uint8Array(h2.FRAME_LIMIT);
    for (let n = 0; n < 20; n++) rig.output.data(1, frame, 0, frame.length);
    rig.endTurn();
    expect(rig.output.reserve(1)).toBe(GONE);
  });
});

describe('the data of an HTTP/2 connection', () => {
  function sending(window: number) {
    const rig = new Rig();
    const sent: (readonly [size: number, isCut: boolean])[] = [];
    const starved: true[] = [];
    const sender = new DataSender(rig.output, {
      dataSent: (size, isCut) => void sent.push([size, isCut]),
      dataStarved: () => void starved.push(true),
    });
    const stream: DataStream = {
      id: 1,
      window,
      priority: 6,
      isWaiting: false,
      hasUnsent: false,
      sendWaiting: () => false,
    };
    return { rig, sent, starved, sender, stream };
  }

  test('goes as far as the window of its stream, and says whether it was cut', () => {
    const { sent, sender, stream } = sending(30);
    expect(sender.send(stream, SOME, 0, 20)).toBe(20);
    expect(sender.send(stream, SOME, 20, 100)).toBe(30);
    expect([stream.window, sent]).toEqual([
      0,
      [
        [20, false],
        [10, true],
      ],
    ]);
  });

  test('goes as far as the window of the connection, and waits for more of it', () => {
    const { starved, sender, stream } = sending(h2.MAX_WINDOW);
    const large = new Uint8Array(100_000);
    expect(sender.send(stream, large, 0, large.length)).toBe(h2.DEFAULT_WINDOW);
    sender.await(stream);
    expect([sender.isStarved, starved.length]).toEqual([true, 1]);
    expect(sender.widen(1)).toBe(true);
    sender.sendWaiting();
    expect([stream.isWaiting, sender.isStarved]).toEqual([false, false]);
    expect(sender.widen(h2.MAX_WINDOW)).toBe(false);
  });

  test('keeps a window that has become negative', () => {
    const { sender, stream } = sending(h2.DEFAULT_WINDOW);
    expect(sender.send(stream, SOME, 0, 100)).toBe(100);
    expect(sender.resizeWindows([stream], 0)).toBe(true);
    expect(stream.window).toBe(-100);
    expect(sender.send(stream, SOME, 0, 100)).toBe(0);
    expect(sender.resizeWindows([stream], 101)).toBe(true);
    expect(sender.send(stream, SOME, 0, 100)).toBe(1);
  });
});
