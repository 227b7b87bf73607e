// Says which pages of other origins may read the answers (the Fetch standard, 3.2): answers what browsers ask beforehand, and
// puts its fields in place of those of backends, on every answer of the tenant.
import { z } from 'zod';
import { defaulted, described } from '../core/described.ts';
import { err, ok } from '../core/result.ts';
import { choice, durationOrZero, flag, text } from '../core/settings.ts';
import { EMPTY, ascii, equalsExactly, latin1 } from '../message/bytes.ts';
import { type Edit, responseEdit } from '../message/edits.ts';
import { NO_FIELD, SEVERAL_FIELDS, findField, isNamed, isText, listsElement } from '../message/field-value.ts';
import { type Head, isMethod } from '../message/head.ts';
import type { LocalResponse } from '../message/local-response.ts';
import { contradict } from './contradiction.ts';
import { CONTINUE, type Policy, type PolicyKind, type PolicyRequest } from './contract.ts';

/** Stands alone for a list of all. */
const ANY = 'any';

const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const ORIGIN = /^https?:\/\/(?:\*\.)?[a-z0-9._-]+(?::\d{1,5})?$|^https?:\/\/\[[0-9a-f:.]+\](?::\d{1,5})?$/;

const originText = text<string>({
  type: 'origin',
  expected: 'an origin such as "https://app.example.com" or "https://*.example.com", "null", or any',
  parse(value) {
    const lowered = value.toLowerCase();
    if (lowered === 'null' || lowered === ANY) return ok(lowered);
    if (/^https?:\/\/[^/]+\/$/.test(lowered))
      return err({
        message: '{value} ends with a slash, which no origin does',
        suggest: (typed) => typed.slice(0, -1),
      });
    if (/^(?:http:.*:80|https:.*:443)$/.test(lowered))
      return err({
        message: '{value} names the usual port, which browsers leave out',
        suggest: (typed) => typed.replace(/:\d+$/, ''),
      });
    return ORIGIN.test(lowered) ? ok(lowered) : err({ message: '{value} is no origin' });
  },
});

const word = (type: string) =>
  text<string>({
    type,
    expected: `a ${type}`,
    parse: (value) => (TOKEN.test(value) ? ok(value) : err({ message: `{value} is no ${type}` })),
  });

const options = z
  .strictObject({
    origins: described(
      z.array(described(originText, 'An origin.')).min(1),
      'Whose pages may read the answers: origins as browsers send them, `https://*.example.com` for every host with one label more, `"null"` for pages without an origin; or `any`.',
    ),
    methods: defaulted(z.array(described(word('method'), 'A method.')), 'Methods that such pages may use.', {
      value: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'],
      reason: 'the usual ones; whether a method is allowed is for the origin to say.',
    }),
    headers: defaulted(
      z.array(described(word('field name'), 'A name.')),
      'Fields that such pages may send, or `any`.',
      {
        value: [ANY],
        reason: 'which pages are trusted is said by `origins`; a name that is missing here shows in browsers only.',
      },
    ),
    expose: defaulted(
      z.array(described(word('field name'), 'A name.')),
      'Fields of answers that such pages may read, beside those that all may.',
      { value: [], reason: 'most pages read the body alone.' },
    ),
    credentials: defaulted(flag, 'Whether such pages may send cookies and credentials. Not with `origins: any`.', {
      value: false,
      reason: 'a page that acts in the name of a user has to be trusted on purpose.',
    }),
    max_age: defaulted(durationOrZero, 'For how long a browser need not ask again.', {
      value: '10m',
      reason: 'a change is seen soon, and nearly every request is spared the question; browsers take at most 2 hours.',
    }),
    private_network: defaulted(flag, 'Whether pages of public hosts may ask this one at a private address.', {
      value: false,
      reason: 'browsers ask for it to protect machines at home.',
    }),
    preflight: defaulted(choice(['answer', 'forward']), 'Who answers what browsers ask beforehand.', {
      value: 'answer',
      reason: 'such a question has no credentials, and fails behind any login.',
    }),
  })
  .superRefine((given, context) => {
    if (!given.origins.includes(ANY) || !given.credentials) return;
    const message = 'stands beside `origins: any`: every page would act in the name of your users';
    contradict(given, context, { at: 'credentials', message, expected: 'a list of origins, or false here' });
  });

type Options = z.output<typeof options>;

export const cors = {
  type: 'cors',
  summary:
    'Says which pages of other origins may read the answers. It answers the questions of browsers, so it stands before policies that want a login.',
  options,
  words: () => 0,
  isShared: true,
  create(given): Policy {
    const answers = new Answers(given);
    const { preflight } = given;
    return {
      request(request) {
        if (preflight === 'forward' || !isPreflight(request.head)) return CONTINUE;
        return { kind: 'respond', response: answers.preflight(request) };
      },
      response(request, { head }) {
        if (head !== null && preflight === 'forward' && isPreflight(request.head)) return CONTINUE;
        if (head !== null) removeOthers(head, request.responseEdits);
        answers.addTo(request, head !== null && variesByOrigin(head));
        return CONTINUE;
      },
    };
  },
} as const satisfies PolicyKind<Options>;

const OPTIONS = ascii('OPTIONS');

// The Fetch standard, 3.2.2.
function isPreflight(head: Head): boolean {
  return (
    isMethod(head.bytes, head.start, head.methodEnd, OPTIONS) &&
    findField(head, 'origin') !== NO_FIELD &&
    findField(head, 'access-control-request-method') !== NO_FIELD
  );
}

