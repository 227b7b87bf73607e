// The latest events, numbered, so that a client that follows them can go on where it left off.
import type { BackendChange, GatewayChange, GatewayEvent, TenantChange } from '../core/observer.ts';
import { Ring } from '../core/ring.ts';
import type { KeptPast } from './history/kept-past.ts';

// About 200 KiB of memory; enough for a night in which a backend flaps.
const MOST = 1000;

/** The latest events. */
export class EventLog {
  /** The gateway is ending: no event will follow, so nothing may wait for one. */
  isClosed = false;
  /** Where older ones are; null: nowhere. */
  kept: Pick<KeptPast, 'eventsBetween'> | null = null;
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
    if (shift === 0) return;
    const events = this.events.toArray();
    this.events = new Ring<GatewayEvent>(MOST);
    for (const event of events) this.events.push({ ...event, number: event.number + shift });
    this.latest += shift;
    this.first += shift;
    this.wake();
  }

  /** What was told by an earlier process comes before what was told here. Returns the number after which this one began. Where
   * the earlier one has used the same numbers, those of this one go on after its. */
  restore(earlier: readonly GatewayEvent[]): number {
    this.continueAfter(earlier.at(-1)?.number ?? 0);
    const own = this.events.toArray().filter(({ number }) => number > this.first);
    this.events = new Ring<GatewayEvent>(MOST);
    for (const event of [...earlier, ...own]) this.events.push(event);
    return this.first;
  }

  /** Those after a number that are not among the latest any more, as far as they are kept; null: there are none. */
  older(number: number): Promise<readonly GatewayEvent[]> | null {
    const [oldest] = this.events.toArray();
    const before = oldest?.number ?? this.latest + 1;
    return number + 1 >= before || this.kept === null ? null : this.kept.eventsBetween(number, before);
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
