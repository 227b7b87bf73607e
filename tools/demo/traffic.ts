// The demo's clients. They count every request by what the client itself received.
import type { Clock } from '../../src/core/clock.ts';
import { type Millis, millis } from '../../src/core/units.ts';
import { type Answer, Client, type ClientOptions } from './client.ts';
import type { Visit } from './setting.ts';

export type TrafficOptions = ClientOptions & {
  readonly random: () => number;
  readonly visits: readonly Visit[];
  readonly onFailure: (text: string) => void;
};

// With twelve clients these pauses make some 150 requests a second: enough to watch, and no load for a small machine.
const SHORTEST_PAUSE = 40;
const PAUSE_SPREAD = 60;

/** Clients that send requests until they are stopped. */
export class Traffic {
  total = 0;
  failed = 0;
  private isStopping = false;
  private readonly visitors: readonly Promise<void>[];

  constructor(private readonly options: TrafficOptions) {
    this.visitors = options.visits.flatMap((visit) =>
      Array.from({ length: visit.clients }, () => this.visitAgainAndAgain(visit)),
    );
  }

  /** Sends no more requests, and waits for the end of those that have begun. */
  async stop(): Promise<void> {
    this.isStopping = true;
    await Promise.all(this.visitors);
  }

  private async visitAgainAndAgain(visit: Visit): Promise<void> {
    const { clock } = this.options;
    const client = new Client(this.options);
    await rest(clock, this.pause());
    while (!this.isStopping) {
      this.count(visit, await client.get(visit.host, visit.path));
      await rest(clock, this.pause());
    }
    client.close();
  }

  private count(visit: Visit, answer: Answer): void {
    this.total++;
    const problem = problemOf(visit, answer);
    if (problem === null) return;
    this.failed++;
    this.options.onFailure(`a request to ${visit.tenant} failed: ${problem}`);
  }

  private pause(): Millis {
    return millis(SHORTEST_PAUSE + this.options.random() * PAUSE_SPREAD);
  }
}

/** What is wrong with an answer; null: nothing, it is a good one from an origin of the tenant. */
export function problemOf(visit: Pick<Visit, 'origins'>, answer: Answer): string | null {
  if (answer.kind === 'error') return answer.error;
  if (answer.status !== 200) return `status ${answer.status}`;
  const isRight = visit.origins.some((name) => answer.body === `origin ${name}\n`);
  return isRight ? null : 'the answer of another tenant';
}

function rest(clock: Clock, pause: Millis): Promise<void> {
  return new Promise((resolve) => clock.after(pause, resolve));
}
