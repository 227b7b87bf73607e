// The origin of one tenant: `bun origin-program.ts PORT`. Answers are ready made, so that it is never what is measured; a request
// for /hang is never answered.
import { jsonBody } from '../json-body.ts';

type Waiting = { rest: Uint8Array | null };

const HANG = '/hang';
const END = '\r\n\r\n';
const BODIES: Readonly<Record<string, Uint8Array>> = {
  '/1k': answer('text/plain', 'x'.repeat(1024)),
  '/json': answer('application/json', jsonBody(80 * 1024)),
  '/1m': answer('application/octet-stream', 'x'.repeat(1024 * 1024)),
};

Bun.listen<Waiting>({
  hostname: '127.0.0.1',
  port: Number(process.argv[2]),
  socket: {
    open(socket) {
      socket.data = { rest: null };
    },
    data(socket, bytes) {
      for (const head of bytes.toString('latin1').split(END).slice(0, -1)) {
        const path = head.split(' ', 2)[1] ?? '';
        if (path !== HANG) send(socket, BODIES[path] ?? BODIES['/1k']);
      }
    },
    drain(socket) {
      const { rest } = socket.data;
      socket.data.rest = null;
      if (rest !== null) send(socket, rest);
    },
  },
});

function send(socket: Bun.Socket<Waiting>, bytes: Uint8Array): void {
  const { rest } = socket.data;
  if (rest !== null) {
    socket.data.rest = Buffer.concat([rest, bytes]);
    return;
  }
  const sent = socket.write(bytes);
  if (sent < bytes.length) socket.data.rest = bytes.subarray(Math.max(0, sent));
}

function answer(type: string, body: string): Uint8Array {
  return Buffer.from(`HTTP/1.1 200 OK\r\nContent-Type: ${type}\r\nContent-Length: ${body.length}${END}${body}`);
}
