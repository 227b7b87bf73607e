// What HTTP caches are tested for in public (RFC 9111), as a table: an answer of the origin, and what becomes of a second request.
import { describe, expect, test } from 'bun:test';
import { Cached } from '../../support/policies/cached.ts';

type Case = {
  readonly name: string;
  /** Of the first answer. `{+60}` stands for the date in so many seconds. */
  readonly answer: readonly string[];
  readonly status?: number;
  /** Of the first and the second request. */
  readonly first?: readonly string[];
  readonly second?: readonly string[];
  /** Between both. */
  readonly seconds?: number;
  readonly options?: object;
  readonly becomes: 'reused' | 'asked' | 'validated';
};

const FRESH = 'Cache-Control: max-age=3600';
const TAG = 'ETag: "1"';

const CASES: readonly Case[] = [
  // Freshness
  { name: 'without freshness', answer: [TAG], becomes: 'asked' },
  { name: 'with max-age', answer: [FRESH], becomes: 'reused' },
  { name: 'with max-age that has passed', answer: ['Cache-Control: max-age=5'], seconds: 6, becomes: 'asked' },
  {
    name: 'with max-age that has passed and a tag',
    answer: ['Cache-Control: max-age=5', TAG],
    seconds: 6,
    becomes: 'validated',
  },
  { name: 'with max-age 0', answer: ['Cache-Control: max-age=0'], becomes: 'asked' },
  {
    name: 'with max-age 0 and a date',
    answer: ['Cache-Control: max-age=0', 'Last-Modified: {-60}'],
    becomes: 'validated',
  },
  {
    name: 'with s-maxage over max-age',
    answer: ['Cache-Control: max-age=1, s-maxage=3600'],
    seconds: 60,
    becomes: 'reused',
  },
  {
    name: 'with a shorter s-maxage',
    answer: ['Cache-Control: max-age=3600, s-maxage=1'],
    seconds: 60,
    becomes: 'asked',
  },
  { name: 'with an age beyond it', answer: [FRESH, 'Age: 7200'], becomes: 'asked' },
  { name: 'with an age below it', answer: [FRESH, 'Age: 60'], becomes: 'reused' },
  { name: 'with an age that is none', answer: ['Cache-Control: max-age=5', 'Age: -60'], seconds: 6, becomes: 'asked' },
  { name: 'with two ages, the first of which is beyond it', answer: [FRESH, 'Age: 7200', 'Age: 0'], becomes: 'asked' },
  { name: 'with a date long ago', answer: [FRESH, 'Date: {-7200}'], becomes: 'asked' },
  { name: 'with the date of a clock that is slow', answer: [FRESH, 'Date: {-30}'], becomes: 'reused' },
  { name: 'with Expires', answer: ['Expires: {+60}'], seconds: 59, becomes: 'reused' },
  { name: 'with Expires that has passed', answer: ['Expires: {+60}'], seconds: 61, becomes: 'asked' },
  { name: 'with Expires by its own date', answer: ['Expires: {-10}', 'Date: {-50}'], seconds: 30, becomes: 'reused' },
  { name: 'with max-age 0 over Expires', answer: ['Expires: {+60}', 'Cache-Control: max-age=0'], becomes: 'asked' },
  { name: 'with max-age over Expires', answer: ['Expires: {-60}', FRESH], becomes: 'reused' },
  { name: 'with Expires that is no date', answer: ['Expires: 0'], becomes: 'asked' },
  { name: 'with Expires in the old form', answer: ['Expires: Thu Jan  1 00:00:00 2099'], becomes: 'reused' },
  { name: 'with two Expires', answer: ['Expires: {+60}', 'Expires: {+90}'], becomes: 'asked' },
  {
    name: 'with a larger number than can be held',
    answer: ['Cache-Control: max-age=99999999999'],
    seconds: 60,
    becomes: 'reused',
  },
  { name: 'with a negative max-age', answer: ['Cache-Control: max-age=-3600'], becomes: 'asked' },
  { name: 'with max-age that is no number', answer: ['Cache-Control: max-age=a3600'], becomes: 'asked' },
  { name: 'with max-age in quotes', answer: ['Cache-Control: max-age="3600"'], becomes: 'reused' },
  { name: 'with max-age in capitals', answer: ['Cache-Control: MAX-AGE=3600'], becomes: 'reused' },
  {
    name: 'with max-age within the quotes of another one',
    answer: ['Cache-Control: x="a, max-age=3600"'],
    becomes: 'asked',
  },
  { name: 'with no-store within quotes', answer: ['Cache-Control: x="a, no-store", max-age=3600'], becomes: 'reused' },
  { name: 'with two max-age, the first of which is 0', answer: ['Cache-Control: max-age=0', FRESH], becomes: 'asked' },
  { name: 'with two max-age, the second of which is 0', answer: [FRESH, 'Cache-Control: max-age=0'], becomes: 'asked' },
  {
    name: 'with max-age that is longer than allowed',
    answer: [FRESH],
    options: { max_ttl: '5s' },
    seconds: 6,
    becomes: 'asked',
  },
  {
    name: 'with nothing, where there is a default',
    answer: [],
    options: { default_ttl: '5s' },
    seconds: 4,
    becomes: 'reused',
  },
  { name: 'with nothing, after the default', answer: [], options: { default_ttl: '5s' }, seconds: 6, becomes: 'asked' },
  {
    name: 'with no-cache, where there is a default',
    answer: ['Cache-Control: no-cache'],
    options: { default_ttl: '5s' },
    becomes: 'asked',
  },
  // What may not be kept, or not without asking
  { name: 'with no-store', answer: ['Cache-Control: no-store, max-age=3600'], becomes: 'asked' },
  { name: 'with No-Store', answer: ['Cache-Control: No-Store, max-age=3600'], becomes: 'asked' },
  { name: 'with no-store that has a value', answer: ['Cache-Control: no-store=1, max-age=3600'], becomes: 'asked' },
  { name: 'with private', answer: ['Cache-Control: Private, max-age=3600'], becomes: 'asked' },
  { name: 'with private for a field', answer: ['Cache-Control: private="x-a", max-age=3600'], becomes: 'asked' },
  { name: 'with no-cache', answer: ['Cache-Control: no-cache, max-age=3600', TAG], becomes: 'validated' },
  { name: 'with Pragma no-cache alone', answer: ['Pragma: no-cache', 'Expires: {+60}'], becomes: 'asked' },
  { name: 'with Pragma no-cache beside max-age', answer: ['Pragma: no-cache', FRESH], becomes: 'reused' },
  { name: 'with must-revalidate', answer: ['Cache-Control: max-age=3600, must-revalidate'], becomes: 'reused' },
  { name: 'with proxy-revalidate', answer: ['Cache-Control: max-age=3600, proxy-revalidate'], becomes: 'reused' },
  { name: 'with a cookie', answer: [FRESH, 'Set-Cookie: a=1'], becomes: 'asked' },
  {
    name: 'with a cookie, where that is allowed',
    answer: [FRESH, 'Set-Cookie: a=1'],
    options: { store_cookies: true },
    becomes: 'reused',
  },
  { name: 'of another status', answer: [FRESH], status: 500, becomes: 'asked' },
  { name: 'of a redirect for ever', answer: [FRESH, 'Location: /b'], status: 301, becomes: 'reused' },
  { name: 'of a redirect for once', answer: [FRESH, 'Location: /b'], status: 302, becomes: 'asked' },
  {
    name: 'of a redirect for once, where that is wanted',
    answer: [FRESH],
    status: 302,
    options: { statuses: [302] },
    becomes: 'reused',
  },
  { name: 'of nothing there', answer: [FRESH], status: 404, becomes: 'reused' },
  { name: 'of no content', answer: [FRESH], status: 204, becomes: 'reused' },
  { name: 'of a part', answer: [FRESH, 'Content-Range: bytes 0-1/4'], status: 206, becomes: 'asked' },
  // What is said to caches like this one
  {
    name: 'with CDN-Cache-Control over no-store',
    answer: ['CDN-Cache-Control: max-age=60', 'Cache-Control: no-store'],
    becomes: 'reused',
  },
  { name: 'with CDN-Cache-Control no-store', answer: ['CDN-Cache-Control: no-store', FRESH], becomes: 'asked' },
  {
    name: 'with CDN-Cache-Control over Expires',
    answer: ['CDN-Cache-Control: max-age=0', 'Expires: {+60}'],
    becomes: 'asked',
  },
  {
    name: 'with CDN-Cache-Control that is no number',
    answer: ['CDN-Cache-Control: max-age="60"', 'Cache-Control: no-store'],
    becomes: 'asked',
  },
  {
    name: 'with CDN-Cache-Control that cannot be read',
    answer: ['CDN-Cache-Control: max-age=&', FRESH],
    becomes: 'reused',
  },
  // Authorization and cookies of requests
  {
    name: 'to an Authorization',
    answer: [FRESH],
    first: ['Authorization: x'],
    second: ['Authorization: x'],
    becomes: 'asked',
  },
  {
    name: 'to an Authorization, public',
    answer: ['Cache-Control: public, max-age=60'],
    first: ['Authorization: x'],
    becomes: 'reused',
  },
  {
    name: 'to an Authorization, with s-maxage',
    answer: ['Cache-Control: s-maxage=60'],
    first: ['Authorization: x'],
    becomes: 'reused',
  },
  {
    name: 'to an Authorization, with must-revalidate',
    answer: ['Cache-Control: max-age=60, must-revalidate'],
    first: ['Authorization: x'],
    becomes: 'reused',
  },
  { name: 'to nobody, for an Authorization', answer: [FRESH], second: ['Authorization: x'], becomes: 'asked' },
  { name: 'to a cookie', answer: [FRESH], first: ['Cookie: a=1'], second: ['Cookie: a=2'], becomes: 'reused' },
  {
    name: 'to a cookie by default alone',
    answer: [],
    first: ['Cookie: a=1'],
    options: { default_ttl: '1m' },
    becomes: 'asked',
  },
  {
    name: 'to a cookie by default, where those that count are named',
    answer: [],
    first: ['Cookie: a=1'],
    options: { default_ttl: '1m', bypass_cookies: ['b'] },
    becomes: 'reused',
  },
  {
    name: 'for a cookie that passes by',
    answer: [FRESH],
    second: ['Cookie: a=1; b_2=x'],
    options: { bypass_cookies: ['b_*'] },
    becomes: 'asked',
  },
  {
    name: 'for a cookie that tells answers apart',
    answer: [FRESH],
    first: ['Cookie: c=1'],
    second: ['Cookie: c=2'],
    options: { key: 'cookie:c' },
    becomes: 'asked',
  },
  {
    name: 'for a field that tells answers apart',
    answer: [FRESH],
    first: ['X-A: 1'],
    second: ['X-A: 2'],
    options: { key: ['header:X-A'] },
    becomes: 'asked',
  },
  // Vary
  {
    name: 'that varies, for the same',
    answer: [FRESH, 'Vary: X-A'],
    first: ['X-A: 1'],
    second: ['X-A: 1'],
    becomes: 'reused',
  },
  {
    name: 'that varies, for another',
    answer: [FRESH, 'Vary: X-A'],
    first: ['X-A: 1'],
    second: ['X-A: 2'],
    becomes: 'asked',
  },
  { name: 'that varies, for none', answer: [FRESH, 'Vary: X-A'], first: ['X-A: 1'], becomes: 'asked' },
  { name: 'that varies by what neither has', answer: [FRESH, 'Vary: X-A'], becomes: 'reused' },
  {
    name: 'that varies by two',
    answer: [FRESH, 'Vary: X-A', 'Vary: X-B'],
    first: ['X-A: 1', 'X-B: 1'],
    second: ['X-A: 1', 'X-B: 2'],
    becomes: 'asked',
  },
  { name: 'that varies by all', answer: [FRESH, 'Vary: *'], becomes: 'asked' },
  { name: 'that varies by all beside another', answer: [FRESH, 'Vary: X-A, *'], becomes: 'asked' },
  {
    name: 'that varies, with other spaces',
    answer: [FRESH, 'Vary: X-A'],
    first: ['X-A: 1,2'],
    second: ['X-A: 1 , 2'],
    becomes: 'reused',
  },
  {
    name: 'that varies by codings, in another order',
    answer: [FRESH, 'Vary: Accept-Encoding'],
    first: ['Accept-Encoding: gzip, br'],
    second: ['Accept-Encoding: br;q=1.0, gzip'],
    becomes: 'reused',
  },
  {
    name: 'that varies by codings, one of which is refused',
    answer: [FRESH, 'Vary: Accept-Encoding'],
    first: ['Accept-Encoding: gzip, br'],
    second: ['Accept-Encoding: gzip, br;q=0'],
    becomes: 'asked',
  },
  {
    name: 'that varies by languages, in another case',
    answer: [FRESH, 'Vary: Accept-Language'],
    first: ['Accept-Language: en-GB'],
    second: ['Accept-Language: en-gb'],
    becomes: 'reused',
  },
  {
    name: 'in a coding, for one that takes none',
    answer: [FRESH, 'Content-Encoding: gzip'],
    first: ['Accept-Encoding: gzip'],
    becomes: 'asked',
  },
  // Requests
  { name: 'for no-cache', answer: [FRESH], second: ['Cache-Control: no-cache'], becomes: 'reused' },
  {
    name: 'for no-cache, where that is heeded',
    answer: [FRESH, TAG],
    second: ['Cache-Control: no-cache'],
    options: { ignore_client_no_cache: false },
    becomes: 'validated',
  },
  {
    name: 'for Pragma no-cache, where that is heeded',
    answer: [FRESH],
    second: ['Pragma: no-cache'],
    options: { ignore_client_no_cache: false },
    becomes: 'asked',
  },
  {
    name: 'for max-age 0, where that is heeded',
    answer: [FRESH],
    second: ['Cache-Control: max-age=0'],
    seconds: 1,
    options: { ignore_client_no_cache: false },
    becomes: 'asked',
  },
  {
    name: 'for min-fresh, where that is heeded',
    answer: [FRESH],
    second: ['Cache-Control: min-fresh=4000'],
    options: { ignore_client_no_cache: false },
    becomes: 'asked',
  },
  {
    name: 'for max-stale, where that is heeded',
    answer: ['Cache-Control: max-age=5'],
    second: ['Cache-Control: max-stale=10'],
    seconds: 10,
    options: { ignore_client_no_cache: false },
    becomes: 'reused',
  },
  {
    name: 'for max-stale, where it must not be',
    answer: ['Cache-Control: max-age=5, must-revalidate'],
    second: ['Cache-Control: max-stale'],
    seconds: 10,
    options: { ignore_client_no_cache: false },
    becomes: 'asked',
  },
  { name: 'to no-store', answer: [FRESH], first: ['Cache-Control: no-store'], becomes: 'asked' },
  { name: 'for a condition that only origins can judge', answer: [FRESH], second: ['If-Match: "1"'], becomes: 'asked' },
  // Stale answers
  {
    name: 'that may be stale while it is fetched',
    answer: ['Cache-Control: max-age=5, stale-while-revalidate=10'],
    seconds: 10,
    becomes: 'reused',
  },
  {
    name: 'that may be stale no more',
    answer: ['Cache-Control: max-age=5, stale-while-revalidate=10'],
    seconds: 16,
    becomes: 'asked',
  },
  {
    name: 'that may be stale by the options',
    answer: ['Cache-Control: max-age=5'],
    seconds: 10,
    options: { stale_while_revalidate: '10s' },
    becomes: 'reused',
  },
  {
    name: 'that says that it must not',
    answer: ['Cache-Control: max-age=5, must-revalidate'],
    seconds: 10,
    options: { stale_while_revalidate: '10s' },
    becomes: 'asked',
  },
  {
    name: 'that is for shared caches and must not',
    answer: ['Cache-Control: s-maxage=5'],
    seconds: 10,
    options: { stale_while_revalidate: '10s' },
    becomes: 'asked',
  },
];

describe('an answer', () => {
  test.each(CASES.map((one) => [one.name, one.becomes, one] as const))('%s is %s', async (_name, becomes, one) => {
    const scene = new Cached(one.options);
    const lines = one.answer.map((line) =>
      line.replace(/\{([+-]\d+)\}/, (_, seconds: string) => scene.date(Number(seconds))),
    );
    scene.fetch(lines, '/a', { fields: one.first ?? [] }, { status: one.status ?? 200 });
    await scene.pass(one.seconds ?? 0);
    const client = scene.ask('/a', { fields: one.second ?? [] });
    const isReused = client.response !== null;
    const received = isReused ? '' : (scene.waiting?.received ?? 'nothing');
    const isValidated = /^if-(?:none-match|modified-since): /im.test(received);
    expect(isReused ? 'reused' : isValidated ? 'validated' : 'asked').toBe(becomes);
    expect(received).not.toBe('nothing');
    scene.rig.settle();
  });
});
