// Header fields by which browsers protect the users of a site.
import { z } from 'zod';
import { defaulted, optional } from '../core/described.ts';
import { err, ok } from '../core/result.ts';
import { choice, countOrNone, flag, text } from '../core/settings.ts';
import { type Edit, responseEdit, whyNoEdit } from '../message/edits.ts';
import { CONTINUE, type Policy, type PolicyKind } from './contract.ts';
import { schemeOf } from './template.ts';

const MOST_SECONDS = 63_072_000;
const REFERRERS = [
  'no-referrer',
  'no-referrer-when-downgrade',
  'origin',
  'origin-when-cross-origin',
  'same-origin',
  'strict-origin',
  'strict-origin-when-cross-origin',
  'unsafe-url',
  'none',
] as const;

const fieldText = text<string>({
  type: 'text',
  expected: 'a text that a header field may have',
  parse(value) {
    const why = whyNoEdit('response', 'x-any', value);
    return why === null && value !== '' ? ok(value) : err({ message: '{value} cannot be the value of a header field' });
  },
});

const options = z.strictObject({
  mode: defaulted(
    choice(['default', 'force']),
    'Whether fields that the answer has already stay (`default`) or are replaced (`force`).',
    { value: 'default', reason: 'an application knows its own policy best.' },
  ),
  hsts_seconds: defaulted(
    countOrNone({ min: 0, max: MOST_SECONDS }),
    'For how many seconds browsers are to come over TLS only (`Strict-Transport-Security`, RFC 6797). It is sent over TLS only, up to a trusted proxy or to the gateway. `none`: not at all.',
    { value: 31_536_000, reason: 'a year is what browsers and scanners ask for.' },
  ),
  hsts_include_subdomains: defaulted(flag, 'Whether that goes for all subdomains.', {
    value: false,
    reason: 'a subdomain without TLS would be lost to its users for as long.',
  }),
  hsts_preload: defaulted(flag, 'Whether the site asks to be put on the lists in browsers.', {
    value: false,
    reason: 'it takes months to get off these lists.',
  }),
  content_type_options: defaulted(
    flag,
    'Whether browsers are told not to guess types (`X-Content-Type-Options: nosniff`).',
    {
      value: true,
      reason: 'a text that is taken for a script is run.',
    },
  ),
  frame_options: defaulted(choice(['SAMEORIGIN', 'DENY', 'none']), 'Which sites may show pages in a frame.', {
    value: 'SAMEORIGIN',
    reason: 'others could lay a page of theirs over it (clickjacking).',
  }),
  referrer_policy: defaulted(choice(REFERRERS), 'What other sites learn of where a user comes from.', {
    value: 'strict-origin-when-cross-origin',
    reason: 'paths may hold secrets; it is what browsers do by themselves.',
  }),
  content_security_policy: optional(
    fieldText,
    'The value of `Content-Security-Policy`. Absent: none, since it depends on the pages.',
  ),
  permissions_policy: optional(fieldText, 'The value of `Permissions-Policy`. Absent: none.'),
  remove_server: defaulted(flag, 'Whether `Server` and `X-Powered-By` are removed.', {
    value: true,
    reason: 'they tell attackers which faults to try.',
  }),
});
type Options = z.output<typeof options>;
type Added = { readonly name: string; readonly edit: Edit<'response'> };

export const securityHeaders = {
  type: 'security_headers',
  summary: 'Sets the header fields by which browsers protect the users of a site.',
  options,
  words: () => 0,
  isShared: true,
  create(wanted): Policy {
    const isForced = wanted.mode === 'force';
    const added = fieldsOf(wanted).map(([name, value]) => ({ name, edit: responseEdit.set(name, value) }));
    const hsts = hstsOf(wanted);
    const removed = wanted.remove_server ? [responseEdit.remove('Server'), responseEdit.remove('X-Powered-By')] : [];
    return {
      response(request, answer) {
        for (const edit of removed) request.responseEdits.add(edit);
        const set = ({ name, edit }: Added): void => {
          if (isForced || answer.field(name.toLowerCase()) === null) request.responseEdits.add(edit);
        };
        for (const one of added) set(one);
        if (hsts !== null && schemeOf(request) === 'https') set(hsts);
        return CONTINUE;
      },
    };
  },
} as const satisfies PolicyKind<Options>;

function fieldsOf(wanted: Options): readonly (readonly [string, string])[] {
  const { content_security_policy: content, permissions_policy: permissions } = wanted;
  return [
    ...(wanted.content_type_options ? [['X-Content-Type-Options', 'nosniff'] as const] : []),
    ...(wanted.frame_options === 'none' ? [] : [['X-Frame-Options', wanted.frame_options] as const]),
    ...(wanted.referrer_policy === 'none' ? [] : [['Referrer-Policy', wanted.referrer_policy] as const]),
    ...(content === undefined ? [] : [['Content-Security-Policy', content] as const]),
    ...(permissions === undefined ? [] : [['Permissions-Policy', permissions] as const]),
  ];
}

function hstsOf(wanted: Options): Added | null {
  if (wanted.hsts_seconds === Number.POSITIVE_INFINITY) return null;
  const name = 'Strict-Transport-Security';
  const parts = [
    `max-age=${wanted.hsts_seconds}`,
    ...(wanted.hsts_include_subdomains ? ['includeSubDomains'] : []),
    ...(wanted.hsts_preload ? ['preload'] : []),
  ];
  return { name, edit: responseEdit.set(name, parts.join('; ')) };
}
