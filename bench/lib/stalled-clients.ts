// Clients that send one request and do not read the response.
import type { Socket } from 'bun';

/** Open connections to one address, each with a response that waits to be read. */
export class StalledClients implements Disposable {
  private readonly sockets: Socket[] = [];
  private closed = 0;

  static async open(url: string, count: number): Promise<StalledClients> {
    const { hostname, port, pathname, host } = new URL(url);
    const request = `GET ${pathname} HTTP/1.1\r\nHost: ${host}\r\n\r\n`;
    const clients = new StalledClients();
    for (let n = 0; n < count; n++) {
      const socket = await Bun.connect({ hostname, port: Number(port), socket: clients.handlers });
      socket.pause();
      if (socket.write(request) < request.length) throw new Error('the connection is closed');
      clients.sockets.push(socket);
    }
    return clients;
  }

  /** Connections that the other side has closed. */
  get lost(): number {
    return this.closed;
  }

  private readonly handlers = {
    data: (): void => undefined,
    close: (): void => {
      this.closed++;
    },
  };

  [Symbol.dispose](): void {
    for (const socket of this.sockets) socket.terminate();
  }
}
