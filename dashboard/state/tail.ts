// Requests as they end: by a stream, or, where the gateway has none, by questions that wait for the next one.
import { useEffect, useRef, useState } from 'preact/hooks';
import { type Asked, type Failure, ask } from '../api/client.ts';
import type { Fields } from '../api/fields.ts';
import { type RequestLine, readRequest } from '../api/request-shapes.ts';
import { follow } from '../api/stream.ts';
import { needLogin } from './session.ts';

export type Filters = {
  readonly tenant: string;
  readonly status: string;
  readonly slower: string;
  readonly method: string;
  readonly path: string;
};

export type Tail = {
  /** The newest first. */
  readonly lines: readonly RequestLine[];
  readonly state: 'loading' | 'live' | 'lost' | 'none';
  readonly failure: Failure | null;
};

const MOST = 100;
// Lines are gathered for a moment: a busy gateway has more of them than a page can draw one by one.
const GATHER = 250;
const PAUSE = 400;
const LONGER_PAUSE = 2000;
const EMPTY: Tail = { lines: [], state: 'loading', failure: null };

/** While it is paused, nothing is added. */
export function useTail(filters: Filters, isPaused: boolean): Tail {
  const [tail, setTail] = useState<Tail>(EMPTY);
  const paused = useRef(isPaused);
  paused.current = isPaused;
  useEffect(() => {
    const control = new AbortController();
    const { signal } = control;
    let fresh: readonly RequestLine[] = [];
    setTail(EMPTY);
    const settle = (change: (before: Tail) => Tail): void => {
      if (!signal.aborted) setTail(change);
    };
    const timer = setInterval(() => {
      if (fresh.length === 0 || paused.current) return;
      const found = fresh.toReversed();
      fresh = [];
      settle(({ lines }) => ({ lines: [...found, ...lines].slice(0, MOST), state: 'live', failure: null }));
    }, GATHER);
    const ears: Ears = {
      opened: () => settle(({ lines }) => ({ lines, state: 'live', failure: null })),
      add: (found) => {
        fresh = [...fresh, ...found].slice(-MOST);
      },
      lost: (failure) => {
        if (failure.kind === 'login') needLogin();
        settle(({ lines }) => ({ lines, state: failure.kind === 'unreachable' ? 'lost' : 'none', failure }));
      },
    };
    void listen(filters, ears, signal);
    return () => {
      clearInterval(timer);
      control.abort();
    };
  }, [filters]);
  return tail;
}

type Ears = {
  readonly opened: () => void;
  /** The oldest first. */
  readonly add: (found: readonly RequestLine[]) => void;
  readonly lost: (failure: Failure) => void;
};

type Query = NonNullable<Asked['query']>;

async function listen(query: Query, ears: Ears, signal: AbortSignal): Promise<void> {
  const first = await askOnce(query, ears, signal);
  if (first === 'never') return;
  let hasStream = true;
  await follow(
    '/requests/stream',
    query,
    {
      opened: ears.opened,
      message: ({ fields }) => ears.add([readRequest(fields)]),
      lost: (failure) => {
        hasStream = failure.kind !== 'absent';
        if (hasStream) ears.lost(failure);
      },
    },
    signal,
  );
  if (!hasStream) await poll(query, { after: first ?? 0, ears }, signal);
}

async function poll(query: Query, { after, ears }: { after: number; ears: Ears }, signal: AbortSignal): Promise<void> {
  let latest = after;
  while (!signal.aborted) {
    const found = await askOnce({ ...query, after: String(latest), wait: '25' }, ears, signal);
    if (found === 'never') return;
    latest = found ?? latest;
    await new Promise((resolve) => setTimeout(resolve, found === null ? LONGER_PAUSE : PAUSE));
  }
}

/** The number of the latest request; null: there was no answer; `never`: there will be none either. */
async function askOnce(query: Query, ears: Ears, signal: AbortSignal): Promise<number | null | 'never'> {
  const answer = await ask('/requests', { query: { ...query, limit: String(MOST) }, signal });
  if (signal.aborted) return 'never';
  if (answer.ok) {
    ears.opened();
    ears.add(inOrder(answer.fields));
    return answer.fields.count('latest');
  }
  ears.lost(answer.failure);
  return answer.failure.kind === 'unreachable' ? null : 'never';
}

function inOrder(fields: Fields): readonly RequestLine[] {
  return fields.list('requests', readRequest).toSorted((a, b) => a.at - b.at);
}
