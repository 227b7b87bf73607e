import { describe, expect, test } from 'bun:test';
import { constants } from 'node:http2';
import * as h2 from '../../src/http2/frames.ts';
import { join } from '../../src/message/bytes.ts';
import { type SeenFrames, frameBytes, readFrames } from '../support/http2.ts';

const SETTINGS = frameBytes(h2.SETTINGS, 0, 0, new Uint8Array(6));
const PING = frameBytes(h2.PING, h2.ACK, 0, Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8));

function plain({ frames }: SeenFrames): unknown {
  return frames.map(({ type, flags, stream, payload }) => [type, flags, stream, payload]);
}

describe('frames', () => {
  test('are read as they were written, with the reserved bit of the stream ignored', () => {
    const bytes = join(SETTINGS, frameBytes(h2.HEADERS, h2.END_HEADERS, 0x8000_0003, Uint8Array.of(0x82)), PING);
    expect(plain(readFrames([bytes]))).toEqual([
      [h2.SETTINGS, 0, 0, [0, 0, 0, 0, 0, 0]],
      [h2.HEADERS, h2.END_HEADERS, 3, [0x82]],
      [h2.PING, h2.ACK, 0, [1, 2, 3, 4, 5, 6, 7, 8]],
    ]);
  });

  test('of data are passed on in pieces, and their flags count at the last one', () => {
    const data = frameBytes(h2.DATA, h2.END_STREAM, 1, Uint8Array.of(1, 2, 3, 4));
    const pieces = readFrames([data.subarray(0, 11), data.subarray(11)]);
    expect(pieces.frames.map(({ payload, isLast }) => [payload, isLast])).toEqual([
      [[1, 2], false],
      [[3, 4], true],
    ]);
  });

  test('with padding are whole before they are passed on', () => {
    const data = frameBytes(h2.DATA, h2.PADDED, 1, Uint8Array.of(1, 9, 0));
    expect(plain(readFrames([data.subarray(0, 10), data.subarray(10)]))).toEqual([[h2.DATA, h2.PADDED, 1, [1, 9, 0]]]);
  });

  test('of data may be empty', () => {
    expect(readFrames([frameBytes(h2.DATA, h2.END_STREAM, 1)]).frames).toEqual([
      { type: h2.DATA, flags: h2.END_STREAM, stream: 1, payload: [], isLast: true },
    ]);
  });

  test('that are too large end the reading, whether they are whole or not', () => {
    const large = frameBytes(h2.HEADERS, 0, 1, new Uint8Array(h2.FRAME_LIMIT + 1));
    expect(readFrames([join(large, PING)])).toEqual({ frames: [], problem: 'oversized' });
    expect(readFrames([large.subarray(0, 5), large.subarray(5, 9), PING])).toEqual({
      frames: [],
      problem: 'oversized',
    });
  });

  test.each([
    ['another frame', PING],
    ['an acknowledgement', frameBytes(h2.SETTINGS, h2.ACK, 0)],
  ])('must begin with SETTINGS where that is asked for, and not with %p', (_, first) => {
    expect(readFrames([first, SETTINGS], true)).toEqual({ frames: [], problem: 'first is not SETTINGS' });
    expect(readFrames([first.subarray(0, 4), first.subarray(4)], true)).toEqual({
      frames: [],
      problem: 'first is not SETTINGS',
    });
    expect(readFrames([SETTINGS, first], true).frames).toHaveLength(2);
  });
});

test('a frame that has not come whole is known of', () => {
  const reader = new h2.FrameReader();
  const sink = { frame() {}, dataPiece() {}, oversized() {}, firstIsNotSettings() {} };
  reader.read(PING.subarray(0, 3), 0, sink);
  expect(reader.isMidFrame).toBe(true);
  reader.read(PING.subarray(3), 0, sink);
  expect(reader.isMidFrame).toBe(false);
});

test('error codes, settings and flags have the numbers that others give them', () => {
  const ours = new Map<string, unknown>(Object.entries(h2)).set('FLAG_PRIORITY', h2.PRIORITIZED);
  let compared = 0;
  for (const [longName, number] of Object.entries(constants)) {
    const name = longName.replace(/^NGHTTP2_(?:SETTINGS_|FLAG_(?!PRIORITY))?/, '');
    if (!ours.has(name)) continue;
    expect([name, ours.get(name)]).toEqual([name, number]);
    compared++;
  }
  expect(compared).toBeGreaterThan(18);
});
