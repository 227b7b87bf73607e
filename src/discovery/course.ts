// One attempt to connect to a host that is named: its addresses are tried one after the other, and the next one also beside
// an attempt that takes long (RFC 8305). Where nobody answers, the name is asked for anew, and what it says is tried, too.
import type { Clock } from '../core/clock.ts';
import { millis } from '../core/units.ts';
import type { Addresses } from './address-book.ts';

// RFC 8305 8: the time after which the next address is tried, too.
const STAGGER = millis(250);
// So many times nobody has answered: the addresses may be out of date.
const DOUBTFUL = 2;
// As long as a connection may take by default. Whoever connects has a deadline of its own.
const LAST = 12;
// A name may have hundreds of addresses; each that is tried costs a socket.
const MOST = 8;

export type CourseTools = { readonly addresses: Addresses; readonly clock: Pick<Clock, 'after'> };

/** Says which address is tried when. Exactly one of `reached` (true) and `giveUp` ends it. */
export class Course {
  private readonly tried = new Set<string>();
  private running = 0;
  private ticks = 0;
  private isOver = false;
  private cancelTimer: (() => void) | null = null;

  constructor(
    private readonly name: string,
    private readonly tools: CourseTools,
    private readonly runner: {
      /** An attempt begins; `reached` or `unreachable` follows. */
      start(address: string): void;
      /** No address could be reached. */
      giveUp(): void;
    },
  ) {}

  /** The name must have been resolved. */
  begin(): void {
    this.next(this.tools.addresses.inTurn(this.name) ?? []);
    if (this.running === 0) this.finish();
    else this.arm();
  }

  /** True: this is the connection to use. False: there is one already, or nobody wants one any more. */
  reached(address: string): boolean {
    this.running--;
    if (this.isOver) return false;
    this.end();
    this.tools.addresses.reached(this.name, address);
    return true;
  }

  unreachable(address: string): void {
    this.running--;
    if (this.isOver) return;
    this.tools.addresses.unreachable(this.name, address);
    this.next(this.tools.addresses.known(this.name));
    if (this.running === 0) this.finish();
  }

  /** The gateway itself had no descriptor or port left to try an address: that says nothing of the address, and nobody else
   * is tried because of it. */
  lacking(): void {
    this.running--;
    if (this.running === 0) this.finish();
  }

  /** Nobody wants a connection any more. */
  end(): void {
    this.isOver = true;
    this.cancelTimer?.();
  }

  private finish(): void {
    if (this.isOver) return;
    this.end();
    this.runner.giveUp();
  }

  private next(known: readonly string[]): void {
    const address = this.tried.size < MOST ? known.find((one) => !this.tried.has(one)) : undefined;
    if (address === undefined) return;
    this.tried.add(address);
    this.running++;
    this.runner.start(address);
  }

  private arm(): void {
    if (this.isOver || this.ticks === LAST) return;
    this.cancelTimer = this.tools.clock.after(STAGGER, () => {
      this.ticks++;
      if (this.ticks >= DOUBTFUL) this.tools.addresses.doubt(this.name);
      this.next(this.tools.addresses.known(this.name));
      this.arm();
    });
  }
}
