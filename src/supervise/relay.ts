// Passes on to the workers what the owner of standing and names has to tell: all that changes in one turn of the event loop in
// one message.
import type { Slot } from '../core/cells.ts';
import type { Failure } from '../core/failure.ts';
import type { PoolName } from '../core/pool-name.ts';
import type { NameNews } from '../discovery/names.ts';
import type { StandingEvents } from '../standing/contract.ts';
import type { Ineligibility } from '../standing/eligibility.ts';
import type { News, SlotNews } from './messages.ts';

export type RelayTools = {
  /** Runs a task at the end of the turn. */
  readonly atEnd: (task: () => void) => void;
  readonly send: (news: News) => void;
  /** Why a backend gets no requests; null: nothing keeps them away. */
  readonly why: (slot: Slot) => Ineligibility | null;
  /** Somebody follows. Whoever comes later is told all that stands. */
  readonly isHeard: () => boolean;
};

type Unsent = {
  readonly slots: SlotNews[];
  readonly changed: Set<Slot>;
  readonly names: Map<string, NameNews>;
  readonly doubted: Slot[];
  readonly cut: { readonly slot: Slot; readonly why: Failure }[];
};

export class Relay implements StandingEvents {
  private unsent = nothing();
  private isArmed = false;

  constructor(
    /** This process's own backends. */
    private readonly own: StandingEvents,
    private readonly tools: RelayTools,
  ) {}

  entered(name: PoolName, identity: string, slot: Slot): void {
    this.own.entered(name, identity, slot);
    if (!this.tools.isHeard()) return;
    const { tenant, pool } = name;
    this.news.slots.push({ tenant, pool, identity, slot });
    this.news.changed.add(slot);
  }

  changed(slot: Slot): void {
    this.own.changed(slot);
    if (this.tools.isHeard()) this.news.changed.add(slot);
  }

  doubted(slot: Slot): void {
    this.own.doubted(slot);
    this.news.doubted.push(slot);
  }

  cut(slot: Slot, why: Failure): void {
    this.own.cut(slot, why);
    this.news.cut.push({ slot, why });
  }

  tellName(news: NameNews): void {
    this.news.names.set(news.key, news);
  }

  /** Sends what there is at once: what is sent next depends on it. */
  flush(): void {
    if (!this.isArmed) return;
    this.isArmed = false;
    const { changed, names, ...rest } = this.unsent;
    this.unsent = nothing();
    this.tools.send({ ...rest, changed: this.standingOf(changed), names: [...names.values()] });
  }

  private standingOf(slots: Iterable<Slot>): News['changed'] {
    return Array.from(slots, (slot) => ({ slot, why: this.tools.why(slot) }));
  }

  private get news(): Unsent {
    if (!this.isArmed) {
      this.isArmed = true;
      this.tools.atEnd(this.flushAtEnd);
    }
    return this.unsent;
  }

  // One for all turns.
  private readonly flushAtEnd = (): void => this.flush();
}

function nothing(): Unsent {
  return { slots: [], changed: new Set(), names: new Map(), doubted: [], cut: [] };
}
