// Decides whose turn it is to send (RFC 9218 10): the most urgent first; of these, an answer whose parts are of no use goes on to
// its end before the next one begins, and the others take turns.
import { type Priority, isIncremental } from './priority.ts';

/** Has bytes to send. */
export interface InOrder {
  readonly priority: Priority;
  /** It is in the order. */
  isWaiting: boolean;
}

// Every so often it is somebody's turn whatever its urgency, each in turn, so that nobody waits for ever: what is less urgent
// holds a place at a backend as well.
const LONGEST_ROW = 16;

/** Those that wait on one connection: few, so that a search costs less than a heap. */
export class SendOrder<S extends InOrder> {
  private readonly waiting: S[] = [];
  private row = 0;
  private exceptions = 0;

  get isEmpty(): boolean {
    return this.waiting.length === 0;
  }

  /** Behind all that are as urgent. */
  add(sender: S): void {
    if (sender.isWaiting) return;
    sender.isWaiting = true;
    this.waiting.push(sender);
  }

  /** The same before all that are as urgent: its turn was broken off. */
  goesOn(sender: S): void {
    if (sender.isWaiting) return;
    sender.isWaiting = true;
    this.waiting.unshift(sender);
  }

  remove(sender: S): void {
    if (!sender.isWaiting) return;
    sender.isWaiting = false;
    this.waiting.splice(this.waiting.indexOf(sender), 1);
  }

  /** Takes out whose turn it is. */
  next(): S | undefined {
    const { waiting } = this;
    if (waiting.length < 2) return this.take(0);
    if (++this.row === LONGEST_ROW) {
      this.row = 0;
      return this.take(this.exceptions++ % waiting.length);
    }
    let best = 0;
    for (let at = 1; at < waiting.length; at++) if (isBefore(waiting[at].priority, waiting[best].priority)) best = at;
    return this.take(best);
  }

  private take(at: number): S | undefined {
    const [sender] = this.waiting.splice(at, 1);
    if (sender !== undefined) sender.isWaiting = false;
    return sender;
  }
}

function isBefore(one: Priority, other: Priority): boolean {
  return one >> 1 < other >> 1;
}

// An answer whose parts are of no use has so many bytes in a row: an endless one must not keep the others from theirs.
const LONG_TURN = 256 * 1024;
const SHORT_TURN = 16 * 1024;

/** How many bytes a sender may send before it is the next one's turn. */
export function turnOf(priority: Priority): number {
  return isIncremental(priority) ? SHORT_TURN : LONG_TURN;
}
