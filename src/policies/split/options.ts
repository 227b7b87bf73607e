// The options of the policy split.
import { z } from 'zod';
import { defaulted, described, optional } from '../../core/described.ts';
import { err, ok } from '../../core/result.ts';
import { count, duration, flag, text } from '../../core/settings.ts';
import { contradict } from '../contradiction.ts';

const MOST_POOLS = 16;
const LEAST_SECRET = 16;

const poolName = text<string>({
  type: 'name',
  expected: 'the name of a pool of the tenant',
  parse: (value) => (value === '' ? err({ message: 'is empty' }) : ok(value)),
});

const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,64}$/;

const token = text<string>({
  type: 'name',
  expected: 'the name of a field or a cookie',
  parse: (value) => (TOKEN.test(value) ? ok(value) : err({ message: '{value} is not a name' })),
});

const secret = text<string>({
  type: 'secret',
  expected: `a secret of at least ${LEAST_SECRET} characters`,
  parse: (value) =>
    value.length >= LEAST_SECRET ? ok(value) : err({ message: `has fewer than ${LEAST_SECRET} characters` }),
});

/** By what a client is known again. */
export type Sticky =
  | { readonly by: 'cookie' | 'client' | 'consumer' | 'none' }
  | { readonly by: 'header' | 'cookie_of_app'; readonly name: string };

const sticky = text<Sticky>({
  type: 'cookie, client, consumer, none, header:NAME or cookie:NAME',
  expected: 'cookie, client, consumer, none, header:NAME or cookie:NAME',
  parse(value) {
    if (value === 'cookie' || value === 'client' || value === 'consumer' || value === 'none') return ok({ by: value });
    const [, kind, name = ''] = /^(header|cookie):(.*)$/s.exec(value) ?? [];
    if (kind === undefined || !TOKEN.test(name))
      return err({ message: '{value} is nothing that a client is known by' });
    return ok(kind === 'header' ? { by: 'header', name: name.toLowerCase() } : { by: 'cookie_of_app', name });
  },
});

export const splitOptions = z
  .strictObject({
    pools: described(
      z.record(poolName, described(count({ min: 0, max: 1_000_000 }), 'Its weight.')).meta({
        'x-type': 'map of names to integers',
      }),
      'Pools of the tenant, each with its weight: the share of a pool is its weight among all of them. `default` is the pool of the services of the tenant itself. A pool with 0 gets only who asks for it by `override`.',
    ),
    sticky: defaulted(
      sticky,
      'What keeps a client in its share: `cookie` (one that the gateway sets), `client` (its address), `consumer`, `header:NAME`, `cookie:NAME` (a cookie of the site itself), or `none`: each request is drawn anew. A request without that part goes by the address of its client.',
      { value: 'cookie', reason: 'a browser must not get half of a page from each of two versions.' },
    ),
    cookie: defaulted(token, 'The name of the cookie that the gateway sets.', {
      value: 'keystone_split',
      reason: 'unlikely to be taken.',
    }),
    max_age: optional(duration, 'How long a browser keeps that cookie. Absent: until it is closed.'),
    secret: optional(
      secret,
      'The key that signs the cookies; it must be the same for all gateways of a site. Absent: a new one at each start, so that clients are drawn anew.',
    ),
    seed: optional(
      text<string>({ type: 'text', expected: 'a text', parse: (value) => ok(value) }),
      'With another text other clients are drawn, so that not always the same ones get what is new. Absent: the name of the tenant.',
    ),
    override: defaulted(
      z.strictObject({
        header: optional(token, 'A header field whose value is the name of one of the pools.'),
        cookie: optional(token, 'A cookie whose value is the name of one of the pools.'),
      }),
      'By what clients choose their pool themselves, for tests. Anybody who knows of it may.',
      { value: {}, reason: 'nobody chooses.' },
    ),
    fall_back: defaulted(
      flag,
      'Requests of another share go to the pool with the largest one when their own has no backend for them, or fails them so that they may be sent again.',
      { value: true, reason: 'an answer of the other version is better than none.' },
    ),
  })
  .superRefine((options, context) => {
    const weights = Object.values(options.pools);
    if (weights.length === 0 || weights.length > MOST_POOLS)
      contradict(options, context, {
        at: 'pools',
        message: 'has too few or too many pools',
        expected: `1 to ${MOST_POOLS}`,
      });
    else if (weights.every((weight) => weight === 0))
      contradict(options, context, { at: 'pools', message: 'leads to no pool', expected: 'a weight above 0' });
  });

export type SplitOptions = z.output<typeof splitOptions>;
