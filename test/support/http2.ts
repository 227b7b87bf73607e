// HTTP/2 in bytes: frames written by hand, and what a reader makes of them.
import { FRAME_HEADER, type FrameHead, FrameReader, frameHeader, frameKind } from '../../src/http2/frames.ts';
import { EMPTY } from '../../src/message/bytes.ts';

export function frameBytes(type: number, flags: number, stream: number, payload: Uint8Array = EMPTY): Uint8Array {
  const bytes = new Uint8Array(FRAME_HEADER + payload.length);
  bytes.set(payload, frameHeader(bytes, 0, payload.length, frameKind(type, flags), stream));
  return bytes;
}

/** A frame, or a part of a DATA frame. */
export type SeenFrame = FrameHead & { readonly payload: readonly number[]; readonly isLast: boolean };

export type SeenFrames = { readonly frames: readonly SeenFrame[]; readonly problem: string | null };

/** What one reader tells of these chunks. */
export function readFrames(chunks: readonly Uint8Array[], isFirst = false): SeenFrames {
  const frames: SeenFrame[] = [];
  let problem: string | null = null;
  const reader = new FrameReader();
  reader.isFirst = isFirst;
  const note = (head: FrameHead, payload: Uint8Array, isLast: boolean): void => {
    frames.push({ ...head, payload: [...payload], isLast });
  };
  for (const chunk of chunks)
    reader.read(chunk, 0, {
      frame: (head, bytes, start, end) => note(head, bytes.subarray(start, end), true),
      dataPiece: (head, bytes, start, end, isLast) => note(head, bytes.subarray(start, end), isLast),
      oversized: () => {
        problem = 'oversized';
      },
      firstIsNotSettings: () => {
        problem = 'first is not SETTINGS';
      },
    });
  return { frames, problem };
}
