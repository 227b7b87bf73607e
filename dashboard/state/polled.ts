// A value that is asked for again and again.
import { useCallback, useEffect, useState } from 'preact/hooks';
import type { Failure } from '../api/client.ts';
import { needLogin } from './session.ts';

/** What a source gives. */
export type Loaded<Value> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly failure: Failure };

export type Polled<Value> = {
  /** The latest that came; null: none yet. */
  readonly value: Value | null;
  /** Why the latest question had no answer; null: it had one. */
  readonly failure: Failure | null;
  /** When `value` came, in milliseconds since 1970. */
  readonly at: number;
  readonly refresh: () => void;
};

type Held<Value> = {
  readonly key: string;
  readonly value: Value | null;
  readonly failure: Failure | null;
  readonly at: number;
};

/** Asks at once and then every `every` milliseconds, but not while nobody looks at the page. `key` says what is asked for: with
 * another one, what came before is forgotten. Null for `every`: once. */
export function usePolled<Value>(
  key: string,
  every: number | null,
  load: (signal: AbortSignal) => Promise<Loaded<Value>>,
): Polled<Value> {
  const [held, setHeld] = useState<Held<Value>>({ key, value: null, failure: null, at: 0 });
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    const control = new AbortController();
    const accept = (loaded: Loaded<Value>): void => {
      if (!loaded.ok && loaded.failure.kind === 'login') needLogin();
      setHeld((before) => afterwards(before, key, loaded));
    };
    void askUntil(control.signal, every, async () => {
      const loaded = await load(control.signal);
      if (!control.signal.aborted) accept(loaded);
      // What this gateway does not have, it will not have in a moment either.
      return loaded.ok || loaded.failure.kind === 'unreachable';
    });
    return () => control.abort();
  }, [key, every, turn]);
  const refresh = useCallback(() => setTurn((count) => count + 1), []);
  const { value, failure, at } = held.key === key ? held : { value: null, failure: null, at: 0 };
  return { value, failure, at, refresh };
}

function afterwards<Value>(before: Held<Value>, key: string, loaded: Loaded<Value>): Held<Value> {
  if (loaded.ok) return { key, value: loaded.value, failure: null, at: Date.now() };
  const known = before.key === key ? before : { value: null, at: 0 };
  return { key, value: known.value, failure: loaded.failure, at: known.at };
}

const SELDOM = 10;

async function askUntil(signal: AbortSignal, every: number | null, once: () => Promise<boolean>): Promise<void> {
  for (;;) {
    const goesOn = await once();
    if (signal.aborted || every === null) return;
    await untilPassed(goesOn ? every : every * SELDOM, signal);
    if (!signal.aborted && document.hidden) await untilSeen(signal);
    if (signal.aborted) return;
  }
}

function untilPassed(milliseconds: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, milliseconds);
  const stop = (): void => {
    clearTimeout(timer);
    resolve();
  };
  signal.addEventListener('abort', stop, { once: true });
  return promise.finally(() => signal.removeEventListener('abort', stop));
}

function untilSeen(signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const look = (): void => {
    if (!document.hidden) resolve();
  };
  document.addEventListener('visibilitychange', look);
  signal.addEventListener('abort', () => resolve(), { once: true });
  return promise.finally(() => document.removeEventListener('visibilitychange', look));
}
