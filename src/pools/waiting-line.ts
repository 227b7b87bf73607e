// Requests that wait for a backend: first come, first served, bounded in number and in time.
import type { TenantNumbers } from '../core/tenant-cells.ts';
import { Timed, type TimerWheel } from '../core/timer-wheel.ts';
import type { Millis } from '../core/units.ts';
import type { Backend } from './backend.ts';

export const NONE_TRIED: readonly Backend[] = [];

/** A request that waits for a backend, for a limited time. */
export abstract class Waiter extends Timed {
  nextWaiter: Waiter | null = null;
  previousWaiter: Waiter | null = null;
  /** By which a hashing balancer picks its backend. */
  keyHash = 0;
  /** Backends that have failed this request. */
  tried: readonly Backend[] = NONE_TRIED;
  /** The line that it stands in; null: it does not wait. */
  line: WaitingLine | null = null;
  /** The request has got a place at this backend, which counts it already. */
  abstract admitted(backend: Backend): void;
}

/** The line of one pool. After the timeout `Waiter.expired` is called, and the waiter has to leave the line itself. */
export class WaitingLine {
  size = 0;
  private first: Waiter | null = null;
  private last: Waiter | null = null;

  constructor(
    private limit: number,
    private timeout: Millis,
    private readonly wheel: TimerWheel,
    private readonly numbers: TenantNumbers,
  ) {}

  /** For requests that come from here on. Those in line may wait for as long as they could before. */
  reconfigure(limit: number, timeout: Millis): void {
    this.limit = limit;
    this.timeout = timeout;
  }

  join(waiter: Waiter): boolean {
    if (!this.numbers.joins(this.limit)) return false;
    waiter.line = this;
    waiter.previousWaiter = this.last;
    if (this.last === null) this.first = waiter;
    else this.last.nextWaiter = waiter;
    this.last = waiter;
    this.size++;
    this.wheel.set(waiter, this.timeout);
    return true;
  }

  leave(waiter: Waiter): void {
    if (waiter.line !== this) return;
    this.unlink(waiter);
    this.wheel.remove(waiter);
  }

  private unlink(waiter: Waiter): void {
    waiter.line = null;
    if (waiter.previousWaiter === null) this.first = waiter.nextWaiter;
    else waiter.previousWaiter.nextWaiter = waiter.nextWaiter;
    if (waiter.nextWaiter === null) this.last = waiter.previousWaiter;
    else waiter.nextWaiter.previousWaiter = waiter.previousWaiter;
    waiter.nextWaiter = null;
    waiter.previousWaiter = null;
    this.size--;
    this.numbers.leavesLine();
  }

  /** Takes the first out of the line. */
  next(): Waiter | null {
    const waiter = this.first;
    if (waiter !== null) this.leave(waiter);
    return waiter;
  }

  /** The same for one that may have to come back: it keeps its deadline. `serve` or `comeBack` follows at once. */
  callFirst(): Waiter | null {
    const waiter = this.first;
    if (waiter !== null) this.unlink(waiter);
    return waiter;
  }

  /** One that was called is the first in line again. */
  comeBack(waiter: Waiter): void {
    waiter.line = this;
    waiter.nextWaiter = this.first;
    if (this.first === null) this.last = waiter;
    else this.first.previousWaiter = waiter;
    this.first = waiter;
    this.size++;
    this.numbers.comesBack();
  }

  /** One that was called has got a place. */
  serve(waiter: Waiter): void {
    this.wheel.remove(waiter);
  }

  /** No backend can come back for those in line: all of them stop waiting now. */
  dismiss(): void {
    for (let waiter = this.next(); waiter !== null; waiter = this.next()) waiter.expired();
  }
}
