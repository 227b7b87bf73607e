// What may be set of a cache.
import { z } from 'zod';
import { defaulted, described, optional } from '../../core/described.ts';
import { err, ok } from '../../core/result.ts';
import { duration, durationOrZero, flag, setting, size, text } from '../../core/settings.ts';
import { bytes } from '../../core/units.ts';
import { whyNoEdit } from '../../message/edits.ts';
import { countKey } from '../key.ts';
import { type NamePattern, isNamePattern, namePattern } from './name-pattern.ts';
import { queryKey } from './query.ts';

const MIB = 1024 * 1024;
// Those that http-cache-semantics knows.
const STATUSES = [200, 203, 204, 300, 301, 302, 303, 307, 308, 404, 405, 410, 414, 501];
const DEFAULT_STATUSES = [200, 203, 204, 300, 301, 308, 404, 410];

const status = setting<number | string, number>({
  type: 'status',
  expected: `one of ${STATUSES.join(', ')}`,
  json: { type: ['integer', 'string'], minimum: 200, maximum: 501 },
  parse(value) {
    const found = STATUSES.find((one) => one === Number(value));
    return found === undefined ? err({ message: '{value} is no status of answers that can be kept' }) : ok(found);
  },
});

const cookieName = text<NamePattern>({
  type: 'name of a cookie, or its beginning with `*`',
  expected: 'the name of a cookie, or its beginning with `*`',
  parse: (value) => (isNamePattern(value) ? ok(namePattern(value)) : err({ message: '{value} is no such name' })),
});

const fieldName = text<string>({
  type: 'field name',
  expected: 'the name of a header field',
  parse: (value) =>
    whyNoEdit('response', value) === null
      ? ok(value.toLowerCase())
      : err({ message: '{value} is not the name of a field' }),
});

export const cacheOptions = z.strictObject({
  statuses: defaulted(z.array(described(status, 'A status.')), 'Answers of which status are kept.', {
    value: DEFAULT_STATUSES,
    reason: 'these are kept by every cache; a redirect for once (302, 307) is not meant to stay.',
  }),
  query: defaulted(
    queryKey,
    'Which parameters of the query tell answers apart: `all`, `none`, `{ only: [page] }` or `{ without: [utm_*] }`. The others are kept from backends, so that nothing of them is in an answer that everybody gets.',
    { value: 'all', reason: 'only the application knows which of them make no difference.' },
  ),
  key: optional(
    countKey,
    'What else tells answers apart, besides scheme, host, path, query, pool and consumer: `header:NAME`, `cookie:NAME` and whatever else `rate_limit` can count by, or a list of these.',
  ),
  shared: defaulted(flag, 'Whether clients that a policy before has told apart get the same answers.', {
    value: false,
    reason: 'who has to say who they are as a rule gets an answer of their own.',
  }),
  bypass_cookies: defaulted(
    z.array(described(cookieName, 'A name, or its beginning with `*`.')),
    'Requests with such a cookie pass by the cache: those of clients that have logged in, for instance.',
    { value: [], reason: 'only the application knows what its cookies are for.' },
  ),
  default_ttl: optional(
    duration,
    'How long answers are fresh that say nothing of it. Absent: they are not kept. Not for requests with an Authorization, and with cookies only where `bypass_cookies` or `key` say which cookies count.',
  ),
  max_ttl: defaulted(duration, 'How long an answer is fresh at most, whatever it says itself.', {
    value: '1d',
    reason: 'who has set a year by mistake has the right answer tomorrow.',
  }),
  max_object: defaulted(
    size({ min: bytes(1024), max: bytes(256 * MIB) }),
    'Size of the body of an answer that is kept.',
    {
      value: '1MiB',
      reason: 'pages, scripts and pictures are smaller, and a few large files would drive all others out.',
    },
  ),
  memory: defaulted(
    size({ min: bytes(64 * 1024), max: bytes(64 * 1024 * MIB) }),
    'What this cache may keep, in all processes together: each has its part, and keeps what it was asked for itself. See also `limits.cache_memory`.',
    { value: '64MiB', reason: 'thousands of pages; a tenant must not take the memory of all.' },
  ),
  stale_while_revalidate: defaulted(
    durationOrZero,
    'How long after its time an answer is still given while a new one is fetched. What the answer says itself goes first.',
    { value: 0, reason: 'only the origin knows whether yesterday will do.' },
  ),
  stale_if_error: defaulted(
    durationOrZero,
    'How long after its time an answer is still given when no backend can be reached, or it answers 500, 502, 503 or 504. What the answer says itself goes first.',
    { value: 0, reason: 'only the origin knows whether yesterday will do.' },
  ),
  collapse: defaulted(flag, 'Whether requests for the same wait for the one that is fetched already.', {
    value: true,
    reason: 'a page that a thousand ask for at once is made once.',
  }),
  collapse_wait: defaulted(duration, 'How long they wait; then each is passed on.', {
    value: '1s',
    reason: 'who waits longer would have been served sooner.',
  }),
  ignore_client_no_cache: defaulted(
    flag,
    'Whether `Cache-Control` and `Pragma` of requests say nothing about which answers may be used.',
    { value: true, reason: 'anybody could have every page made anew by them.' },
  ),
  status_header: defaulted(flag, 'Whether `Cache-Status` tells what the cache has done (RFC 9211).', {
    value: true,
    reason: 'else nobody sees why something is old, or slow.',
  }),
  store_cookies: defaulted(flag, 'Whether answers with `Set-Cookie` are kept: then everybody gets that cookie.', {
    value: false,
    reason: 'a cookie is meant for one client.',
  }),
  tags: defaulted(fieldName, 'The field by which backends name the tags of an answer, to be purged by.', {
    value: 'surrogate-key',
    reason: 'applications know it from other caches.',
  }),
});
export type CacheOptions = z.output<typeof cacheOptions>;
