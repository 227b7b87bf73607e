// How much output the kernel keeps for a peer that reads nothing, on real sockets.
import { describe, expect, test } from 'bun:test';
import { type Socket as NodeSocket, connect } from 'node:net';
import type { Socket } from 'bun';
import { bytes } from '../../src/core/units.ts';
import { createKernelOutput } from '../../src/world/socket-output.ts';

const KIB = 1024;
const LIMIT = bytes(64 * KIB);
const CHUNK = new Uint8Array(512 * KIB);

type Accepted = { readonly socket: Socket; readonly [Symbol.dispose]: () => void };

/** A socket that a listener has accepted; `unsent`: the listener's limit. Its client reads nothing. */
async function accepted(unsent: typeof LIMIT | null): Promise<Accepted> {
  const { promise, resolve } = Promise.withResolvers<Socket>();
  const listener = Bun.listen({ hostname: '127.0.0.1', port: 0, socket: { open: resolve, data: () => undefined } });
  if (unsent !== null) createKernelOutput().limit(listener, unsent);
  const client: NodeSocket = connect(listener.port, '127.0.0.1').pause();
  const socket = await promise;
  return {
    socket,
    [Symbol.dispose](): void {
      client.destroy();
      listener.stop(true);
    },
  };
}

function writeUntilFull(socket: Socket): number {
  let total = 0;
  for (let taken = CHUNK.length; taken === CHUNK.length; total += taken) taken = socket.write(CHUNK);
  return total;
}

describe.if(process.platform === 'linux')('the kernel', () => {
  test('takes less of what a client does not read where there is a limit', async () => {
    using free = await accepted(null);
    using limited = await accepted(LIMIT);
    expect(writeUntilFull(limited.socket)).toBeLessThan(writeUntilFull(free.socket) / 2);
  });

  test('takes what is written beyond its limit, and no more than before afterwards', async () => {
    using limited = await accepted(LIMIT);
    writeUntilFull(limited.socket);
    expect(createKernelOutput().writeBeyondLimit(limited.socket, CHUNK, 0, CHUNK.length)).toBe(CHUNK.length);
    // The kernel still fills up the packet that it has begun.
    expect(limited.socket.write(CHUNK)).toBeLessThan(LIMIT);
  });

  test('takes two pieces of memory in one call, as far as there is room', async () => {
    using free = await accepted(null);
    const kernel = createKernelOutput();
    const head = CHUNK.subarray(0, 100);
    expect(kernel.writeBoth(free.socket, head, CHUNK, 50, KIB)).toBe(100 + KIB - 50);
    writeUntilFull(free.socket);
    expect(kernel.writeBoth(free.socket, head, CHUNK, 0, KIB)).toBe(0);
    free.socket.terminate();
    expect(kernel.writeBoth(free.socket, head, CHUNK, 0, KIB)).toBe(0);
  });

  test('is not pressed through what is no socket', () => {
    expect(createKernelOutput().writeBeyondLimit({ write: () => 1 }, CHUNK, 0, 1)).toBe(0);
    expect(createKernelOutput().writeBoth({ write: () => 1 }, CHUNK, CHUNK, 0, 1)).toBe(0);
  });
});
