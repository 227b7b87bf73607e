// Lets pages of other origins use a site (CORS, https://fetch.spec.whatwg.org/#http-cors-protocol).
import { z } from 'zod';
import { defaulted, described } from '../core/described.ts';
import { err, ok } from '../core/result.ts';
import { choice, duration, flag, setting, text } from '../core/settings.ts';
import { EMPTY } from '../message/bytes.ts';
import { type Edit, responseEdit } from '../message/edits.ts';
import type { LocalResponse } from '../message/local-response.ts';
import { CONTINUE, type Policy, type PolicyKind, type PolicyRequest, type PolicyResponse } from './contract.ts';

const ORIGIN = /^(https?:\/\/(\*\.)?[a-z0-9._-]+(:\d{1,5})?|[a-z][a-z0-9+.-]*:\/\/[a-z0-9._-]+|null)$/i;
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

const name = text<string>({
  type: 'name',
  expected: 'a name without spaces',
  parse: (value) => (TOKEN.test(value) ? ok(value) : err({ message: '{value} is not a name' })),
});

/** `any`, or a list of what the pattern fits. */
function anyOr(pattern: RegExp, what: string) {
  return setting<string | readonly string[], 'any' | readonly string[]>({
    type: '`any`, or a list',
    expected: `any, or a list of ${what}`,
    json: { anyOf: [{ const: 'any' }, { type: 'array', items: { type: 'string' } }] },
    parse(value) {
      if (value === 'any') return ok('any');
      const all: readonly unknown[] = Array.isArray(value) ? value : [value];
      const texts = all.flatMap((one) => (typeof one === 'string' && pattern.test(one) ? one : []));
      return texts.length === all.length && texts.length > 0
        ? ok(texts)
        : err({ message: `{value} is not a list of ${what}` });
    },
  });
}

const options = z
  .strictObject({
    origins: described(
      anyOr(ORIGIN, 'origins such as "https://app.example.com"'),
      'Origins whose pages may use the site; `*.` stands for one label. `any`: all of them, without credentials.',
    ),
    methods: defaulted(z.array(described(name, 'A method.')), 'Methods that these pages may use.', {
      value: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'],
      reason: 'what the application refuses, it refuses itself.',
    }),
    headers: defaulted(anyOr(TOKEN, 'names of fields'), 'Header fields that these pages may send.', {
      value: 'any',
      reason: 'the application knows which it takes.',
    }),
    expose: defaulted(z.array(described(name, 'A field.')), 'Header fields of answers that these pages may read.', {
      value: [],
      reason: 'browsers show the usual ones by themselves.',
    }),
    credentials: defaulted(flag, 'Whether requests with cookies and logins are let in.', {
      value: false,
      reason: 'a page that may act for the user must be trusted.',
    }),
    max_age: defaulted(duration, 'How long browsers remember the answer to a preflight.', {
      value: '10m',
      reason: 'most browsers remember it for ten minutes at the least, and a mistake is not kept for days.',
    }),
    private_network: defaulted(flag, 'Whether pages of public sites may reach this one in a private network.', {
      value: false,
      reason: 'that is what browsers guard against.',
    }),
    preflight: defaulted(choice(['answer', 'forward']), 'Whether the gateway answers preflights, or the application.', {
      value: 'answer',
      reason: 'a preflight has no login, which policies that come later would ask for.',
    }),
  })
  .superRefine(({ origins, credentials }, context) => {
    if (origins !== 'any' || !credentials) return;
    const message = 'cannot go with `origins: any`: every site could act for the user';
    context.issues.push({
      code: 'custom',
      input: credentials,
      path: ['credentials'],
      params: { message, expected: 'a list of origins' },
    });
  });
type Options = z.output<typeof options>;

const REPLACED = [
  'Access-Control-Allow-Origin',
  'Access-Control-Allow-Credentials',
  'Access-Control-Expose-Headers',
].map((field) => responseEdit.remove(field));
const VARY = responseEdit.append('Vary', 'Origin');
const CREDENTIALS = responseEdit.set('Access-Control-Allow-Credentials', 'true');
const ANY = responseEdit.set('Access-Control-Allow-Origin', '*');
const PREFLIGHT_VARY = ['Vary', 'Access-Control-Request-Method, Access-Control-Request-Headers'] as const;

