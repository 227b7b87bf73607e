// Runs h2load, and reads its counts.

export type H2loadResult = { succeeded: number; failed: number; statuses: string };

/** Asks for a URL a number of times over HTTP/1.1. */
export async function h2load(url: string, options: { requests: number; connections: number }): Promise<H2loadResult> {
  const words = ['--h1', `-n${options.requests}`, `-c${options.connections}`, '-t1', url];
  const child = Bun.spawn(['h2load', ...words], { stdin: 'ignore', stdout: 'pipe', stderr: 'inherit' });
  const text = await new Response(child.stdout).text();
  const counted = /(\d+) succeeded, (\d+) failed, (\d+) errored, (\d+) timeout/.exec(text);
  const [succeeded = 0, ...failures] = (counted ?? []).slice(1).map(Number);
  const statuses = /status codes: (.*)/.exec(text)?.[1] ?? '';
  return { succeeded, failed: failures.reduce((sum, count) => sum + count, 0), statuses };
}

export type Http2Result = {
  readonly succeeded: number;
  /** Answers with another status than 2xx. */
  readonly refused: number;
};

export type Http2Load = { readonly requests: number; readonly connections: number; readonly streams: number };

/** Asks for a URL a number of times over HTTP/2. It opens its connections once: where one ends, it leaves the rest. */
export async function h2loadHttp2(url: string, { requests, connections, streams }: Http2Load): Promise<Http2Result> {
  const words = [`-n${requests}`, `-c${connections}`, `-m${streams}`, '-t1', url];
  const child = Bun.spawn(['h2load', ...words], { stdin: 'ignore', stdout: 'pipe', stderr: 'inherit' });
  const text = await new Response(child.stdout).text();
  const [succeeded = 0] = (/(\d+) succeeded/.exec(text) ?? []).slice(1).map(Number);
  const others = (/status codes: \d+ 2xx, (\d+) 3xx, (\d+) 4xx, (\d+) 5xx/.exec(text) ?? []).slice(1).map(Number);
  return { succeeded, refused: others.reduce((sum, count) => sum + count, 0) };
}

/** One load after another, until it is stopped. Disposing waits for the last one. */
export class Http2Loads implements AsyncDisposable {
  readonly results: Http2Result[] = [];
  private isStopped = false;
  private readonly ended: Promise<void>;

  constructor(
    private readonly url: string,
    private readonly load: Http2Load,
  ) {
    this.ended = this.run();
  }

  private async run(): Promise<void> {
    while (!this.isStopped) this.results.push(await h2loadHttp2(this.url, this.load));
  }

  async stop(): Promise<Http2Result> {
    this.isStopped = true;
    await this.ended;
    const sum = (pick: (result: Http2Result) => number): number =>
      this.results.reduce((total, result) => total + pick(result), 0);
    return { succeeded: sum(({ succeeded }) => succeeded), refused: sum(({ refused }) => refused) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}
