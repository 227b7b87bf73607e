// Plays all cases in one manner against one target, many at a time, and judges them.
import { eventually } from '../support/eventually.ts';
import type { Pacing } from '../support/pacing.ts';
import type { Expectation, WireCase } from './case.ts';
import { type CaseBackend, tokenFor } from './case-backend.ts';
import { type UpstreamView, judge } from './judge.ts';
import { type Observation, type Play, type Target, observe } from './observe.ts';

/** `whole`: in one piece; `split`: cut once at a seeded place; `bytes`: byte by byte. */
export type Manner = 'whole' | 'split' | 'bytes';

export const MANNERS: readonly Manner[] = ['whole', 'split', 'bytes'];

export type Verdict = {
  readonly wireCase: WireCase;
  readonly problems: readonly string[];
  readonly observation: Observation;
  readonly upstream: UpstreamView;
};

const CONCURRENCY = 48;
const SETTLE_MILLIS = 5_000;

/** Plays the cases; the verdicts come in the order of the cases. */
export async function playAll(
  target: Target,
  backend: CaseBackend,
  options: { readonly cases: readonly WireCase[]; readonly manner: Manner; readonly seed: number },
): Promise<Verdict[]> {
  const { cases, manner } = options;
  const random = randomFrom(options.seed);
  const plays = cases.map((wireCase, index) => {
    const token = tokenFor(index, manner);
    const pacing: Pacing = manner === 'split' ? { kind: 'split', at: random() } : { kind: manner };
    backend.add(token, wireCase, pacing);
    const play: Play = {
      wireCase,
      token,
      pacing,
      release: (key) => backend.recording.release(key),
      backendClosed: (key, bound) => eventually(() => backend.isClosed(key), bound),
    };
    return play;
  });
  const observations = new Map<string, Observation>();
  const playOne = async (play: Play): Promise<void> => void observations.set(play.token, await observe(target, play));
  await inParallel(
    plays.filter(({ wireCase }) => wireCase.isAlone !== true),
    CONCURRENCY,
    playOne,
  );
  await inParallel(
    plays.filter(({ wireCase }) => wireCase.isAlone === true),
    1,
    playOne,
  );
  const verdicts = plays.map(({ wireCase, token }) => async (): Promise<Verdict> => {
    const observation = observations.get(token);
    if (observation === undefined) throw new Error(`${wireCase.name} was not played`);
    const problems = (): string[] =>
      judge(withToken(wireCase.expect, token), { observation, upstream: backend.view(token) });
    // Give connections a moment to close. Requests that reach the backend late have arrived by now.
    await eventually(() => problems().length === 0, SETTLE_MILLIS);
    return { wireCase, problems: problems(), observation, upstream: backend.view(token) };
  });
  return inParallel(verdicts, verdicts.length, (verdict) => verdict());
}

/** The expectation of the play with this token. */
export function withToken(expect: Expectation, token: string): Expectation {
  return substitute(expect, token) as Expectation;
}

function substitute(value: unknown, token: string): unknown {
  if (typeof value === 'string') return value.replaceAll('{id}', token);
  if (Array.isArray(value)) return value.map((item) => substitute(item, token));
  if (value instanceof RegExp) return new RegExp(value.source.replaceAll('\\{id\\}', token), value.flags);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, substitute(item, token)]));
}

/** Works on so many of them at a time; the results come in their order. */
export async function inParallel<In, Out>(
  items: readonly In[],
  width: number,
  work: (item: In) => Promise<Out>,
): Promise<Out[]> {
  const results: Out[] = [];
  let next = 0;
  const lanes = Array.from({ length: Math.min(width, items.length) }, async () => {
    while (next < items.length) {
      const index = next++;
      results[index] = await work(items[index]);
    }
  });
  await Promise.all(lanes);
  return results;
}

// xorshift32: the same seed cuts at the same places.
function randomFrom(seed: number): () => number {
  let state = seed | 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 4_294_967_296;
  };
}
