import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { FrameFollower } from '../../src/http1/websocket-frames.ts';

const frame = fc.record({ size: fc.oneof(fc.nat(125), fc.nat(300), fc.nat(70_000)), isMasked: fc.boolean() });

function encode({ size, isMasked }: { size: number; isMasked: boolean }): Uint8Array {
  const mask = isMasked ? 0x80 : 0;
  const length =
    size < 126
      ? [mask | size]
      : size < 65_536
        ? [mask | 126, size >> 8, size & 255]
        : [mask | 127, 0, 0, 0, 0, 0, size >> 16, (size >> 8) & 255, size & 255];
  return Uint8Array.of(0x82, ...length, ...(isMasked ? [1, 2, 3, 4] : []), ...new Uint8Array(Math.min(size, 70_000)));
}

test('frames end where they end, however the bytes are cut', () => {
  fc.assert(
    fc.property(
      fc.array(frame, { minLength: 1, maxLength: 4 }),
      fc.array(fc.nat(2000), { maxLength: 6 }),
      (frames, cuts) => {
        const encoded = frames.map(encode);
        const ends = encoded.reduce<number[]>((list, bytes) => [...list, (list.at(-1) ?? 0) + bytes.length], []);
        const all = Uint8Array.from(encoded.flatMap((bytes) => [...bytes]));
        const edges = [...new Set([...cuts.map((cut) => cut % all.length), all.length])].toSorted((a, b) => a - b);
        const follower = new FrameFollower();
        let at = 0;
        for (const edge of edges) {
          at = follower.follow(all, at, edge, false);
          expect(at).toBe(edge);
          expect(follower.isBetweenFrames).toBe(edge === 0 || ends.includes(edge));
        }
      },
    ),
    { numRuns: 60 },
  );
});

test('it stops between two frames when asked to', () => {
  const bytes = Uint8Array.from([...encode({ size: 5, isMasked: false }), ...encode({ size: 3, isMasked: true })]);
  const follower = new FrameFollower();
  expect(follower.follow(bytes, 0, 3, true)).toBe(0);
  expect(follower.follow(bytes, 0, 3, false)).toBe(3);
  expect(follower.follow(bytes, 3, bytes.length, true)).toBe(7);
});
