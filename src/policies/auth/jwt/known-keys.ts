// The keys by which tokens are verified, as every process has them: one that looks for keys publishes what it has found, and the
// others hear of it. A request whose key is not known waits until they have been looked for again.
import type { KeyObject } from 'node:crypto';
import { type Millis } from '../../../core/units.ts';
import type { CommonValue, PolicyTools } from '../../tools.ts';
import type { Algorithm } from './algorithms.ts';
import { type FoundKeys, KeyFinder, type KeySource, NOTHING_FOUND } from './key-finder.ts';
import { type KeySet, keysFor, parseKeySet } from './key-set.ts';
import { isObject } from './token.ts';

export type Wanted = { readonly algorithm: Algorithm; readonly keyId: string | null };

/** The keys that may have signed a token. `unknown`: nobody has such a key. `unavailable`: they cannot be had. */
export type Found =
  | { readonly kind: 'keys'; readonly keys: readonly KeyObject[] }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'unavailable'; readonly reason: string };

/** One who has keys. */
export interface Keys {
  find(wanted: Wanted): Found | Promise<Found>;
}

/** Keys that the configuration has. */
export class FixedKeys implements Keys {
  constructor(private readonly set: KeySet) {}

  find({ algorithm, keyId }: Wanted): Found {
    const keys = keysFor(this.set, algorithm, keyId);
    return keys.length === 0 ? { kind: 'unknown' } : { kind: 'keys', keys };
  }
}

type KeyTools = Pick<PolicyTools, 'ask' | 'after' | 'now' | 'random' | 'report' | 'common'>;

/** The keys of all sources of one policy, which are published as one value. */
export class FetchedKeys {
  private readonly finders = new Map<string, KeyFinder>();
  private readonly sources = new Map<string, SourceKeys>();
  private all: ReadonlyMap<string, FoundKeys>;

  constructor(
    sources: readonly KeySource[],
    tools: KeyTools,
    /** Keys have gone, or others have come. */
    changed: () => void,
  ) {
    const { common } = tools;
    this.all = readFound(common.value);
    for (const source of sources) {
      const keys = new SourceKeys(source, tools, changed);
      keys.told(this.all.get(source.url) ?? NOTHING_FOUND);
      this.sources.set(source.url, keys);
    }
    common.subscribe((value) => this.told(value));
    if (common.isOurs) this.beginFinding(sources, tools, common);
  }

  of({ url }: KeySource): Keys {
    const keys = this.sources.get(url);
    if (keys === undefined) throw new Error('nobody looks for these keys');
    return keys;
  }

  close(): void {
    for (const finder of this.finders.values()) finder.close();
  }

  private told(value: string): void {
    this.all = readFound(value);
    for (const [url, keys] of this.sources) {
      const found = this.all.get(url);
      if (found !== undefined) keys.told(found);
    }
  }

  private beginFinding(sources: readonly KeySource[], tools: KeyTools, common: CommonValue): void {
    for (const source of sources) {
      const publish = (found: FoundKeys): void =>
        common.publish(JSON.stringify(Object.fromEntries([...this.all, [source.url, found]])));
      this.finders.set(source.url, new KeyFinder(source, this.all.get(source.url) ?? NOTHING_FOUND, tools, publish));
    }
    common.wanted((url) => this.finders.get(url)?.wanted());
    for (const finder of this.finders.values()) finder.begin();
  }
}

class SourceKeys implements Keys {
  private found = NOTHING_FOUND;
  private set: KeySet = [];
  private readonly waiting = new Set<() => void>();

  constructor(
    private readonly source: KeySource,
    private readonly tools: Pick<KeyTools, 'now' | 'after' | 'common'>,
    private readonly changed: () => void,
  ) {}

  told(found: FoundKeys): void {
    const { keys } = this.found;
    this.found = found;
    if (found.keys !== keys) {
      const parsed = parseKeySet(found.keys ?? '');
      this.set = parsed.ok ? parsed.value : [];
      this.changed();
    }
    for (const call of this.waiting) call();
  }

  find(wanted: Wanted): Found | Promise<Found> {
    const known = this.known(wanted);
    if (known !== null) return known;
    const { wantedAt, attempts } = this.found;
    const { now, common } = this.tools;
    // It has just been looked for.
    if (attempts > 0 && wantedAt !== null && now() - wantedAt < this.source.cooldown) return this.missing;
    common.want(this.source.url);
    return this.afterNext(wanted, attempts);
  }

  private known({ algorithm, keyId }: Wanted): Found | null {
    const keys = this.isTooOld ? [] : keysFor(this.set, algorithm, keyId);
    return keys.length === 0 ? null : { kind: 'keys', keys };
  }

  private get isTooOld(): boolean {
    return this.tools.now() - this.found.at > this.source.maxStale;
  }

  private get missing(): Found {
    const { problem } = this.found;
    if (problem === null && !this.isTooOld) return { kind: 'unknown' };
    return {
      kind: 'unavailable',
      reason: `the keys of tokens cannot be had: ${problem ?? 'there was no answer in time'}`,
    };
  }

  // When the next attempt has come to its end.
  private afterNext(wanted: Wanted, attempts: number): Promise<Found> {
    const { promise, resolve } = Promise.withResolvers<Found>();
    const late = { kind: 'unavailable', reason: 'the keys of tokens were not there in time' } as const;
    const end = (found: Found): void => {
      this.waiting.delete(look);
      cancel();
      resolve(found);
    };
    const look = (): void => {
      if (this.found.attempts !== attempts) end(this.known(wanted) ?? this.missing);
    };
    this.waiting.add(look);
    const cancel = this.tools.after(this.source.timeout satisfies Millis, () => end(late));
    return promise;
  }
}

// Told by a process of the same program.
function readFound(value: string | null): ReadonlyMap<string, FoundKeys> {
  const parsed: unknown = value === null ? {} : JSON.parse(value);
  return new Map(
    isObject(parsed) ? Object.entries(parsed).filter((entry): entry is [string, FoundKeys] => isFound(entry[1])) : [],
  );
}

function isFound(value: unknown): value is FoundKeys {
  return isObject(value) && typeof value['attempts'] === 'number' && typeof value['at'] === 'number';
}
