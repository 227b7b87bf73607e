// One more client, which sends a request now and then and notes how long the answer took. Load generators tell latencies
// only at their end, and not at which time they measured them.
import type { Clock } from '../../src/core/clock.ts';
import { type Millis, millis } from '../../src/core/units.ts';
import type { Target } from './plan.ts';

/** How long one request took, `at` milliseconds after the test began; null: it failed. */
export type Sample = { readonly at: Millis; readonly latency: number | null };

const PATIENCE = 10_000;

/** Takes samples until `stop`, which waits for the request in flight. */
export class Sampler {
  readonly samples: Sample[] = [];
  private readonly sampling: Promise<void>;
  private isOver = false;

  constructor(
    private readonly target: Target,
    private readonly clock: Pick<Clock, 'now' | 'after'>,
    private readonly every: Millis,
  ) {
    this.sampling = this.sampleAgainAndAgain();
  }

  async stop(): Promise<void> {
    this.isOver = true;
    await this.sampling;
  }

  private async sampleAgainAndAgain(): Promise<void> {
    while (!this.isOver) {
      const at = this.clock.now();
      const isGood = await this.ask();
      const taken = this.clock.now() - at;
      this.samples.push({ at, latency: isGood ? taken : null });
      await this.rest(millis(Math.max(0, this.every - taken)));
    }
  }

  private async ask(): Promise<boolean> {
    const { url, host, headers } = this.target;
    try {
      const response = await fetch(url, {
        headers: [
          ...headers.map(({ name, value }): [string, string] => [name, value]),
          ...(host === null ? [] : [['host', host] satisfies [string, string]]),
        ],
        redirect: 'manual',
        // The runtime repeats a GET by itself whose kept connection is cut, so that a lost request would not show.
        keepalive: false,
        tls: { rejectUnauthorized: false },
        signal: AbortSignal.timeout(PATIENCE),
      });
      await response.arrayBuffer();
      return response.status < 400;
    } catch {
      return false;
    }
  }

  private rest(pause: Millis): Promise<void> {
    return new Promise((resolve) => this.clock.after(pause, resolve));
  }
}
