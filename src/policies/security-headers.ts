// Fields that tell browsers to be careful, on every answer of the tenant.
import { z } from 'zod';
import { defaulted, described, optional } from '../core/described.ts';
import { err, ok } from '../core/result.ts';
import { choice, flag, setting, text } from '../core/settings.ts';
import { type Millis, millis, parseDuration } from '../core/units.ts';
import { type Edit, type Edits, responseEdit, whyNoEdit } from '../message/edits.ts';
import { NO_FIELD, findField } from '../message/field-value.ts';
import { contradict } from './contradiction.ts';
import { CONTINUE, type Policy, type PolicyKind, type PolicyResponse } from './contract.ts';
import { schemeOf } from './template.ts';

const YEAR = millis(365 * 86_400_000);
const LONGEST = millis(10 * YEAR);

// No timer waits for it, so that it may be longer than other durations.
const age = setting<number | string, Millis>({
  type: 'duration or 0',
  expected: 'a duration such as "365d" of at most ten years, or 0',
  json: { type: ['number', 'string'], minimum: 0, pattern: '^\\d+(\\.\\d+)? *(ms|s|m|h|d)?$|\\$\\{' },
  parse(value) {
    const length = typeof value === 'string' || typeof value === 'number' ? parseDuration(value) : null;
    return length === null || length > LONGEST ? err({ message: '{value} will not do' }) : ok(length);
  },
});

const fieldName = text<string>({
  type: 'field name',
  expected: 'the name of a header field that is not set by the gateway or by HTTP itself',
  parse(value) {
    const why = whyNoEdit('response', value);
    return why === null ? ok(value) : err({ message: `cannot be removed: ${why}` });
  },
});

const fieldText = text<string>({
  type: 'text',
  expected: 'a text that a header field may have',
  parse(value) {
    const why = value === '' ? 'it is empty' : whyNoEdit('response', 'X', value);
    return why === null ? ok(value) : err({ message: `{value} will not do: ${why}` });
  },
});

/** `Strict-Transport-Security`, as an option of this policy or as a setting of its own. */
export const hsts = z
  .strictObject({
    enabled: defaulted(flag, 'Whether it is said at all.', {
      value: true,
      reason: 'a client that has once come by TLS is not to be led away from it.',
    }),
    max_age: defaulted(age, 'For how long browsers remember it; 0: they forget it.', {
      value: '365d',
      reason: 'it is renewed by every answer.',
    }),
    include_subdomains: defaulted(flag, 'Whether it is said of all hosts below this one.', {
      value: false,
      reason: 'one of them may have no TLS yet, and browsers remember.',
    }),
    preload: defaulted(flag, 'Whether browsers may be delivered with it.', {
      value: false,
      reason: 'it takes months to be taken back.',
    }),
  })
  .superRefine((given, context) => {
    if (!given.preload || (given.include_subdomains && given.max_age >= YEAR)) return;
    const message = 'is taken by nobody without `include_subdomains` and a `max_age` of a year';
    contradict(given, context, { at: 'preload', message, expected: 'all three, or false here' });
  });

const options = z.strictObject({
  preset: defaulted(choice(['safe', 'none']), 'What is said where nothing else is given here; `none`: nothing.', {
    value: 'safe',
    reason: 'these fields break hardly any site.',
  }),
  mode: defaulted(choice(['default', 'force']), 'Whether a field of the origin stays, or is replaced.', {
    value: 'default',
    reason: 'an origin that says something of its own has thought about it.',
  }),
  hsts: optional(hsts, '`Strict-Transport-Security`, to clients that have come by TLS.'),
  content_type_options: optional(choice(['nosniff', 'off']), '`X-Content-Type-Options`; `safe`: `nosniff`.'),
  frame_options: optional(
    choice(['DENY', 'SAMEORIGIN', 'off']),
    '`X-Frame-Options`: who may show the pages in a frame; `safe`: `SAMEORIGIN`.',
  ),
  referrer_policy: optional(fieldText, '`Referrer-Policy`, or `off`; `safe`: `strict-origin-when-cross-origin`.'),
  content_security_policy: optional(fieldText, '`Content-Security-Policy`. None is safe for every site.'),
  permissions_policy: optional(fieldText, '`Permissions-Policy`, such as `camera=(), microphone=()`.'),
  cross_origin_opener_policy: optional(fieldText, '`Cross-Origin-Opener-Policy`, such as `same-origin`.'),
  cross_origin_resource_policy: optional(fieldText, '`Cross-Origin-Resource-Policy`, such as `same-site`.'),
  remove: optional(
    z.array(described(fieldName, 'A name.')),
    'Fields that are left out; `safe`: `Server` and `X-Powered-By`.',
  ),
});

