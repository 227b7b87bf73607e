// A client that sends requests all the time, and notes how long each took.
import { setTimeout as sleep } from 'node:timers/promises';

/** One request: when it was sent, and how long its answer took; in milliseconds. */
export type Wait = { readonly at: number; readonly took: number };

// Between an answer and the next request: short enough that no stall stays unnoticed, long enough to be no load.
const PAUSE_MILLIS = 1;

export class SteadyClient implements Disposable {
  readonly waits: Wait[] = [];
  failed = 0;
  private isOver = false;

  /** Sends requests over so many kept connections; the response has `bodyBytes`. */
  constructor(
    private readonly url: URL,
    private readonly bodyBytes: number,
    connections: number,
  ) {
    for (let at = 0; at < connections; at++) void this.askOn();
  }

  /** The waits of the requests that were sent from one moment to another. */
  between(start: number, end: number): readonly number[] {
    return this.waits.filter(({ at }) => at >= start && at <= end).map(({ took }) => took);
  }

  [Symbol.dispose](): void {
    this.isOver = true;
  }

  private async askOn(): Promise<void> {
    let answered = Promise.withResolvers<boolean>();
    let text = '';
    const received = (bytes: Buffer): void => {
      text += bytes.toString('latin1');
      const head = text.indexOf('\r\n\r\n') + 4;
      if (head > 4 && text.length >= head + this.bodyBytes) answered.resolve(text.slice(9, 12) === '200');
    };
    const { hostname, port, pathname, host } = this.url;
    const close = (): void => answered.resolve(false);
    const socket = await Bun.connect({
      hostname,
      port: Number(port),
      socket: { data: (_, bytes) => received(bytes), close },
    });
    const question = `GET ${pathname} HTTP/1.1\r\nHost: ${host}\r\n\r\n`;
    while (!this.isOver) {
      answered = Promise.withResolvers();
      text = '';
      const at = performance.now();
      socket.write(question);
      const isGood = await answered.promise;
      if (!isGood) this.failed++;
      this.waits.push({ at, took: performance.now() - at });
      await sleep(PAUSE_MILLIS);
    }
    socket.end();
  }
}
