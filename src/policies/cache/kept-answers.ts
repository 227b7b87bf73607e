// The answers that a cache keeps: which ones may be kept and are worth it, whether they still hold, and what is remembered of
// those that were not kept.
import { BoundedMap } from '../../core/bounded-map.ts';
import { type Millis, millis } from '../../core/units.ts';
import type { Purge } from '../contract.ts';
import type { PolicyTools } from '../tools.ts';
import type { Asked } from './asked.ts';
import type { Entry, Made } from './entry.ts';
import type { Flight } from './flight.ts';
import { type Assessment, type Field, type Rules, assess, valueIn } from './freshness.ts';
import { Invalidation, type Place, type Stamp } from './invalidation.ts';
import { wishesOf } from './client-wishes.ts';
import type { CacheOptions } from './options.ts';
import { keptQuery } from './query.ts';
import { Store } from './store.ts';
import { variedFields } from './vary.ts';

// For so long requests for an answer that cannot be kept do not wait for each other.
const NOT_KEPT_FOR = millis(10_000);
const MOST_REMEMBERED = 10_000;
// Where memory is short, a large answer is kept when it is asked for again within that time.
const LARGE = 64 * 1024;
const ASKED_AGAIN_WITHIN = millis(600_000);
const MOST_TAGS = 64;

/** An answer that may be kept. */
type Answer = {
  readonly status: number;
  readonly fields: Made['fields'];
  readonly stored: Extract<Assessment, { readonly kind: 'store' }>;
};

export class KeptAnswers {
  private readonly store: Store;
  private readonly invalidation: Invalidation;
  /** Keys of answers that could not be kept, with the time until which nobody waits for them. */
  private readonly notKept = new BoundedMap<string, Millis>(MOST_REMEMBERED);
  /** Keys of large answers that were not kept, with the time of the request. */
  private readonly askedOnce = new BoundedMap<string, Millis>(MOST_REMEMBERED);
  private readonly rules: Rules;
  private readonly knowsCookies: boolean;

  constructor(
    private readonly options: CacheOptions,
    private readonly tools: Pick<PolicyTools, 'words' | 'now' | 'wallTime' | 'memory'>,
  ) {
    const { key = [], bypass_cookies: bypassCookies } = options;
    this.store = new Store(tools.memory, options.memory);
    this.invalidation = new Invalidation(tools.words);
    this.knowsCookies = bypassCookies.length > 0 || key.some(({ from }) => from === 'cookie');
    this.rules = {
      statuses: new Set(options.statuses),
      defaultTtl: options.default_ttl ?? null,
      maxTtl: options.max_ttl,
      staleWhileRevalidate: options.stale_while_revalidate,
      staleIfError: options.stale_if_error,
      storesCookies: options.store_cookies,
    };
  }

  close(): void {
    this.store.close();
  }

  /** The longest body that is kept. */
  get largest(): number {
    return this.options.max_object;
  }

  purge(what: Purge): void {
    if (what.kind !== 'url' || what.query === null) return this.invalidation.purge(what);
    this.invalidation.purge({ ...what, query: keptQuery(what.query, this.options.query) });
  }

  /** The answer for that request, if it still holds; it may be too old. */
  find({ key, field }: Asked): Entry | null {
    const entry = this.store.find(key, field);
    if (entry === null || this.invalidation.holds(entry.made.stamp)) return entry;
    this.store.remove(entry);
    return null;
  }

  /** There are answers for that key, perhaps to requests with other fields. */
  has(key: string): boolean {
    return this.store.has(key);
  }

  stampOf(place: Place): Stamp {
    return this.invalidation.stampOf(place);
  }

  /** Whether an answer with these fields may be kept. */
  assess({ isAuthorized, field }: Asked, status: number, fields: readonly Field[]): Assessment {
    const hasCookies = field('cookie') !== null && !this.knowsCookies;
    const directives = wishesOf(field('cache-control'), null);
    return assess({ status, fields }, { isAuthorized, hasCookies, directives }, this.rules, this.tools.wallTime());
  }

  /** What is kept of an answer with these fields; null: it cannot be kept. */
  made({ key, field }: Asked, stamp: Stamp, { status, fields, stored }: Answer): Omit<Made, 'body'> | null {
    const value = (name: string): string | null =>
      valueIn(
        fields.map(([one, text]) => [one.toLowerCase(), text]),
        name,
      );
    const tags = (value(this.options.tags) ?? '').split(/[\s,]+/).filter((tag) => tag !== '');
    const held = tags.length > MOST_TAGS ? null : this.invalidation.withTags(stamp, tags);
    if (held === null) return null;
    const isCoded = value('content-encoding') !== null;
    return {
      key,
      status,
      // Its age is told anew with each answer.
      fields: fields.filter(([name]) => name.toLowerCase() !== 'age'),
      stored,
      stamp: held,
      varied: variedFields(value('vary'), isCoded, field),
      at: this.tools.now(),
    };
  }

  /** For a body that is coming. False: there is no room. */
  take(size: number): boolean {
    return this.store.take(size);
  }

  give(size: number): void {
    this.store.give(size);
  }

  keep(made: Made, flight: Flight | null): Entry | null {
    if (!this.invalidation.holds(made.stamp) || !this.isWorthIt(made, flight)) return null;
    return this.store.put(made);
  }

  /** Its origin has said that it still holds; null: there is no room. */
  renew(entry: Entry, made: Omit<Made, 'body'>): Entry | null {
    this.store.remove(entry);
    return this.invalidation.holds(made.stamp) ? this.store.put({ ...made, body: entry.made.body }) : null;
  }

  private isWorthIt({ key, body }: Made, flight: Flight | null): boolean {
    const isShort = this.store.held > this.store.room / 2;
    if (body.length <= LARGE || !isShort || flight?.isAwaited === true) return true;
    const before = this.askedOnce.get(key);
    this.askedOnce.set(key, this.tools.now());
    return before !== undefined && this.tools.now() - before <= ASKED_AGAIN_WITHIN;
  }

  drop(entry: Entry): void {
    this.store.remove(entry);
  }

  /** Requests for that key are not to wait for each other for a while. */
  isNotKept(key: string): void {
    this.notKept.set(key, millis(this.tools.now() + NOT_KEPT_FOR));
  }

  /** A request for that key does not wait for another one: the latest answer could not be kept. */
  isAskedAlone(key: string, isConditional: boolean): boolean {
    const until = this.notKept.get(key);
    return until !== undefined && (until > this.tools.now() || isConditional);
  }

  /** It is too old, and better than an error. */
  mayStandIn(entry: Entry): boolean {
    return this.invalidation.holds(entry.made.stamp) && -entry.ttl(this.tools.now()) < entry.made.stored.staleIfError;
  }
}
