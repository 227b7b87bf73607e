// The demo's clients. Every request is counted here, on the client's side, by what really came back.
import type { Clock } from '../../src/core/clock.ts';
import { type Millis, millis } from '../../src/core/units.ts';
import { type Answer, Client, type ClientSurroundings } from './client.ts';
import type { Visit } from './setting.ts';

export type TrafficOptions = ClientSurroundings & {
  readonly random: () => number;
  readonly visits: readonly Visit[];
  readonly onFailure: (text: string) => void;
};

// With twelve clients some 150 requests a second: lively, and no burden for a small machine.
const SHORTEST_PAUSE = 40;
const PAUSE_SPREAD = 60;

/** Clients that ask until they are stopped. */
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

  /** Lets every request that has begun end. */
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

/** Null: a good answer of an origin that belongs to the tenant. */
export function problemOf(visit: Pick<Visit, 'origins'>, answer: Answer): string | null {
  if (answer.kind === 'error') return answer.error;
  if (answer.status !== 200) return `status ${answer.status}`;
  const isRight = visit.origins.some((name) => answer.body === `origin ${name}\n`);
  return isRight ? null : 'the answer of another tenant';
}

function rest(clock: Clock, pause: Millis): Promise<void> {
  return new Promise((resolve) => clock.after(pause, resolve));
}
