// Keeps work that takes the processor for long, such as compression, from delaying requests: bounds how much of it is done
// in one turn of the event loop. What does not fit waits for a later turn, and whose tenant has been given least is next.
import type { AfterEvents } from './turn.ts';
import { type Millis, millis } from './units.ts';

/** Work in steps, of which each should take no more than a turn: about a millisecond. */
export interface WorkInTurn {
  /** What its tenant has been given of the event loop; see `Payer` in core/read-turns.ts. */
  readonly account: number;
  /** Does one step. Whoever has more to do queues again. */
  workOn(): void;
}

// One step is done in each turn, however long it takes, and more of them while less than this is spent. With steps of almost
// a millisecond a turn has one of them.
const BOUND = millis(0.5);

/** Shares out long work among the turns of the event loop. */
export class WorkTurns {
  /** No account of those that wait is below this; Infinity: nobody waits. */
  least = Number.POSITIVE_INFINITY;
  private line: WorkInTurn[] = [];
  /** In this turn. */
  private spent = 0;
  private isDue = false;

  /** `now`: monotonic, and finer than a turn. `afterEvents`: runs a task when the events at hand are dealt with. */
  constructor(
    readonly now: () => Millis,
    private readonly afterEvents: AfterEvents,
  ) {}

  /** Whether a step may be done at once, instead of queueing for it. */
  get hasTime(): boolean {
    return this.spent < BOUND;
  }

  /** Counts work that has begun at that time; returns how long it took. */
  took(began: Millis): Millis {
    const time = millis(Math.max(0, this.now() - began));
    this.spent += time;
    this.schedule();
    return time;
  }

  queue(worker: WorkInTurn): void {
    this.line.push(worker);
    if (worker.account < this.least) this.least = worker.account;
    this.schedule();
  }

  private schedule(): void {
    if (this.isDue) return;
    this.isDue = true;
    this.afterEvents(this.next);
  }

  // Who queues again, or meanwhile, waits for the next turn.
  private readonly next = (): void => {
    const { line } = this;
    this.isDue = false;
    this.spent = 0;
    this.line = [];
    try {
      while (line.length > 0 && this.hasTime) takeNext(line).workOn();
    } finally {
      if (line.length > 0) this.line = [...line, ...this.line];
      this.least = leastOf(this.line);
      if (this.line.length > 0) this.schedule();
    }
  };
}

function leastOf(line: readonly WorkInTurn[]): number {
  return line.reduce((least, { account }) => Math.min(least, account), Number.POSITIVE_INFINITY);
}

// Of those with equal accounts, who has come first.
function takeNext(line: WorkInTurn[]): WorkInTurn {
  let least = 0;
  for (let at = 1; at < line.length; at++) if (line[at].account < line[least].account) least = at;
  return line.splice(least, 1)[0];
}
