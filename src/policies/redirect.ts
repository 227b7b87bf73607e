// Sends clients elsewhere: to another address, or to the same one by https.
import { z } from 'zod';
import { defaulted, optional } from '../core/described.ts';
import { failure } from '../core/failure.ts';
import { err, ok } from '../core/result.ts';
import { count, flag, setting } from '../core/settings.ts';
import { EMPTY } from '../message/bytes.ts';
import { contradict } from './contradiction.ts';
import { CONTINUE, type Policy, type PolicyKind, type PolicyRequest, type Verdict } from './contract.ts';
import { type Template, compileTemplate, schemeOf, template } from './template.ts';

const STATUSES = [301, 302, 303, 307, 308] as const;
const HTTPS_PORT = 443;
const LONGEST = 8 * 1024;

/** Authorities of certificates ask here whether a host is whose it says (RFC 8555 8.3), and by plain HTTP alone. */
export const CHALLENGES = '/.well-known/acme-challenge/';

/** A status that sends clients elsewhere. */
const redirectStatus = setting<number | string, number>({
  type: '301, 302, 303, 307 or 308',
  expected: '301, 302, 303, 307 or 308',
  json: { type: ['integer', 'string'], minimum: 301, maximum: 308, pattern: '^30[12378]$|\\$\\{' },
  parse(value) {
    const status = STATUSES.find((known) => String(known) === String(value));
    return status === undefined ? err({ message: '{value} is no status of a redirect' }) : ok(status);
  },
});

// A host that ends before anything begins that a request fills, other than the host that it was sent to.
const ABSOLUTE =
  /^(https?|\{scheme\}|\{client\.scheme\}):\/\/(?:[A-Za-z0-9._~\-[\]:]|\{host\}|\{tenant\})+(?=$|[/?#]|\{(?:path|target|query)\})/;
const RELATIVE = /^(\/(?![/\\])|\{(?:path|target)\})/;

const location = template
  .transform(({ source }, context): Template => {
    if (ABSOLUTE.test(source) || RELATIVE.test(source))
      return { source: source.replace(/[^\0-\x7f]+/g, encodeURIComponent) };
    const expected =
      'a path, or a URL such as "https://www.example.com{path}{query}", whose host is a text of its own or {host}';
    const message = '{value} could send clients to a host that a client has chosen';
    context.issues.push({ code: 'custom', input: source, params: { message, expected } });
    return z.NEVER;
  })
  .meta({ 'x-type': 'path or URL with places', type: 'string' });

const options = z
  .strictObject({
    to: optional(
      location,
      'Where to, as a URL or a path, with places such as `{host}`, `{path}` and `{query}`. Of `to` and `https` there is one.',
    ),
    https: defaulted(flag, 'Requests that came without TLS go to the same address by https. All others go on.', {
      value: false,
      reason: 'a redirect has its own `to` as a rule.',
    }),
    port: defaulted(count({ min: 1, max: 65_535 }), 'The port that `https` names.', {
      value: HTTPS_PORT,
      reason: 'the usual one, which no URL has to name.',
    }),
    status: defaulted(redirectStatus, 'The status of the answer.', {
      value: 308,
      reason: 'after a 301 or 302, clients make a GET of a POST.',
    }),
  })
  .superRefine((given, context) => {
    if ((given.to === undefined) === given.https) return;
    const message = given.https ? 'stands beside `to`' : 'says neither where to nor `https: true`';
    contradict(given, context, { ...(given.https ? { at: 'https' } : {}), message, expected: 'one of the two' });
  });

type Options = z.output<typeof options>;

export const redirect = {
  type: 'redirect',
  summary:
    'Sends clients elsewhere. `/.well-known/acme-challenge/` is exempt: there authorities of certificates ask for a host by plain HTTP.',
  options,
  words: () => 0,
  isShared: false,
  create({ to, port, status }, { tenant }): Policy {
    const locate = to === undefined ? byHttps(port) : locationBy(to, tenant);
    return {
      request(request): Verdict {
        const place = request.path.startsWith(CHALLENGES) ? null : locate(request);
        // Whoever is there already would go in circles.
        if (place === null || isThere(request, place)) return CONTINUE;
        if (place === '' || place.length > LONGEST)
          return { kind: 'refuse', failure: failure('request-invalid'), retryAfter: null };
        return { kind: 'respond', response: { status, headers: [['Location', place]], body: EMPTY } };
      },
    };
  },
} as const satisfies PolicyKind<Options>;

/** Null: the request goes on. Empty: there is no such place. */
type Locate = (request: PolicyRequest) => string | null;

function byHttps(port: number): Locate {
  return (request) => (schemeOf(request) === 'https' ? null : httpsPlace(request, port));
}

/** The same place by https; empty: the request names no host. */
export function httpsPlace(
  { host, path, query }: Pick<PolicyRequest, 'host' | 'path' | 'query'>,
  port: number,
): string {
  if (host === '') return '';
  return `https://${host}${port === HTTPS_PORT ? '' : `:${port}`}${path}${query}`;
}

function locationBy(to: Template, tenant: string): Locate {
  const { fill } = compileTemplate(to, tenant);
  return (request) => asReference(fill(request));
}

function isThere(request: PolicyRequest, place: string): boolean {
  const own = `${request.path}${request.query}`;
  return place === own || place === `${schemeOf(request)}://${request.host}${own}`;
}

/** A text as a reference (RFC 3986). What begins with more than one slash would name a host. */
function asReference(text: string): string {
  const written = text.replace(
    /[^!-~]|["<>\\^`{|}]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
  );
  return written.replace(/^(?:\/|%5C){2,}/, '/');
}
