// Names for which a certificate is got when a client asks for them, in one process: who waits for which, and for which none is to be
// had for a while.
import { BoundedMap } from '../core/bounded-map.ts';
import { isPublicName } from '../core/certificate-names.ts';

// Names are made up by whoever likes to.
const MOST_REFUSED = 10_000;
const MOST_AWAITED = 1000;

export class AwaitedNames {
  private readonly waiting = new Map<string, Set<() => void>>();
  /** Until when none is to be had, in milliseconds since 1970. */
  private readonly refused = new BoundedMap<string, number>(MOST_REFUSED);

  /** Has one got; `came` or `refuse` follows, later. Null: nobody gets any. */
  ask: ((name: string) => void) | null = null;

  constructor(private readonly wall: () => number) {}

  /** Returns what ends the wait; null: there is nothing to wait for. */
  wait(name: string, come: () => void): (() => void) | null {
    const { ask, waiting } = this;
    const known = waiting.get(name);
    if (known === undefined && (ask === null || waiting.size >= MOST_AWAITED || !this.mayAsk(name))) return null;
    const calls = known ?? new Set();
    calls.add(come);
    waiting.set(name, calls);
    if (known === undefined) ask?.(name);
    return () => {
      calls.delete(come);
      // Whoever comes next asks again: the answer may be lost.
      if (calls.size === 0 && waiting.get(name) === calls) waiting.delete(name);
    };
  }

  private mayAsk(name: string): boolean {
    return isPublicName(name) && (this.refused.get(name) ?? 0) <= this.wall();
  }

  /** Other certificates are in force. */
  came(isServed: (name: string) => boolean): void {
    for (const name of this.waiting.keys()) if (isServed(name)) this.settle(name);
  }

  /** None is to be had before that time. */
  refuse(name: string, until: number): void {
    this.refused.set(name, until);
    this.settle(name);
  }

  /** Another plan may allow what was refused. */
  forget(): void {
    this.refused.clear();
  }

  private settle(name: string): void {
    const calls = this.waiting.get(name);
    this.waiting.delete(name);
    for (const come of calls ?? []) come();
  }
}
