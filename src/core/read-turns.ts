// Keeps large bodies from delaying small requests. In each turn of the event loop the runtime reads every socket that has
// data, up to 512 KiB of each and at times more: 50 MB for a hundred bodies that arrive at once. This bounds how many bytes
// are relayed in one turn; a connection beyond the bound is paused, and read again when its turn comes.
import type { AfterEvents } from './turn.ts';

/** Who pays for what is read. */
export interface Payer {
  /** By what it has been given of the event loop: the time at which that is paid for. */
  readonly finish: number;
}

/** A paused connection that is read again when its turn comes. */
export interface ReadInTurn {
  /** Its payer's; 0: nobody's. */
  readonly account: number;
  readAgain(): void;
}

// In bytes: about 0.5 ms of work. With a smaller bound, bodies of 1 MiB were no cheaper and small requests beside them
// waited no shorter.
const BOUND = 1024 * 1024;
// In bytes. Pausing a connection that brought less costs more than reading it.
const LARGE = 64 * 1024;

/** Shares out the reading of large bodies among the turns of the event loop: who has been given least is next, and of one
 * tenant, who has come first. */
export class ReadTurns {
  private waiting: ReadInTurn[] = [];
  private taken = 0;
  private isDue = false;

  /** `afterEvents`: runs a task when the events at hand are dealt with. */
  constructor(private readonly afterEvents: AfterEvents) {}

  /** Counts bytes of a body that were read while more are to come. False: the reader must pause, and `queue`. */
  took(bytes: number): boolean {
    this.taken += bytes;
    this.schedule();
    return bytes < LARGE || (this.taken <= BOUND && this.waiting.length === 0);
  }

  queue(reader: ReadInTurn): void {
    this.waiting.push(reader);
  }

  private schedule(): void {
    if (this.isDue) return;
    this.isDue = true;
    this.afterEvents(this.next);
  }

  // One reader in a turn: as much may have arrived for it meanwhile as the runtime reads at once.
  private readonly next = (): void => {
    this.isDue = false;
    this.taken = 0;
    this.takeNext()?.readAgain();
    if (this.waiting.length > 0) this.schedule();
  };

  private takeNext(): ReadInTurn | undefined {
    const { waiting } = this;
    let least = 0;
    for (let at = 1; at < waiting.length; at++) if (waiting[at].account < waiting[least].account) least = at;
    return waiting.splice(least, 1)[0];
  }
}
