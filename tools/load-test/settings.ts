// The options of `keystone load-test`, as values.
import { type Result, err, ok } from '../../src/core/result.ts';
import {
  type Millis,
  type Share,
  formatDuration,
  millis,
  parseDuration,
  parseShare,
  share,
} from '../../src/core/units.ts';
import type { CommandInput, CommandOption } from '../../src/cli/contract.ts';
import { GENERATORS, type GeneratorName } from './generator.ts';
import { CONNECTIONS, DURATIONS, type Field, type Pace, QUICK_DURATION } from './plan.ts';
import type { Limits } from './verdict.ts';

export type Settings = {
  /** Empty: the load test starts a gateway of its own. */
  readonly urls: readonly string[];
  readonly pace: Pace;
  /** The Host of the requests; null: that of each URL. */
  readonly host: string | null;
  /** Further fields of each request. */
  readonly headers: readonly Field[];
  /** Null: the first that is installed. */
  readonly generator: GeneratorName | null;
  /** Base URL of the admin API; null: that of the gateway which the test starts, or the usual path at the first URL. */
  readonly admin: string | null;
  readonly token: string | null;
  readonly limits: Limits;
  /** Where the results go; `-` is the standard output. */
  readonly json: string | null;
  readonly html: string | null;
};

const STAGES = CONNECTIONS.length;
const MOST_CONNECTIONS = 10_000;
const LONGEST = millis(86_400_000);
const MIN_BALANCE = share(0.9);

export const LOAD_TEST_OPTIONS: readonly CommandOption[] = [
  { name: 'quick', summary: `${formatDuration(QUICK_DURATION)} for each stage` },
  {
    name: 'connections',
    value: 'N[,N…]',
    summary: `one for all stages, or one for each (default: ${CONNECTIONS.join(',')})`,
  },
  {
    name: 'durations',
    value: 'TIME[,…]',
    summary: `one for all stages, or one for each (default: ${DURATIONS.map(formatDuration).join(',')})`,
  },
  { name: 'host', value: 'HOST', summary: 'the Host of the requests, and the name for TLS (default: that of the URL)' },
  {
    name: 'header',
    short: 'H',
    value: '<name: value>',
    isList: true,
    summary: 'a field of each request; may be repeated',
  },
  { name: 'generator', value: 'NAME', summary: `${GENERATORS.join(' or ')} (default: wrk where it is installed)` },
  { name: 'admin', value: 'URL', summary: 'the admin API, with the token of $KEYSTONE_ADMIN_TOKEN (default: /admin)' },
  { name: 'max-error-rate', value: 'SHARE', summary: 'requests that may be lost (default: 0)' },
  { name: 'max-p99', value: 'TIME', summary: 'the 99th percentile that no stage may exceed (default: any)' },
  {
    name: 'min-balance',
    value: 'SHARE',
    summary: `least to most loaded backend, by weight (default: ${MIN_BALANCE * 100}%)`,
  },
  { name: 'json', value: 'FILE', summary: 'the results as JSON; - for the standard output' },
  { name: 'html', value: 'FILE', summary: 'the results as one page that needs nothing else' },
];

/** Reads the options; the error says what was expected. */
export function readSettings(input: CommandInput): Result<Settings, string> {
  const text = (name: string): string | null => {
    const value = input.options[name];
    return typeof value === 'string' ? value : null;
  };
  const admin = text('admin');
  const wrongUrl = [...input.positionals, ...(admin === null ? [] : [admin])].find((url) => !isWebUrl(url));
  if (wrongUrl !== undefined) return err(`${wrongUrl} is not a URL; expected one such as https://gateway.example.com/`);
  const headers = readFields(input.lists['header'] ?? []);
  if (!headers.ok) return headers;
  const host = text('host');
  if (input.positionals.length === 0 && (host !== null || headers.value.length > 0))
    return err('--host and --header are for a URL; without one the test loads hosts of its own');
  const generator = readGenerator(text('generator'));
  if (!generator.ok) return generator;
  const pace = readPace(text, input.options['quick'] === true, input.positionals.length);
  if (!pace.ok) return pace;
  const limits = readLimits(text);
  if (!limits.ok) return limits;
  const [json, html] = [text('json'), text('html')];
  if (html === '-') return err('--html takes the name of a file');
  return ok({
    urls: input.positionals,
    pace: pace.value,
    host,
    headers: headers.value,
    generator: generator.value,
    admin,
    token: input.environment['KEYSTONE_ADMIN_TOKEN'] ?? null,
    limits: limits.value,
    json,
    html,
  });
}

