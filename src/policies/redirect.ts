// Sends clients elsewhere.
import { z } from 'zod';
import { defaulted, optional } from '../core/described.ts';
import { choice, flag } from '../core/settings.ts';
import { EMPTY } from '../message/bytes.ts';
import { CONTINUE, type Policy, type PolicyKind, type PolicyRequest } from './contract.ts';
import { compileTemplate, schemeOf, template } from './template.ts';

const STATUSES = ['301', '302', '303', '307', '308'] as const;

const options = z
  .strictObject({
    to: optional(
      template,
      'Where to: a URL such as `https://new.example.com{path}{query}`, or a path. Needed unless `https` is on.',
    ),
    https: defaulted(
      flag,
      'Whether only requests without TLS are sent on, to the same host and path over TLS; those for `/.well-known/acme-challenge/` are not. TLS up to a trusted proxy counts.',
      { value: false, reason: 'a redirect says itself where it leads.' },
    ),
    status: defaulted(choice(STATUSES), 'The status of the answer.', {
      value: '308',
      reason: 'it keeps method and body, and browsers remember it; 301 turns a POST into a GET.',
    }),
  })
  .superRefine(({ to, https }, context) => {
    if (to !== undefined || https) return;
    const params = { message: 'says nowhere to go', expected: '`to`, or `https: true`' };
    context.issues.push({ code: 'custom', input: to, params });
  });
type Options = z.output<typeof options>;

const CHALLENGES = '/.well-known/acme-challenge/';

export const redirect = {
  type: 'redirect',
  summary: 'Answers with a redirect.',
  options,
  words: () => 0,
  isShared: false,
  create({ to, https, status }, { tenant }): Policy {
    const target = to === undefined ? null : compileTemplate(to, tenant);
    return {
      request(request) {
        if (https && (schemeOf(request) === 'https' || request.path.startsWith(CHALLENGES))) return CONTINUE;
        const location = safe(target === null ? secure(request) : target.fill(request));
        // Whoever is there already would go in circles.
        if (location === own(request)) return CONTINUE;
        const headers = [['Location', location]] as const;
        return { kind: 'respond', response: { status: Number(status), headers, body: EMPTY } };
      },
    };
  },
} as const satisfies PolicyKind<Options>;

function secure({ host, path, query }: PolicyRequest): string {
  return `https://${host}${path}${query}`;
}

function own(request: PolicyRequest): string {
  return `${schemeOf(request)}://${request.host}${request.path}${request.query}`;
}

// What comes from the request must not name another host: browsers take `//` and a backslash at the beginning for one.
function safe(location: string): string {
  const encoded = location.replaceAll(/[^!-~]|[\\"<>^`{|}]/g, (character) =>
    encodeURIComponent(character).replaceAll("'", '%27'),
  );
  return /^[a-z][a-z0-9+.-]*:/i.test(encoded) ? encoded : encoded.replace(/^[/\\]*/, '/');
}
