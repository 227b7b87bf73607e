// The latest events, numbered, so that a client that follows them can go on where it left off.
import type { BackendChange, GatewayChange, GatewayEvent, TenantChange } from '../core/observer.ts';
import { Ring } from '../core/ring.ts';

// About 200 KiB of memory; enough for a night in which a backend flaps.
const MOST = 1000;

/** The latest events. */
export class EventLog {
  /** The gateway is ending: no event will follow, so nothing may wait for one. */
  isClosed = false;
  private events = new Ring<GatewayEvent>(MOST);
  /** After which number it began. */
  private first: number;
  private readonly waiting = new Set<() => void>();

  constructor(
    /** The number of the latest event; 0 before the first. */
    public latest: number,
  ) {
    this.first = latest;
  }

  add(change: BackendChange | TenantChange | (GatewayChange & { readonly tenant: null }), at: number): GatewayEvent {
    this.latest++;
    const event = { backend: null, ...change, number: this.latest, at };
    this.events.push(event);
    this.wake();
    return event;
  }

  /** The events after a number, oldest first. All of them if no event has had that number yet: the client knows it from
   * before a restart. */
  after(number: number): readonly GatewayEvent[] {
    if (number === this.latest) return [];
    const events = this.events.toArray();
    return number > this.latest ? events : events.filter((event) => event.number > number);
  }

  /** Another process has told of events up to this number meanwhile: nobody has been told of those here, and they come after
   * it. */
  continueAfter(number: number): void {
    const shift = Math.max(0, number - this.first);
    const events = this.events.toArray();
    this.events = new Ring<GatewayEvent>(MOST);
    for (const event of events) this.events.push({ ...event, number: event.number + shift });
    this.latest += shift;
    this.first += shift;
    this.wake();
  }

  /** Calls `listener` once, at the next event; the returned function cancels that. */
  onNext(listener: () => void): () => void {
    this.waiting.add(listener);
    return () => this.waiting.delete(listener);
  }

  /** Calls all listeners that still wait. */
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
