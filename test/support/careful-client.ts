// A client that checks every byte that it gets, with one request at a time on each connection.
import { RawClient } from './raw-client.ts';

// Longer than the gateway lets a request wait: a request that takes longer counts as hung.
const PATIENCE_MS = 90_000;

/** How the requests ended; each is counted once. */
export type Tally = {
  /** Answered with 200 and the body that belongs to the request, whole. */
  served: number;
  /** Answered, whole, with another status. */
  refused: number;
  /** The connection ended before the answer was whole. */
  lost: number;
  /** Answered with a body of the wrong length, or with that of another request. */
  wrong: number;
  /** Neither answered nor ended. */
  hung: number;
};

/** Asks for `path` with a query parameter `n`; an answer must have it at both ends of its body. */
export class CarefulClient implements AsyncDisposable {
  readonly tally: Tally = { served: 0, refused: 0, lost: 0, wrong: 0, hung: 0 };
  /** How long the slowest answer took, in milliseconds. */
  longest = 0;
  private isOver = false;
  private nextNumber = 0;
  private readonly clients = new Set<RawClient>();
  private readonly visits: Promise<void>[];

  constructor(
    private readonly port: number,
    private readonly path: string,
    connections: number,
    /** Between an answer and the next request of a connection: a load that leaves a machine room to breathe. */
    private readonly pauseMs = 0,
    /** Where its connections come from; absent: as the system chooses. */
    private readonly address?: string,
  ) {
    this.visits = Array.from({ length: connections }, () => this.visit());
  }

  /** Sends no more requests; resolves when the last answer has come. */
  async end(): Promise<Tally> {
    this.isOver = true;
    await Promise.all(this.visits);
    return this.tally;
  }

  /** Closes all connections at once; requests under way count as lost. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.isOver = true;
    for (const client of this.clients) client[Symbol.dispose]();
    await Promise.all(this.visits);
  }

  private async visit(): Promise<void> {
    while (!this.isOver) {
      using client = await RawClient.open(this.port, '127.0.0.1', this.address);
      this.clients.add(client);
      await this.converse(client);
      this.clients.delete(client);
    }
  }

  // Sends requests until the connection ends or has brought a wrong answer.
  private async converse(client: RawClient): Promise<void> {
    while (!this.isOver && client.peer === 'open') {
      const began = performance.now();
      const outcome = await this.ask(client, String(this.nextNumber++));
      this.tally[outcome]++;
      this.longest = Math.max(this.longest, performance.now() - began);
      if (this.pauseMs > 0) await new Promise((resolve) => setTimeout(resolve, this.pauseMs));
      if (outcome === 'lost' || outcome === 'wrong' || outcome === 'hung') return;
    }
  }

  private async ask(client: RawClient, number: string): Promise<keyof Tally> {
    client.received = '';
    await client.send(`GET ${this.path}?n=${number} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
    const hasEnded = await client.until(({ peer, received }) => peer !== 'open' || missing(received) <= 0, PATIENCE_MS);
    if (!hasEnded) return 'hung';
    const { received } = client;
    const rest = missing(received);
    if (rest > 0) return 'lost';
    if (rest < 0) return 'wrong';
    if (!received.startsWith('HTTP/1.1 200 ')) return 'refused';
    const body = received.slice(received.indexOf(HEAD_END) + HEAD_END.length);
    return body.startsWith(`${number} `) && body.endsWith(` ${number}`) ? 'served' : 'wrong';
  }
}

const HEAD_END = '\r\n\r\n';

/** How many bytes an answer still lacks; below 0: it has too many. */
function missing(received: string): number {
  const end = received.indexOf(HEAD_END);
  if (end < 0) return Number.POSITIVE_INFINITY;
  const length = /^content-length: *(\d+)\r$/im.exec(received.slice(0, end + 2))?.[1];
  // Every page that it asks for has a length. An answer without one could be cut short without notice.
  if (length === undefined) return Number.NEGATIVE_INFINITY;
  return end + HEAD_END.length + Number(length) - received.length;
}
