// A virtual clock and its events. No timers, no sockets, no wall time: the same seed gives the same history.
import { Due, DueQueue } from '../../src/core/due-queue.ts';
import { type Millis, millis } from '../../src/core/units.ts';

/** An event at a time. */
export abstract class SimEvent extends Due {
  abstract happen(): void;
}

class Task extends SimEvent {
  constructor(private readonly task: () => void) {
    super();
  }

  happen(): void {
    this.task();
  }
}

/** Owns the clock. */
export class Simulation {
  private time = 0;
  private readonly queue = new DueQueue<SimEvent>();

  readonly now = (): Millis => millis(this.time);

  at(time: number, event: SimEvent): void {
    this.queue.set(event, millis(Math.max(time, this.time)));
  }

  /** Runs a task once. */
  once(time: number, task: () => void): void {
    this.at(time, new Task(task));
  }

  /** Lets everything happen that is due until then. */
  run(until: number): void {
    for (let event = this.queue.first(); event !== null && event.due <= until; event = this.queue.first()) {
      this.queue.remove(event);
      this.time = event.due;
      event.happen();
    }
    this.time = until;
  }
}