function readFields(typed: readonly string[]): Result<readonly Field[], string> {
  const fields: Field[] = [];
  for (const text of typed) {
    const [, name, value] = /^([\w!#$%&'*+.^`|~-]+): *(.*?) *$/.exec(text) ?? [];
    if (name === undefined || value === undefined || /[\r\n]/.test(text))
      return err(`--header takes a field such as 'Accept: text/html', not ${JSON.stringify(text)}`);
    if (name.toLowerCase() === 'host') return err('--host says which Host the requests have');
    fields.push({ name, value });
  }
  return ok(fields);
}

type Typed = (name: string) => string | null;

function isWebUrl(text: string): boolean {
  const protocol = URL.parse(text)?.protocol;
  return protocol === 'http:' || protocol === 'https:';
}

function readGenerator(typed: string | null): Result<GeneratorName | null, string> {
  if (typed === null) return ok(null);
  const known = GENERATORS.find((name) => name === typed);
  return known === undefined ? err(`--generator takes ${GENERATORS.join(' or ')}, not ${typed}`) : ok(known);
}

function readPace(text: Typed, isQuick: boolean, urls: number): Result<Pace, string> {
  const connections = readList(text('connections'), readConnections);
  const durations = readList(text('durations'), readStageDuration);
  if (connections === 'wrong') return err(`--connections takes numbers from 1 to ${MOST_CONNECTIONS}, such as 50,100`);
  if (durations === 'wrong') return err('--durations takes whole seconds from 1s to 1d, such as 30s or 30s,2m');
  const pace = {
    connections: connections ?? CONNECTIONS,
    durations: durations ?? (isQuick ? [QUICK_DURATION] : DURATIONS),
  };
  const stages = urls === 0 ? STAGES : Math.max(urls, pace.connections.length, pace.durations.length);
  for (const [name, list] of Object.entries(pace)) {
    const isTyped = text(name) !== null;
    if (isTyped && list.length !== 1 && list.length !== stages)
      return err(`--${name} takes one value or one for each of the ${stages} stages, not ${list.length}`);
  }
  return ok(pace);
}

function readList<T>(typed: string | null, read: (text: string) => T | null): readonly T[] | null | 'wrong' {
  if (typed === null) return null;
  const values = typed.split(',').map((word) => read(word.trim()));
  const right = values.filter((value) => value !== null);
  return right.length === values.length ? right : 'wrong';
}

function readConnections(text: string): number | null {
  const value = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  return value >= 1 && value <= MOST_CONNECTIONS ? value : null;
}

// wrk takes whole seconds only.
function readStageDuration(text: string): Millis | null {
  const duration = parseDuration(text);
  return duration !== null && duration >= 1000 && duration <= LONGEST && duration % 1000 === 0 ? duration : null;
}

function readLimits(text: Typed): Result<Limits, string> {
  const shareOf = (name: string, absent: Share): Share | null => {
    const typed = text(name);
    return typed === null ? absent : parseShare(typed);
  };
  const maxErrorRate = shareOf('max-error-rate', share(0));
  if (maxErrorRate === null) return err('--max-error-rate takes a share such as 0.1% or 0.001');
  const minBalance = shareOf('min-balance', MIN_BALANCE);
  if (minBalance === null) return err('--min-balance takes a share such as 90% or 0.9');
  const typed = text('max-p99');
  const maxP99 = typed === null ? null : parseDuration(typed);
  if (typed !== null && maxP99 === null) return err('--max-p99 takes a duration such as 50ms');
  return ok({ maxErrorRate, minBalance, maxP99 });
}
