// Clients that stay with their backend.
import { z } from 'zod';
import { err, ok } from '../core/result.ts';
import { duration, text } from '../core/settings.ts';
import { defaulted, optional, token } from './fields.ts';

const cookieName = text<string>({
  type: 'cookie name',
  expected: "a name of letters, digits and !#$%&'*+-.^_`|~",
  pattern: "^[A-Za-z0-9!#$%&'*+.^_`|~-]+$",
  parse: (value) =>
    /^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}$/.test(value)
      ? ok(value)
      : err({ message: '{value} is not a name of a cookie' }),
});

export const affinity = z.strictObject({
  cookie: defaulted(cookieName, 'Name of the cookie.', {
    value: 'keystone_affinity',
    reason: 'unlikely to be taken.',
  }),
  secret: optional(
    token,
    'What the cookies are signed with: the same for all gateways of a site. Absent: made at the start, so that cookies end with the process.',
  ),
  max_age: optional(duration, 'How long the cookie is kept. Absent: until the browser ends.'),
});
