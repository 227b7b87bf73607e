// Bounds a lookup: how long one question may take, and how many are asked at once.
import type { Clock } from '../core/clock.ts';
import { err } from '../core/result.ts';
import { type Millis, formatDuration } from '../core/units.ts';
import type { Answer, Lookup } from './contract.ts';

export type LookupBounds = {
  readonly clock: Clock;
  /** For one question, not counting its wait for a turn. */
  readonly timeout: Millis;
  /** How many questions may be open at once. */
  readonly concurrent: number;
};

/** The same lookup within bounds. */
export function boundLookup(lookup: Lookup, bounds: LookupBounds): Lookup {
  const turns = new Turns(bounds.concurrent);
  const bounded = async <T>(ask: Ask<T>, signal: AbortSignal): Promise<Answer<T>> => {
    await turns.take();
    try {
      return signal.aborted ? cancelled() : await within(bounds, ask, signal);
    } finally {
      turns.give();
    }
  };
  return {
    addresses: (name, version, signal) => bounded((inner) => lookup.addresses(name, version, inner), signal),
    srv: (name, signal) => bounded((inner) => lookup.srv(name, inner), signal),
  };
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

/** Gives turns in the order in which they are asked for. */
class Turns {
  private readonly waiting: (() => void)[] = [];

  constructor(private free: number) {}

  async take(): Promise<void> {
    if (this.free > 0) {
      this.free--;
      return;
    }
    const turn = Promise.withResolvers<undefined>();
    this.waiting.push(() => turn.resolve(undefined));
    await turn.promise;
  }

  give(): void {
    const next = this.waiting.shift();
    if (next === undefined) this.free++;
    else next();
  }
}
