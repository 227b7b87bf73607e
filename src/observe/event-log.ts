// What has happened lately, numbered, so that whoever follows can go on where it left off.
import type { BackendChange, GatewayEvent } from '../core/observer.ts';
import { Ring } from '../core/ring.ts';

// A night of flapping, in about 200 KiB.
const MOST = 1000;

/** The latest events. */
export class EventLog {
  /** The number of the latest; 0 before the first. */
  latest = 0;
  /** Nothing follows: nobody is to wait. */
  isClosed = false;
  private readonly events = new Ring<GatewayEvent>(MOST);
  private readonly waiting = new Set<() => void>();

  add(change: BackendChange, at: number): GatewayEvent {
    this.latest++;
    const event = { ...change, number: this.latest, at };
    this.events.push(event);
    this.wake();
    return event;
  }

  /** Those after a number, oldest first. All for a number that none has had yet: it is of another life of the gateway. */
  after(number: number): readonly GatewayEvent[] {
    if (number === this.latest) return [];
    const events = this.events.toArray();
    return number > this.latest ? events : events.filter((event) => event.number > number);
  }

  /** Calls back at the next event, once; returns what calls it off. */
  onNext(listener: () => void): () => void {
    this.waiting.add(listener);
    return () => this.waiting.delete(listener);
  }

  /** Calls back whoever waits. */
  close(): void {
    this.isClosed = true;
    this.wake();
  }

  private wake(): void {
    const listeners = [...this.waiting];
    this.waiting.clear();
    for (const listener of listeners) listener();
  }
}
