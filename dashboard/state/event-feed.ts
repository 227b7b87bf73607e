// The gateway's events, live: by a stream, or, where it has none, by questions that wait for the next one.
import { useEffect, useState } from 'preact/hooks';
import { type Failure, ask } from '../api/client.ts';
import { follow } from '../api/stream.ts';
import { type EventLine, readEvent } from '../api/tenant-shapes.ts';
import { needLogin } from './session.ts';

export type Feed = {
  /** The newest first. */
  readonly events: readonly EventLine[];
  readonly state: 'loading' | 'live' | 'lost' | 'none';
  readonly failure: Failure | null;
};

const MOST = 1000;
const PAUSE = 2000;
const WAIT = '25';

const EMPTY: Feed = { events: [], state: 'loading', failure: null };

export function useEventFeed(): Feed {
  const [feed, setFeed] = useState<Feed>(EMPTY);
  useEffect(() => {
    const control = new AbortController();
    const add = (found: readonly EventLine[]): void => {
      if (!control.signal.aborted)
        setFeed(({ events }) => ({ events: merged(events, found), state: 'live', failure: null }));
    };
    const lose = (failure: Failure): void => {
      if (control.signal.aborted) return;
      if (failure.kind === 'login') needLogin();
      setFeed(({ events }) => ({ events, state: failure.kind === 'unreachable' ? 'lost' : 'none', failure }));
    };
    void feedUntil(control.signal, add, lose);
    return () => control.abort();
  }, []);
  return feed;
}

type Add = (found: readonly EventLine[]) => void;
type Lose = (failure: Failure) => void;

async function feedUntil(signal: AbortSignal, add: Add, lose: Lose): Promise<void> {
  const { latest } = await pollOnce(0, { add, lose, signal });
  let hasStream = true;
  const ears = {
    opened: () => add([]),
    message: ({ fields }: { fields: Parameters<typeof readEvent>[0] }) => add([readEvent(fields)]),
    lost: (failure: Failure) => {
      hasStream = failure.kind !== 'absent' && failure.kind !== 'refused';
      if (hasStream) lose(failure);
    },
  };
  await follow('/events/stream', { after: String(latest) }, ears, signal);
  if (!hasStream) await pollUntil(latest, { add, lose, signal });
}

type Ears = { readonly add: Add; readonly lose: Lose; readonly signal: AbortSignal };

async function pollUntil(after: number, ears: Ears): Promise<void> {
  let at = after;
  while (!ears.signal.aborted) {
    const { latest, isAnswered } = await pollOnce(at, ears, WAIT);
    at = latest;
    if (!isAnswered) await new Promise((resolve) => setTimeout(resolve, PAUSE));
  }
}

async function pollOnce(after: number, { add, lose, signal }: Ears, wait: string | null = null) {
  const query = { after: String(after), ...(wait === null ? {} : { wait }) };
  const answer = await ask('/events', { query, signal });
  if (!answer.ok) {
    lose(answer.failure);
    return { latest: after, isAnswered: false };
  }
  add(answer.fields.list('events', readEvent));
  // Where it is smaller, numbers have begun anew.
  return { latest: answer.fields.count('latest'), isAnswered: true };
}

/** The newest first, each once. */
function merged(known: readonly EventLine[], found: readonly EventLine[]): readonly EventLine[] {
  if (found.length === 0) return known;
  const keys = new Set(known.map(keyOf));
  const fresh = found.filter((event) => !keys.has(keyOf(event)));
  if (fresh.length === 0) return known;
  return [...fresh.toReversed(), ...known].slice(0, MOST);
}

function keyOf({ number, at }: EventLine): string {
  return `${number} ${at}`;
}
