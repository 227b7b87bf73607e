// Settings that keep a client with its backend.
import { z } from 'zod';
import { err, ok } from '../core/result.ts';
import { duration, text } from '../core/settings.ts';
import { defaulted, optional } from '../core/described.ts';
import { token } from './fields.ts';

const cookieName = text<string>({
  type: 'cookie name',
  expected: "a name of letters, digits and !#$%&'*+-.^_`|~",
  pattern: "^[A-Za-z0-9!#$%&'*+.^_`|~-]+$",
  parse: (value) =>
    /^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}$/.test(value)
      ? ok(value)
      : err({ message: '{value} is not a name of a cookie' }),
});

/** The name of the cookie where nobody gives it another. */
export const USUAL_COOKIE = 'keystone_affinity';

export const affinity = z.strictObject({
  cookie: defaulted(
    cookieName,
    'Name of the cookie. In a pool of another name than `default`, this one and the one of the tenant get `-` and the name of the pool at the end.',
    {
      value: USUAL_COOKIE,
      reason: 'unlikely to be taken.',
    },
  ),
  secret: optional(
    token,
    'The key that signs the cookies; it must be the same for all gateways of a site. Absent: a new one at each start, so that older cookies no longer count.',
  ),
  max_age: optional(duration, 'How long a browser keeps the cookie. Absent: until it is closed.'),
});
