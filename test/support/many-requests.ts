// Requests over many connections, each of which is used for one request after another.
import { RawClient } from './raw-client.ts';

// Longer than any answer takes on a busy machine.
const LONGEST = 20_000;
const ANSWERED = /^HTTP\/1\.1 (\d+) [^]*?\r\n\r\n/;

/** One connection. */
export class Visitor implements Disposable {
  /** How many requests it has sent. */
  asked = 0;

  private constructor(
    readonly client: RawClient,
    private readonly more: string,
  ) {}

  /** `more`: lines of the header. */
  static async open(port: number, more = ''): Promise<Visitor> {
    return new Visitor(await RawClient.open(port), more);
  }

  /** The status and all else of the answer; status 0: the connection has ended without. */
  async ask(path = '/'): Promise<{ readonly status: number; readonly text: string }> {
    const { client } = this;
    client.received = '';
    this.asked++;
    await client.send(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n${this.more}\r\n`);
    await client.until(({ peer, received }) => peer !== 'open' || isWhole(received), LONGEST);
    const text = client.received;
    return isWhole(text) ? { status: Number(ANSWERED.exec(text)?.[1]), text } : { status: 0, text };
  }

  [Symbol.dispose](): void {
    this.client[Symbol.dispose]();
  }
}

export async function visitors(port: number, count: number, more = ''): Promise<readonly Visitor[]> {
  return Promise.all(Array.from({ length: count }, () => Visitor.open(port, more)));
}

/** Has each of them ask so often, all at once; returns how often each status came. */
export async function askAll(all: readonly Visitor[], times: number, path = '/'): Promise<ReadonlyMap<number, number>> {
  const counts = new Map<number, number>();
  await Promise.all(
    all.map(async (visitor) => {
      for (let turn = 0; turn < times; turn++) {
        const { status } = await visitor.ask(path);
        counts.set(status, (counts.get(status) ?? 0) + 1);
        if (status === 0) return;
      }
    }),
  );
  return counts;
}

/** Clients that ask again and again, until they are told to end. One whose connection has ended opens another. */
export class Crowd {
  /** How often each status came; 0: the connection has ended without an answer. */
  readonly counts = new Map<number, number>();
  private isOver = false;
  private readonly visits: readonly Promise<void>[];

  constructor(
    private readonly port: number,
    connections: number,
  ) {
    this.visits = Array.from({ length: connections }, () => this.visit());
  }

  /** Resolves when the last answer has come. */
  async end(): Promise<ReadonlyMap<number, number>> {
    this.isOver = true;
    await Promise.all(this.visits);
    return this.counts;
  }

  private async visit(): Promise<void> {
    while (!this.isOver) {
      const visitor = await Visitor.open(this.port).catch(() => null);
      if (visitor !== null) await this.converse(visitor);
      visitor?.[Symbol.dispose]();
    }
  }

  private async converse(visitor: Visitor): Promise<void> {
    while (!this.isOver) {
      const { status } = await visitor.ask();
      this.counts.set(status, (this.counts.get(status) ?? 0) + 1);
      if (status === 0) return;
    }
  }
}

function isWhole(text: string): boolean {
  const head = ANSWERED.exec(text)?.[0];
  if (head === undefined) return false;
  const length = /^content-length: *(\d+)\r$/im.exec(head)?.[1];
  return length !== undefined && text.length >= head.length + Number(length);
}
