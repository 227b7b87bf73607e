// An origin that has everything that HTTP/1.1 has: interim answers, trailers, other protocols, bodies of both framings.
import { createHash } from 'node:crypto';
import type { Socket } from 'node:net';
import { RawOrigin } from '../raw-origin.ts';

const WEB_SOCKETS = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
export const HINT = 'Link: </a.css>; rel=preload';
export const TRAILER = 'X-Sum: 42';

/** `/hints`: a 103, chunks and a trailer. `/ws`: from there on every byte comes back. `/flaky?N`: 503 for the first request
 * with that N. `/slow`: the beginning of an answer. All else: the method and the length of the body. */
export async function manySidedOrigin(
  name: string,
  seen: Map<string, number>,
): Promise<RawOrigin & { readonly url: string }> {
  return RawOrigin.start(name, (socket) => new Conversation(socket, seen).begin());
}

class Conversation {
  private text = '';
  private isTunnel = false;

  constructor(
    private readonly socket: Socket,
    private readonly seen: Map<string, number>,
  ) {}

  begin(): void {
    const { socket } = this;
    socket.on('data', (bytes: Buffer) => {
      if (this.isTunnel) return socket.write(bytes);
      this.text += bytes.toString('latin1');
      return this.answer();
    });
    socket.on('end', () => socket.end());
    socket.on('error', () => undefined);
  }

  // One request after the other; bodies have a length.
  private answer(): boolean {
    const end = this.text.indexOf('\r\n\r\n') + 4;
    if (end < 4) return false;
    const head = this.text.slice(0, end);
    const length = Number(/^content-length: (\d+)/im.exec(head)?.[1] ?? 0);
    if (this.text.length < end + length) return false;
    this.text = this.text.slice(end + length);
    const [method = '', target = ''] = head.split(' ');
    const path = target.replace(/\?.*/, '');
    this.seen.set(target, (this.seen.get(target) ?? 0) + 1);
    this.socket.write(this.responseTo(method, path, target, { head, length }));
    return this.answer();
  }

  private responseTo(
    method: string,
    path: string,
    target: string,
    { head, length }: { head: string; length: number },
  ): string {
    if (path === '/hints')
      return `HTTP/1.1 103 Early Hints\r\n${HINT}\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n2\r\nok\r\n0\r\n${TRAILER}\r\n\r\n`;
    if (path === '/ws') {
      this.isTunnel = true;
      const key = /^sec-websocket-key: (\S+)/im.exec(head)?.[1] ?? '';
      const accept = createHash('sha1')
        .update(key + WEB_SOCKETS)
        .digest('base64');
      return `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`;
    }
    if (path === '/flaky' && this.seen.get(target) === 1) return 'HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n';
    if (path === '/slow') return 'HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\nthe beginning';
    const text = `${method} ${length}`;
    return `HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: ${text.length}\r\n\r\n${method === 'HEAD' ? '' : text}`;
  }
}
