// Room that the kernel makes for what a peer does not take, on real sockets.
import { describe, expect, test } from 'bun:test';
import { existsSync, readFileSync } from 'node:fs';
import { type Server, type Socket, createServer } from 'node:net';
import { bytes } from '../../src/core/units.ts';
import { createMakeRoom } from '../../src/world/send-buffer.ts';

const LARGEST = '/proc/sys/net/core/wmem_max';
const MORE = bytes(512 * 1024);
const CHUNK = new Uint8Array(MORE);

/** A server that reads nothing; the port it listens on. */
async function deafServer(
  accepted: (socket: Socket) => void,
): Promise<{ readonly server: Server; readonly port: number }> {
  const server = createServer((socket) => accepted(socket.pause()));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  return { server, port: address.port };
}

describe.if(existsSync(LARGEST))('room in the kernel', () => {
  test('is made where the system lets it, and never taken away', async () => {
    const peers: Socket[] = [];
    const { server, port } = await deafServer((socket) => peers.push(socket));
    const socket = await Bun.connect({ hostname: '127.0.0.1', port, socket: { data: () => undefined } });
    try {
      while (socket.write(CHUNK) === CHUNK.length);
      expect(socket.write(CHUNK)).toBe(0);
      const isMade = createMakeRoom()(socket, MORE);
      // What a socket has by itself may be more than anybody may ask for.
      if (isMade) expect(socket.write(CHUNK)).toBe(CHUNK.length);
      else expect(Number(readFileSync(LARGEST, 'latin1'))).toBeLessThan(8 * 1024 * 1024);
    } finally {
      socket.terminate();
      for (const peer of peers) peer.destroy();
      server.close();
    }
  });

  test('is not asked for what is no socket', () => {
    expect(createMakeRoom()({ write: () => 0 }, MORE)).toBe(false);
  });
});
