// An origin with faults that no real server shows on demand. A line on its standard input names its manner; it ends when
// that input ends.
import { type Socket, createServer } from 'node:net';
import process from 'node:process';
import { listen } from './ports.ts';

/** well: serves. mute: reads requests and never answers. mute-pages: the same, but its health page answers. cut,
 * cut-chunks: breaks off in the middle of a page, by a reset. */
export type FaultyManner = 'well' | 'mute' | 'mute-pages' | 'cut' | 'cut-chunks';

const MANNERS: readonly FaultyManner[] = ['well', 'mute', 'mute-pages', 'cut', 'cut-chunks'];
const PADDING = 'page '.repeat(50);

let manner: FaultyManner = 'well';

const server = createServer({ noDelay: true }, (socket) => {
  let received = '';
  socket.on('error', () => socket.destroy());
  socket.on('data', (bytes: Buffer) => {
    received += bytes.toString('latin1');
    const heads = received.split('\r\n\r\n');
    received = heads.pop() ?? '';
    for (const head of heads) answer(socket, head);
  });
});

function answer(socket: Socket, head: string): void {
  const path = head.split(' ')[1] ?? '';
  if (path === '/health') {
    process.stdout.write('probe\n');
    if (manner !== 'mute') socket.end('HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok');
    return;
  }
  const number = /[?&]n=(\d+)/.exec(path)?.[1] ?? '';
  const page = `${number} ${PADDING}${number}`;
  const start = `HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n`;
  const half = page.slice(0, page.length / 2);
  switch (manner) {
    case 'well':
      socket.write(`${start}Content-Length: ${page.length}\r\n\r\n${page}`);
      return;
    case 'cut':
      socket.write(`${start}Content-Length: ${page.length}\r\n\r\n${half}`, () => reset(socket));
      return;
    case 'cut-chunks':
      socket.write(`${start}Transfer-Encoding: chunked\r\n\r\n${half.length.toString(16)}\r\n${half}\r\n`, () =>
        reset(socket),
      );
      return;
    case 'mute':
    case 'mute-pages':
      return;
  }
}

// Not right after the write: the reset would overtake the written half of the page, and the client would not see it.
function reset(socket: Socket): void {
  process.stdout.write('cut\n');
  setTimeout(() => socket.resetAndDestroy(), 5);
}

process.stdin.setEncoding('utf8').on('data', (text: string) => {
  manner = MANNERS.find((name) => name === text.trim()) ?? manner;
  process.stdout.write(`manner ${manner}\n`);
});
process.stdin.on('end', () => process.exit(0));
process.stdout.write(`listening ${await listen(server)}\n`);
