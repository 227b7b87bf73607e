// The options of the policy forward_auth.
import { z } from 'zod';
import { defaulted, described, optional } from '../../core/described.ts';
import { err, ok } from '../../core/result.ts';
import { choice, duration, durationOrZero, flag, size, text } from '../../core/settings.ts';
import { bytes } from '../../core/units.ts';
import { askUrl } from './ask-url.ts';
import { credentialPlace } from './credential-places.ts';
import { toldName } from './told-fields.ts';

// Of the connection to the server that is asked, or made anew for it.
const NOT_SENT =
  /^(?:host|connection|keep-alive|te|trailer|transfer-encoding|content-length|upgrade|expect|proxy-.*|x-forwarded-.*)$/i;

const sentName = text<string>({
  type: 'field name',
  expected: 'the name of a header field',
  parse(value) {
    if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,256}$/.test(value)) return err({ message: '{value} is not a field name' });
    return NOT_SENT.test(value) ? err({ message: '{value} is made anew for this server' }) : ok(value);
  },
});

export const forwardAuthOptions = z
  .strictObject({
    url: described(askUrl, 'The server that is asked.'),
    method: defaulted(choice(['GET', 'HEAD', 'POST']), 'How it is asked, whatever the method of the request.', {
      value: 'GET',
      reason: 'such servers expect it; the method of the request is in `X-Forwarded-Method`.',
    }),
    send_headers: defaulted(
      z.array(described(sentName, 'A name.')),
      'Fields of the request that it gets, besides `X-Forwarded-Method`, `-Proto`, `-Host`, `-Uri` and `-For`.',
      { value: ['Cookie', 'Authorization'], reason: 'by these clients show who they are.' },
    ),
    copy_headers: defaulted(
      z.array(described(toldName, 'A name.')),
      'Fields of its answer that backends get. What clients send by these names goes to no backend.',
      { value: [], reason: 'each server has its own.' },
    ),
    consumer: optional(toldName, 'The field of its answer that names the consumer, for logs and for other policies.'),
    groups: optional(
      toldName,
      'The field of its answer that has the groups of the consumer, with commas between them.',
    ),
    copy_cookies: defaulted(flag, 'Clients get the cookies that it sets when it lets them in.', {
      value: false,
      reason: 'most servers set them only when they let nobody in, and then clients get them in any case.',
    }),
    body: optional(
      size({ min: bytes(1), max: bytes(1024 * 1024) }),
      'It gets the body of the request, too, up to this size; a longer one is answered with 413. Needs `method: POST`. Absent: no body.',
    ),
    timeout: defaulted(duration, 'So long it may take. Then the answer is 503.', {
      value: '2s',
      reason: 'every request waits for it.',
    }),
    cache: defaulted(
      z.strictObject({
        for: defaulted(durationOrZero, 'So long it is not asked again about what it has let in; 0: it always is.', {
          value: 0,
          reason: 'who logs out is out at once.',
        }),
        key: optional(
          z.array(described(credentialPlace, 'A place.')).min(1),
          'What makes two requests the same besides method, host and path. Absent: all that the server would be asked. A request that has none of these is not remembered.',
        ),
      }),
      'What it has said is remembered.',
      { value: {}, reason: 'as each of them says.' },
    ),
  })
  .superRefine(({ body, method, cache }, context) => {
    const isAsked = body === undefined || method === 'POST';
    if (isAsked && (body === undefined || cache.for === 0)) return;
    const message = isAsked ? 'has body and cache: bodies are not compared' : 'has body, which needs "method: POST"';
    context.issues.push({ code: 'custom', input: method, params: { message } });
  });

export type ForwardAuthOptions = z.output<typeof forwardAuthOptions>;
