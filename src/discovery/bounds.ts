// A lookup that never takes too long and never asks too much at once.
import type { Clock } from '../core/clock.ts';
import { err } from '../core/result.ts';
import { type Millis, formatDuration } from '../core/units.ts';
import type { Answer, Lookup } from './contract.ts';

export type LookupBounds = {
  readonly clock: Clock;
  /** Of one question, without the time that it waits for its turn. */
  readonly timeout: Millis;
  /** Questions at a time. */
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

// Not every lookup can be called off (that of the system cannot), so an answer that comes too late is left alone.
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

/** First come, first served. */
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
