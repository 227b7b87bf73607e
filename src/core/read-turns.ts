// Who sends much does not keep the others waiting. The runtime reads every socket that has something before anybody is
// heard a second time, and up to 512 KiB of it, at times more: of a hundred bodies that arrive at once that is 50 MB. What is
// relayed within one turn of the event loop is bounded; whoever goes beyond is read again when its turn comes.
import type { AfterEvents } from './turn.ts';

/** Something that is read again when its turn comes. */
export interface ReadInTurn {
  readAgain(): void;
}

// In bytes: 0.5 ms of work. Fewer cost bodies of 1 MiB no less, and small requests beside them waited no shorter.
const SHARE = 1024 * 1024;
// In bytes. To put off what brings less costs more than to read it.
const LARGE = 64 * 1024;

/** Shares out the reading of large bodies among the turns of the event loop, first come, first served. */
export class ReadTurns {
  private waiting: ReadInTurn[] = [];
  private taken = 0;
  private isDue = false;

  /** `afterEvents`: runs a task when the events at hand are dealt with. */
  constructor(private readonly afterEvents: AfterEvents) {}

  /** So many bytes of a body were read, and more are to come; false: not before its turn (`queue`). */
  took(bytes: number): boolean {
    this.taken += bytes;
    this.schedule();
    return bytes < LARGE || (this.taken <= SHARE && this.waiting.length === 0);
  }

  queue(reader: ReadInTurn): void {
    this.waiting.push(reader);
  }

  private schedule(): void {
    if (this.isDue) return;
    this.isDue = true;
    this.afterEvents(this.next);
  }

  // One at a time: while it waited, as much may have come as the runtime reads at once.
  private readonly next = (): void => {
    this.isDue = false;
    this.taken = 0;
    this.waiting.shift()?.readAgain();
    if (this.waiting.length > 0) this.schedule();
  };
}