type Allowed = readonly Edit<'response'>[];

const NOTHING: Allowed = [];
const VARY = responseEdit.append('Vary', 'Origin');
/** Edits for origins that match a pattern are kept for so many of them. */
const MOST_KEPT = 256;
const LONGEST_ORIGIN = 512;

/** What is said to pages of each origin. What can be is made once. */
class Answers {
  /** What is said to every page; null: it depends on its origin. */
  private readonly toAll: Allowed | null;
  private readonly exact: readonly { readonly bytes: Uint8Array; readonly edits: Allowed }[];
  private readonly patterns: readonly RegExp[];
  private readonly kept = new Map<string, Allowed>();
  private readonly fixed: LocalResponse['headers'];

  constructor(private readonly given: Options) {
    const { origins, methods, max_age: age } = given;
    this.toAll = origins.includes(ANY) ? this.editsOf('*') : null;
    this.exact = origins
      .filter((one) => !isPattern(one))
      .map((one) => ({ bytes: ascii(one), edits: this.editsOf(one) }));
    this.patterns = origins.filter(isPattern).map(patternOf);
    this.fixed = [
      ['Access-Control-Allow-Methods', methods.join(', ')],
      ['Access-Control-Max-Age', String(Math.floor(age / 1000))],
    ];
  }

  private editsOf(origin: string): Allowed {
    const { credentials, expose } = this.given;
    return [
      responseEdit.set('Access-Control-Allow-Origin', origin),
      ...(credentials ? [responseEdit.set('Access-Control-Allow-Credentials', 'true')] : []),
      ...(expose.length > 0 ? [responseEdit.set('Access-Control-Expose-Headers', expose.join(', '))] : []),
    ];
  }

  /** `varies`: the answer says already that it depends on the origin. */
  addTo({ head, responseEdits }: PolicyRequest, varies: boolean): void {
    for (const edit of this.editsFor(head)) responseEdits.add(edit);
    if (this.toAll === null && !varies) responseEdits.add(VARY);
  }

  private editsFor(head: Head): Allowed {
    if (this.toAll !== null) return this.toAll;
    const field = findField(head, 'origin');
    if (field === NO_FIELD || field === SEVERAL_FIELDS) return NOTHING;
    const start = head.fields[field * 4 + 2];
    const end = head.fields[field * 4 + 3];
    for (const { bytes, edits } of this.exact)
      if (bytes.length === end - start && equalsExactly(head.bytes, start, bytes)) return edits;
    return this.patterns.length === 0 || end - start > LONGEST_ORIGIN
      ? NOTHING
      : this.matched(latin1(head.bytes, start, end));
  }

  private matched(origin: string): Allowed {
    const known = this.kept.get(origin);
    if (known !== undefined) return known;
    if (!this.patterns.some((pattern) => pattern.test(origin))) return NOTHING;
    const edits = this.editsOf(origin);
    if (this.kept.size >= MOST_KEPT) this.kept.clear();
    this.kept.set(origin, edits);
    return edits;
  }

  /** The response step adds who may read it. */
  preflight(request: PolicyRequest): LocalResponse {
    const headers = this.editsFor(request.head) === NOTHING ? [] : [...this.fixed, ...this.asked(request)];
    return { status: 204, headers, body: EMPTY };
  }

  private asked(request: PolicyRequest): LocalResponse['headers'] {
    const { headers, private_network: isOpen } = this.given;
    const wanted = request.field('access-control-request-headers');
    const isAny = headers.includes(ANY);
    const names = isAny ? namesIn(wanted) : headers.join(', ');
    const isPrivate = isOpen && request.field('access-control-request-private-network') === 'true';
    return [
      ...(names === '' ? [] : [['Access-Control-Allow-Headers', names] as const]),
      ...(isAny ? [['Vary', 'Access-Control-Request-Headers'] as const] : []),
      ...(isPrivate ? [['Access-Control-Allow-Private-Network', 'true'] as const] : []),
    ];
  }
}

function isPattern(origin: string): boolean {
  return origin.includes('*');
}

// One label stands for the asterisk. The expression has no part that repeats another one, so that its time is bounded.
function patternOf(origin: string): RegExp {
  const [before = '', after = ''] = origin.split('*').map((part) => part.replace(/[.[\]]/g, '\\$&'));
  return new RegExp(`^${before}[a-z0-9_-]+${after}$`);
}

function namesIn(list: string | null): string {
  const names = (list ?? '').split(',').map((name) => name.trim());
  return names.filter((name) => TOKEN.test(name)).join(', ');
}

const BEGINNING = 'access-control-';

function removeOthers({ bytes, fields, count }: Head, edits: PolicyRequest['responseEdits']): void {
  for (let f = 0; f < count; f++) {
    const start = fields[f * 4];
    const end = fields[f * 4 + 1];
    if (end - start > BEGINNING.length && isText(bytes, start, start + BEGINNING.length, BEGINNING))
      edits.add(responseEdit.remove(latin1(bytes, start, end)));
  }
}

function variesByOrigin(head: Head): boolean {
  for (let f = 0; f < head.count; f++)
    if (isNamed(head, f, 'vary') && (listsElement(head, f, 'origin') || listsElement(head, f, '*'))) return true;
  return false;
}
