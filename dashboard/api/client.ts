// Asks the admin API, at the place that the page itself comes from.
import { Fields } from './fields.ts';

/** Why there is no answer to show. */
export type Failure = {
  /** `absent`: this gateway has no such endpoint; `login`: a token is needed; `forbidden`: the token does not reach so far;
   * `refused`: the gateway says why not; `unreachable`: it says nothing. */
  readonly kind: 'absent' | 'login' | 'forbidden' | 'refused' | 'unreachable';
  /** One sentence for people. */
  readonly text: string;
  /** What else the answer says. */
  readonly details: Fields;
};

export type Answer =
  | { readonly ok: true; readonly fields: Fields; readonly etag: string | null }
  | { readonly ok: false; readonly failure: Failure };

export type Asked = {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly query?: Readonly<Record<string, string | null>>;
  /** Sent as JSON. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
  /** Milliseconds that an answer may take; absent: as many as are usual. */
  readonly patience?: number;
};

// Kept in the page alone, for gateways that have no login by cookie; it is gone when the page is.
let token: string | null = null;

/** The token that requests carry from now on. */
export function carryToken(text: string | null): void {
  token = text;
}

/** Fields that say who asks. */
export function identity(): Readonly<Record<string, string>> {
  return token === null ? {} : { Authorization: `Bearer ${token}` };
}

const PATIENCE = 15_000;
/** Some endpoints answer only when there is news. */
const LONG_PATIENCE = 45_000;

/** The address of an endpoint; `path` starts with a slash. */
export function addressOf(path: string, query: Asked['query'] = {}): string {
  const words = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value !== null && value !== '') words.set(name, value);
  const tail = words.size === 0 ? '' : `?${words.toString()}`;
  return `${path.slice(1)}${tail}`;
}

/** One request and its answer. It never throws. */
export async function ask(path: string, asked: Asked = {}): Promise<Answer> {
  const { method = 'GET', query, body, headers, signal } = asked;
  const usual = query?.['wait'] === undefined ? PATIENCE : LONG_PATIENCE;
  const patience = AbortSignal.timeout(asked.patience ?? usual);
  try {
    const response = await fetch(addressOf(path, query), {
      method,
      credentials: 'same-origin',
      cache: 'no-store',
      headers: {
        Accept: 'application/json',
        ...identity(),
        ...(method === 'GET' ? {} : { 'X-Keystone-Request': '1' }),
        ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: signal === undefined ? patience : AbortSignal.any([signal, patience]),
    });
    return answerOf(response.status, await response.text(), response.headers.get('etag'));
  } catch {
    return failed('unreachable', 'The gateway does not answer.');
  }
}

function answerOf(status: number, text: string, etag: string | null): Answer {
  const fields = new Fields(parsed(text));
  if (status < 400 || (status === 503 && fields.has('status') && !fields.has('error')))
    return { ok: true, fields, etag };
  return { ok: false, failure: failureOf(status, fields) };
}

function failureOf(status: number, details: Fields): Failure {
  const told = details.maybeText('error') ?? details.maybeText('detail') ?? details.maybeText('title');
  const text = told === null ? `The gateway answered with status ${status}.` : sentence(told);
  if (status === 401) return { kind: 'login', text, details };
  if (status === 403) return { kind: 'forbidden', text, details };
  const isAbsent = (status === 404 && (told === null || /no such endpoint/i.test(told))) || status === 405;
  return { kind: isAbsent ? 'absent' : 'refused', text, details };
}

/** As a failure of the whole request. */
export function failed(kind: Failure['kind'], text: string): { readonly ok: false; readonly failure: Failure } {
  return { ok: false, failure: { kind, text, details: new Fields(null) } };
}

/** With a capital and a full stop. */
export function sentence(text: string): string {
  const begun = text.slice(0, 1).toUpperCase() + text.slice(1);
  return /[.!?…]$/.test(begun) ? begun : `${begun}.`;
}

/** JSON; null: it is something else. */
export function parsed(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return value;
  } catch {
    return null;
  }
}
