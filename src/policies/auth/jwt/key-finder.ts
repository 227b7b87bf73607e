// Finds out the keys of those who issue tokens, in the one process that does so for all: ahead of time, again where a token names a
// key that is not known, and with the old keys for a while where it cannot be done.
import { type Result, err, ok } from '../../../core/result.ts';
import { type Bytes, type Millis, bytes, millis } from '../../../core/units.ts';
import type { AskedResponse, PolicyTools } from '../../tools.ts';
import { parseKeySet } from './key-set.ts';
import { isObject } from './token.ts';

/** Where keys are fetched. */
export type KeySource = {
  readonly url: string;
  /** The URL is one of OpenID discovery, which names that of the keys; null: it is that of the keys. */
  readonly issuer: string | null;
  /** So long keys are used before they are fetched again. */
  readonly cache: Millis;
  /** Between two times that a token brings about. */
  readonly cooldown: Millis;
  readonly timeout: Millis;
  readonly maxStale: Millis;
};

/** How the keys of a source stand. */
export type FoundKeys = {
  /** As text; null: there are none. */
  readonly keys: string | null;
  /** When they were fetched, by the monotonic clock of the machine. */
  readonly at: Millis;
  /** Why the latest attempt has failed; null: it has not. */
  readonly problem: string | null;
  /** When a token has brought one about; null: none has. */
  readonly wantedAt: Millis | null;
  /** Counts the attempts. */
  readonly attempts: number;
};

const LARGEST_SET: Bytes = bytes(256 * 1024);
const LARGEST_DISCOVERY: Bytes = bytes(64 * 1024);
const FIRST_RETRY = 1000;
// Between one half and three quarters: ahead of time, and not all at the same moment.
const EARLIEST = 0.5;
const SPREAD = 0.25;

export const NOTHING_FOUND: FoundKeys = { keys: null, at: millis(0), problem: null, wantedAt: null, attempts: 0 };

export type FinderTools = Pick<PolicyTools, 'ask' | 'after' | 'now' | 'random' | 'report'>;

export class KeyFinder {
  private cancel: () => void = () => undefined;
  private isAsking = false;
  private isClosed = false;
  private failures = 0;

  constructor(
    private readonly source: KeySource,
    private found: FoundKeys,
    private readonly tools: FinderTools,
    private readonly publish: (found: FoundKeys) => void,
  ) {}

  /** Fetches the keys at once, unless they are known from before. */
  begin(): void {
    const age = this.tools.now() - this.found.at;
    const { cache } = this.source;
    if (this.found.keys === null || age >= cache * EARLIEST) void this.fetch();
    else this.rest(cache * EARLIEST - age);
  }

  /** A token has named a key that is not there. */
  wanted(): void {
    const { wantedAt } = this.found;
    const now = this.tools.now();
    if (this.isAsking || (wantedAt !== null && now - wantedAt < this.source.cooldown)) return;
    this.found = { ...this.found, wantedAt: now };
    void this.fetch();
  }

  close(): void {
    this.isClosed = true;
    this.cancel();
  }

  private async fetch(): Promise<void> {
    if (this.isAsking || this.isClosed) return;
    this.isAsking = true;
    this.cancel();
    const keys = await fetchKeys(this.source, this.tools);
    this.isAsking = false;
    if (this.isClosed) return;
    this.tell(keys);
    const { cache, cooldown } = this.source;
    const { random } = this.tools;
    const wait = keys.ok
      ? cache * (EARLIEST + SPREAD * random())
      : Math.min(cooldown, FIRST_RETRY * 2 ** this.failures++);
    if (keys.ok) this.failures = 0;
    this.rest(wait);
  }

  private rest(wait: number): void {
    this.cancel = this.tools.after(millis(Math.max(1, wait)), () => void this.fetch());
  }

  private tell(keys: Result<string, string>): void {
    const { found, source, tools } = this;
    const attempts = found.attempts + 1;
    const isFresh = tools.now() - found.at < source.maxStale;
    this.found = keys.ok
      ? { ...found, keys: keys.value, at: tools.now(), problem: null, attempts }
      : { ...found, keys: isFresh ? found.keys : null, problem: keys.error, attempts };
    this.report(found);
    this.publish(this.found);
  }

  private report(before: FoundKeys): void {
    const { problem, keys } = this.found;
    const { url } = this.source;
    if (problem !== null && (before.problem === null || (before.keys !== null && keys === null)))
      this.tools.report({
        level: 'warn',
        message: keys === null ? 'the keys of tokens cannot be had' : 'the keys of tokens cannot be had anew',
        fields: { url, reason: problem },
      });
    else if (problem === null && before.problem !== null)
      this.tools.report({ level: 'info', message: 'the keys of tokens are there again', fields: { url } });
  }
}

async function fetchKeys(source: KeySource, tools: FinderTools): Promise<Result<string, string>> {
  const place = source.issuer === null ? ok(source.url) : await discover(source, source.issuer, tools);
  if (!place.ok) return place;
  const answer = await get(place.value, LARGEST_SET, source, tools);
  if (!answer.ok) return answer;
  const set = parseKeySet(answer.value);
  return set.ok ? answer : set;
}

async function discover(source: KeySource, issuer: string, tools: FinderTools): Promise<Result<string, string>> {
  const answer = await get(source.url, LARGEST_DISCOVERY, source, tools);
  if (!answer.ok) return answer;
  let document: unknown;
  try {
    document = JSON.parse(answer.value);
  } catch {
    return err('the discovery document is no JSON');
  }
  if (!isObject(document) || document['issuer'] !== issuer) return err('the discovery document is of another issuer');
  const { jwks_uri: place } = document;
  if (typeof place !== 'string' || !URL.canParse(place)) return err('the discovery document names no place of keys');
  const isAsSafe = new URL(place).protocol === 'https:' || new URL(source.url).protocol === 'http:';
  return isAsSafe ? ok(place) : err('the discovery document names a place of keys without TLS');
}

async function get(
  url: string,
  largest: Bytes,
  { timeout }: KeySource,
  { ask }: FinderTools,
): Promise<Result<string, string>> {
  const headers = [['Accept', 'application/json']] as const;
  const answer = await ask({ method: 'GET', url, headers, body: null, timeout, largest });
  return answer.ok ? textOf(answer.value) : answer;
}

function textOf({ status, body }: AskedResponse): Result<string, string> {
  if (status >= 300 && status < 400) return err(`the answer is a redirect (${status}), which is not followed`);
  if (status !== 200) return err(`the answer is ${status}`);
  return ok(new TextDecoder().decode(body));
}
