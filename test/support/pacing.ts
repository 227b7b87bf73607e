// How bytes are cut into writes. The cuts must make no difference to a peer.
import type { Socket } from 'node:net';

export type Pacing =
  | { readonly kind: 'whole' }
  /** Two writes, cut at this share of the bytes. */
  | { readonly kind: 'split'; readonly at: number }
  /** A write for each byte; of long messages, only the first and the last bytes go one by one. */
  | { readonly kind: 'bytes' };

const SINGLE_BYTES = 600;
const LONG_SLICE = 1024;
// A pause between two writes, so that the receiver reads the first before the second comes. It is a part of what is sent,
// not a wait for an event. Measured: without it, the system joins ten writes and more into one read.
const BETWEEN_WRITES_MILLIS = 1;

/** Writes latin1 text with this pacing; ends early if the socket is gone. */
export async function writePaced(socket: Socket, text: string, pacing: Pacing): Promise<void> {
  const bytes = Buffer.from(text, 'latin1');
  const cuts = cutsOf(bytes.length, pacing);
  let from = 0;
  for (const cut of cuts) {
    if (socket.destroyed || !socket.writable) return;
    const isTaken = socket.write(bytes.subarray(from, cut));
    from = cut;
    if (!isTaken) await drained(socket);
    if (from === bytes.length) return;
    await Bun.sleep(BETWEEN_WRITES_MILLIS);
  }
}

function cutsOf(length: number, pacing: Pacing): number[] {
  switch (pacing.kind) {
    case 'whole':
      return length === 0 ? [] : [length];
    case 'split': {
      const cut = Math.floor(length * pacing.at);
      return cut > 0 && cut < length ? [cut, length] : cutsOf(length, { kind: 'whole' });
    }
    case 'bytes':
      return byteCuts(length);
  }
}

function byteCuts(length: number): number[] {
  const cuts: number[] = [];
  for (let at = 0; at < length; ) {
    const isMiddle = at >= SINGLE_BYTES && at < length - SINGLE_BYTES;
    at = isMiddle ? Math.min(at + LONG_SLICE, length - SINGLE_BYTES) : at + 1;
    cuts.push(at);
  }
  return cuts;
}

function drained(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      socket.off('drain', done);
      socket.off('close', done);
      resolve();
    };
    socket.on('drain', done);
    socket.on('close', done);
    if (socket.destroyed) done();
  });
}
