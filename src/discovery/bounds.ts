// Bounds lookups: how long one question may take, and how many are open at once, in all and for each asker.
import type { Clock } from '../core/clock.ts';
import { err } from '../core/result.ts';
import { type Millis, formatDuration } from '../core/units.ts';
import type { Answer, Lookup } from './contract.ts';
import { Ticket, type TurnLimits, Turns } from './turns.ts';

// A question costs a socket and some memory, and no thread. A gateway with thousands of names must neither flood its DNS
// server nor run out of sockets. One asker may have 8, so that a start with many names does not take long.
const USUAL: TurnLimits = { all: 128, each: 8 };
// For names whose latest question got no answer in time: however many tenants have names that hang, they take no turn of
// names that are answered.
const HANGING: TurnLimits = { all: 64, each: 4 };

export type LookupBounds = {
  readonly clock: Clock;
  /** For one question, not counting its wait for a turn. */
  readonly timeout: Millis;
  /** By default what suits a gateway. */
  readonly limits?: { readonly usual: TurnLimits; readonly hanging: TurnLimits };
};

/** Owns the bounds of all lookups of a gateway. */
export class BoundLookups {
  private readonly usual: Turns;
  private readonly hanging: Turns;

  constructor(
    public lookup: Lookup,
    private bounds: LookupBounds,
  ) {
    const { usual, hanging } = bounds.limits ?? { usual: USUAL, hanging: HANGING };
    this.usual = new Turns(usual);
    this.hanging = new Turns(hanging);
  }

  /** The lookup for one name, on behalf of those who want to know it. */
  for(asker: string): BoundLookup {
    return new BoundLookup(this, asker);
  }

  turnsFor(isHanging: boolean): Turns {
    return isHanging ? this.hanging : this.usual;
  }

  get limits(): LookupBounds {
    return this.bounds;
  }

  /** Questions that begin from here on are asked in this way. */
  askBy(lookup: Lookup, timeout: Millis): void {
    this.lookup = lookup;
    this.bounds = { ...this.bounds, timeout };
  }
}

type Waiting = { readonly ticket: Ticket; readonly turns: Turns };

/** Asks for one name within the bounds. */
export class BoundLookup implements Lookup {
  private readonly askers = new Set<string>();
  private readonly waiting = new Set<Waiting>();
  /** The latest question got no answer in time. */
  private isHanging = false;

  constructor(
    private readonly home: BoundLookups,
    asker: string,
  ) {
    this.askers.add(asker);
  }

  /** Somebody else wants to know the name as well: its questions are asked in the turn of whoever has one first. */
  join(asker: string): void {
    if (this.askers.has(asker)) return;
    this.askers.add(asker);
    for (const { ticket, turns } of this.waiting) turns.wait(ticket, asker);
  }

  leave(asker: string): void {
    if (this.askers.size > 1) this.askers.delete(asker);
  }

  spellings(name: string): Promise<readonly string[]> {
    return this.home.lookup.spellings(name);
  }

  addresses: Lookup['addresses'] = (name, version, signal) =>
    this.bounded((inner) => this.home.lookup.addresses(name, version, inner), signal);

  srv: Lookup['srv'] = (name, signal) => this.bounded((inner) => this.home.lookup.srv(name, inner), signal);

  names: Lookup['names'] = (address, signal) => this.bounded((inner) => this.home.lookup.names(address, inner), signal);

  private async bounded<T>(ask: Ask<T>, signal: AbortSignal): Promise<Answer<T>> {
    const give = await this.turn(signal);
    if (give === null) return cancelled();
    try {
      const answer = await within(this.home.limits, ask, signal);
      this.isHanging = !answer.ok && answer.error.code === 'timeout';
      return answer;
    } finally {
      give();
    }
  }

  /** Null: nobody wants to know any more. */
  private turn(signal: AbortSignal): Promise<(() => void) | null> {
    if (signal.aborted) return Promise.resolve(null);
    const { promise, resolve } = Promise.withResolvers<(() => void) | null>();
    const abort = (): void => {
      waiting.ticket.isOver = true;
      this.waiting.delete(waiting);
      resolve(null);
    };
    const ticket = new Ticket((give) => {
      this.waiting.delete(waiting);
      signal.removeEventListener('abort', abort);
      resolve(give);
    });
    const waiting = { ticket, turns: this.home.turnsFor(this.isHanging) };
    this.waiting.add(waiting);
    signal.addEventListener('abort', abort, { once: true });
    for (const asker of this.askers) waiting.turns.wait(ticket, asker);
    return promise;
  }
}

type Ask<T> = (signal: AbortSignal) => Promise<Answer<T>>;

// Does not wait for the lookup to end: the system's own cannot be cancelled. An answer that comes too late is ignored.
async function within<T>({ clock, timeout }: LookupBounds, ask: Ask<T>, signal: AbortSignal): Promise<Answer<T>> {
  const abort = new AbortController();
  const late = Promise.withResolvers<Answer<T>>();
  const end = (answer: Answer<T>): void => {
    late.resolve(answer);
    abort.abort();
  };
  const cancelTimer = clock.after(timeout, () =>
    end(err({ code: 'timeout', detail: `no answer within ${formatDuration(timeout)}` })),
  );
  const onAbort = (): void => end(cancelled());
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([late.promise, ask(abort.signal)]);
  } finally {
    cancelTimer();
    signal.removeEventListener('abort', onAbort);
  }
}

function cancelled(): { readonly ok: false; readonly error: { readonly code: 'cancelled'; readonly detail: string } } {
  return err({ code: 'cancelled', detail: 'cancelled' });
}
