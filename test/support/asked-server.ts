// Servers that a gateway asks, which answer byte for byte what a test wants.
import type { Socket } from 'bun';
import { freePort } from './ports.ts';

type Waiting = { readonly text: string; readonly socket: Socket<{ text: string }> };

/** Counts connections, and keeps the requests. */
export class AskedServer implements Disposable {
  connections = 0;
  open = 0;
  mostOpen = 0;
  readonly requests: string[] = [];
  private readonly listener;

  /** `says`: the bytes of the answer; null: none, ever; empty: the end of the connection. */
  constructor(private readonly says: (request: string, server: AskedServer) => string | null | Promise<string | null>) {
    this.listener = Bun.listen<{ text: string }>({
      hostname: '127.0.0.1',
      port: freePort(),
      socket: {
        open: (socket) => {
          socket.data = { text: '' };
          this.connections++;
          this.open++;
          this.mostOpen = Math.max(this.mostOpen, this.open);
        },
        data: (socket, bytes) => {
          socket.data.text += bytes.toString('latin1');
          for (let end = endOf(socket.data.text); end > 0; end = endOf(socket.data.text)) {
            const text = socket.data.text.slice(0, end);
            socket.data.text = socket.data.text.slice(end);
            void this.serve({ text, socket });
          }
        },
        close: () => void this.open--,
      },
    });
  }

  get url(): string {
    return `http://127.0.0.1:${this.listener.port}`;
  }

  [Symbol.dispose](): void {
    this.listener.stop(true);
  }

  private async serve({ text, socket }: Waiting): Promise<void> {
    this.requests.push(text);
    const said = await this.says(text, this);
    if (said === null) return;
    if (said === '') socket.end();
    else socket.write(Buffer.from(said, 'latin1'));
    if (/\r\nconnection: close\r\n/i.test(said)) socket.end();
  }
}

/** A complete answer. */
export function answer(status: number, body = '', headers = ''): string {
  return `HTTP/1.1 ${status} X\r\nContent-Length: ${Buffer.byteLength(body)}\r\n${headers}\r\n${body}`;
}

// The end of the first request; 0: it has not come yet.
function endOf(text: string): number {
  const head = text.indexOf('\r\n\r\n');
  if (head < 0) return 0;
  const length = Number(/\r\ncontent-length: (\d+)/i.exec(text.slice(0, head))?.[1] ?? 0);
  return text.length >= head + 4 + length ? head + 4 + length : 0;
}