type Options = z.output<typeof options>;

/** Options that say nothing else. */
export function hstsAlone(given: z.output<typeof hsts>): Options {
  return { ...options.parse({ preset: 'none' }), hsts: given };
}

export const securityHeaders = {
  type: 'security_headers',
  summary: "Tells browsers to be careful, on every answer of the tenant, also the gateway's own.",
  options,
  words: () => 0,
  isShared: true,
  create(given): Policy {
    const isForced = given.mode === 'force';
    const removals = removalsOf(given);
    const fields = fieldsOf(given);
    const transport = transportField(given);
    return {
      response(request, response) {
        const { responseEdits } = request;
        for (const edit of removals) responseEdits.add(edit);
        for (const field of fields) put(field, response, responseEdits, isForced);
        if (transport !== null && schemeOf(request) === 'https') put(transport, response, responseEdits, isForced);
        return CONTINUE;
      },
    };
  },
} as const satisfies PolicyKind<Options>;

/** `name`: in lower case. */
type Field = { readonly name: string; readonly edit: Edit<'response'> };

function removalsOf({ preset, remove }: Options): readonly Edit<'response'>[] {
  const names = remove ?? (preset === 'safe' ? ['Server', 'X-Powered-By'] : []);
  return names.map((name) => responseEdit.remove(name));
}

function fieldsOf(given: Options): readonly Field[] {
  const isSafe = given.preset === 'safe';
  const wanted: readonly (readonly [name: string, value: string | undefined])[] = [
    ['X-Content-Type-Options', given.content_type_options ?? (isSafe ? 'nosniff' : undefined)],
    ['X-Frame-Options', given.frame_options ?? (isSafe ? 'SAMEORIGIN' : undefined)],
    ['Referrer-Policy', given.referrer_policy ?? (isSafe ? 'strict-origin-when-cross-origin' : undefined)],
    ['Content-Security-Policy', given.content_security_policy],
    ['Permissions-Policy', given.permissions_policy],
    ['Cross-Origin-Opener-Policy', given.cross_origin_opener_policy],
    ['Cross-Origin-Resource-Policy', given.cross_origin_resource_policy],
  ];
  return wanted.flatMap(([name, value]) => (value === undefined || value === 'off' ? [] : fieldOf(name, value)));
}

function fieldOf(name: string, value: string): Field {
  return { name: name.toLowerCase(), edit: responseEdit.set(name, value) };
}

function transportField({ preset, hsts: given }: Options): Field | null {
  const wanted = given ?? (preset === 'safe' ? hsts.parse({}) : null);
  if (wanted === null || !wanted.enabled) return null;
  const { max_age: kept, include_subdomains: below, preload } = wanted;
  const value = `max-age=${Math.floor(kept / 1000)}${below ? '; includeSubDomains' : ''}${preload ? '; preload' : ''}`;
  return fieldOf('Strict-Transport-Security', value);
}

// What the origin says stays, and what a policy further in has said.
function put({ name, edit }: Field, response: PolicyResponse, edits: Edits<'response'>, isForced: boolean): void {
  if (isForced || !edits.leaves(edit, isThere(response, name))) edits.add(edit);
}

function isThere({ head, local }: PolicyResponse, name: string): boolean {
  if (head !== null) return findField(head, name) !== NO_FIELD;
  return local !== null && local.headers.some(([own]) => own.toLowerCase() === name);
}
