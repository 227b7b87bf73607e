// An origin that counts what it is doing at a time. A request is over when it is answered or its connection has ended, whichever
// comes first, so that one whose sender was killed does not count.
import type { Socket } from 'bun';
import { freePort } from './ports.ts';

type Conversation = { isBusy: boolean };

/** Answers every request after some time. Disposing stops it. */
export class CountingOrigin implements Disposable {
  /** All there were. */
  requests = 0;
  now = 0;
  mostAtOnce = 0;
  /** Answers with 500 as long as it is set. */
  isBad = false;
  private readonly server = Bun.listen<Conversation>({
    hostname: '127.0.0.1',
    port: freePort(),
    socket: {
      open: (socket) => void (socket.data = { isBusy: false }),
      data: (socket) => this.begin(socket),
      close: (socket) => this.finish(socket),
      error: () => undefined,
    },
  });

  constructor(
    readonly name: string,
    public delay: number,
  ) {}

  get url(): string {
    return `http://127.0.0.1:${this.server.port}`;
  }

  [Symbol.dispose](): void {
    this.server.stop(true);
  }

  private begin(socket: Socket<Conversation>): void {
    if (socket.data.isBusy) return;
    socket.data.isBusy = true;
    this.requests++;
    this.mostAtOnce = Math.max(this.mostAtOnce, ++this.now);
    if (this.delay === 0) this.answer(socket);
    else setTimeout(() => this.answer(socket), this.delay);
  }

  private answer(socket: Socket<Conversation>): void {
    if (!socket.data.isBusy) return;
    const status = this.isBad ? '500 Broken' : '200 OK';
    this.finish(socket);
    socket.write(`HTTP/1.1 ${status}\r\nContent-Length: ${this.name.length}\r\n\r\n${this.name}`);
  }

  private finish({ data }: Socket<Conversation>): void {
    if (data.isBusy) this.now--;
    data.isBusy = false;
  }
}
