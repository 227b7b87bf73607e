// One turn of the event loop: the events that are at hand, and what is done when they are dealt with.
import type { Clock } from './clock.ts';
import type { Millis } from './units.ts';

/** Runs a task when the events at hand are dealt with. */
export type AfterEvents = (task: () => void) => void;

/** The end of each turn, for all who wait for it: asking the runtime for it costs as much as reading the clock six times, so
 * it is asked once. */
export class TurnEnd {
  private tasks: (() => void)[] = [];

  constructor(private readonly afterEvents: AfterEvents) {}

  readonly add: AfterEvents = (task) => {
    this.tasks.push(task);
    if (this.tasks.length === 1) this.afterEvents(this.run);
  };

  // What a task adds belongs to the next turn.
  private readonly run = (): void => {
    const { tasks } = this;
    let done = 0;
    this.tasks = [];
    try {
      while (done < tasks.length) tasks[done++]();
    } finally {
      // One that fails does not take the others with it.
      while (done < tasks.length) this.add(tasks[done++]);
    }
  };
}

/** The time, read once in each turn: what happens within one is told the same, which is exact enough for records of
 * requests, and three of them in a request cost next to nothing. */
export class TurnClock {
  private time: Millis | null = null;

  constructor(
    private readonly clock: Pick<Clock, 'now'>,
    private readonly atEnd: AfterEvents,
  ) {}

  now(): Millis {
    return this.time ?? this.read();
  }

  private read(): Millis {
    const time = this.clock.now();
    this.time = time;
    this.atEnd(this.forget);
    return time;
  }

  private readonly forget = (): void => {
    this.time = null;
  };
}