export const cors = {
  type: 'cors',
  summary: 'Lets pages of other origins use the site. It stands before policies that ask for a login.',
  options,
  words: () => 0,
  isShared: true,
  create(wanted): Policy {
    const allowed = wanted.origins === 'any' ? null : new Origins(wanted.origins);
    const expose =
      wanted.expose.length === 0 ? null : responseEdit.set('Access-Control-Expose-Headers', wanted.expose.join(', '));
    return {
      request(request) {
        if (wanted.preflight === 'forward' || !isPreflight(request)) return CONTINUE;
        return { kind: 'respond', response: preflightAnswer(request, wanted, allowed) };
      },
      response(request, answer) {
        tellOrigin(request, answer, { allowed, credentials: wanted.credentials, expose });
        return CONTINUE;
      },
    };
  },
} as const satisfies PolicyKind<Options>;

/** Origins by their texts, and those with an asterisk. */
class Origins {
  private readonly exact: ReadonlySet<string>;
  private readonly patterns: readonly RegExp[];

  constructor(given: readonly string[]) {
    const origins = given.map((one) => one.toLowerCase());
    this.exact = new Set(origins.filter((one) => !one.includes('*')));
    this.patterns = origins
      .filter((one) => one.includes('*'))
      .map((one) => new RegExp(`^${one.replaceAll('.', '\\.').replace('*', '[^./:]+')}$`));
  }

  has(one: string): boolean {
    return this.exact.has(one) || this.patterns.some((pattern) => pattern.test(one));
  }
}

function isPreflight(request: PolicyRequest): boolean {
  if (request.method !== 'OPTIONS' || request.field('origin') === null) return false;
  return request.field('access-control-request-method') !== null;
}

// Which origin it is for the answer's step says, as of every answer.
function preflightAnswer(request: PolicyRequest, wanted: Options, allowed: Origins | null): LocalResponse {
  const from = request.field('origin') ?? '';
  if (allowed !== null && !allowed.has(from)) return { status: 204, headers: [PREFLIGHT_VARY], body: EMPTY };
  const asked = request.field('access-control-request-headers');
  const fields = wanted.headers === 'any' ? echoed(asked) : wanted.headers.join(', ');
  const isPrivate = wanted.private_network && request.field('access-control-request-private-network') === 'true';
  const headers: (readonly [string, string])[] = [
    ['Access-Control-Allow-Methods', wanted.methods.join(', ')],
    ...(fields === '' ? [] : [['Access-Control-Allow-Headers', fields] as const]),
    ['Access-Control-Max-Age', String(Math.floor(wanted.max_age / 1000))],
    ...(isPrivate ? [['Access-Control-Allow-Private-Network', 'true'] as const] : []),
    PREFLIGHT_VARY,
  ];
  return { status: 204, headers, body: EMPTY };
}

// With credentials an asterisk would be a name like any other.
function echoed(asked: string | null): string {
  const names = (asked ?? '').split(',').map((one) => one.trim());
  return names.filter((one) => TOKEN.test(one)).join(', ');
}

type Telling = {
  readonly allowed: Origins | null;
  readonly credentials: boolean;
  readonly expose: Edit<'response'> | null;
};

function tellOrigin(request: PolicyRequest, answer: PolicyResponse, { allowed, credentials, expose }: Telling): void {
  const { responseEdits } = request;
  for (const edit of REPLACED) responseEdits.add(edit);
  if (allowed !== null && !variesByOrigin(answer.field('vary'))) responseEdits.add(VARY);
  const from = request.field('origin');
  if (from === null || (allowed !== null && !allowed.has(from))) return;
  responseEdits.add(allowed === null ? ANY : responseEdit.set('Access-Control-Allow-Origin', from));
  if (credentials) responseEdits.add(CREDENTIALS);
  if (expose !== null) responseEdits.add(expose);
}

function variesByOrigin(vary: string | null): boolean {
  return vary !== null && vary.split(',').some((one) => ['origin', '*'].includes(one.trim().toLowerCase()));
}
