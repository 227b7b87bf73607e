// The client of tenant B: `bun client-program.ts URL HOST RATE SECONDS` sends so many requests a second, whether answers come or not,
// and prints what it has seen as JSON. A latency counts from the moment at which its request was due: a client that waits for answers
// before it asks on sends least while they take longest. Between requests it sleeps: one that spins would take the core of the origins.
import { percentileOf } from '../statistics.ts';

const CONNECTIONS = 40;
const LAST_ANSWERS = 2000;
const HEAD_END = '\r\n\r\n';

/** What the client has seen; latencies in milliseconds. */
export type Seen = {
  readonly answers: number;
  /** Requests that were not answered, or not well. */
  readonly errors: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
};

type Answered = { readonly isGood: boolean; readonly isLast: boolean };

class Client {
  private readonly free: Connection[] = [];
  /** When those were due that no connection was free for. */
  private readonly behind: number[] = [];
  private readonly latencies: number[] = [];
  private errors = 0;

  constructor(
    readonly url: URL,
    readonly question: string,
  ) {}

  async run(rate: number, seconds: number): Promise<Seen> {
    for (let at = 0; at < CONNECTIONS; at++) await this.open();
    const start = performance.now();
    const count = Math.floor(rate * seconds);
    for (let at = 0; at < count; at++) {
      const due = start + (1000 * at) / rate;
      const wait = due - performance.now();
      if (wait > 0) await Bun.sleep(wait);
      this.ask(due);
    }
    const deadline = performance.now() + LAST_ANSWERS;
    while (this.latencies.length + this.errors < count && performance.now() < deadline) await Bun.sleep(10);
    return this.result(count);
  }

  private result(count: number): Seen {
    const sorted = this.latencies.toSorted((one, other) => one - other);
    const [p50, p90, p99] = [0.5, 0.9, 0.99].map((share) => percentileOf(sorted, share));
    return { answers: sorted.length, errors: Math.max(this.errors, count - sorted.length), p50, p90, p99 };
  }

  private ask(due: number): void {
    const connection = this.free.pop();
    if (connection === undefined) this.behind.push(due);
    else connection.ask(due);
  }

  private async open(): Promise<void> {
    const connection = new Connection(this);
    await connection.open();
    const due = this.behind.shift();
    if (due === undefined) this.free.push(connection);
    else connection.ask(due);
  }

  answered(connection: Connection, latency: number, { isGood, isLast }: Answered): void {
    if (isLast) connection.leave();
    if (isGood) this.latencies.push(latency);
    else this.errors++;
    if (isLast) return;
    const due = this.behind.shift();
    if (due === undefined) this.free.push(connection);
    else connection.ask(due);
  }

  /** A connection was closed; `hasAsked`: with a request under way. */
  lost(hasAsked: boolean): void {
    if (hasAsked) this.errors++;
    for (const [at, connection] of this.free.entries()) if (connection.isClosed) this.free.splice(at, 1);
    void this.open();
  }
}

class Connection {
  private socket: Bun.Socket | null = null;
  isClosed = false;
  private due = 0;
  private text = '';

  constructor(private readonly client: Client) {}

  async open(): Promise<void> {
    const { hostname, port } = this.client.url;
    this.socket = await Bun.connect({
      hostname,
      port: Number(port),
      socket: {
        data: (_, bytes) => this.received(bytes.toString('latin1')),
        close: () => {
          this.isClosed = true;
          this.client.lost(this.due > 0);
        },
      },
    });
  }

  /** It will not be used again: `close` makes room for another one. */
  leave(): void {
    this.socket?.end();
  }

  ask(due: number): void {
    // A sleep may be over a little too early.
    this.due = Math.min(due, performance.now());
    this.text = '';
    this.socket?.write(this.client.question);
  }

  private received(text: string): void {
    this.text += text;
    const end = this.text.indexOf(HEAD_END);
    if (end < 0 || this.due === 0) return;
    const length = Number(/content-length: (\d+)/i.exec(this.text)?.[1] ?? 0);
    if (this.text.length < end + HEAD_END.length + length) return;
    const latency = performance.now() - this.due;
    this.due = 0;
    const isLast = /\r\nconnection: close\r\n/i.test(this.text.slice(0, end + 2));
    this.client.answered(this, latency, { isGood: this.text.startsWith('HTTP/1.1 200'), isLast });
  }
}

if (import.meta.main) {
  const [url = '', host = '', rate = '', seconds = ''] = process.argv.slice(2);
  const target = new URL(url);
  const client = new Client(target, `GET ${target.pathname} HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
  console.log(JSON.stringify(await client.run(Number(rate), Number(seconds))));
  process.exit(0);
}
