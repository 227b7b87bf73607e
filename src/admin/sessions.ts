// Sessions of people who have logged in at the dashboard: a cookie stands for a token that was shown once.
import { randomBytes } from 'node:crypto';
import { digestOf } from '../config/digest.ts';
import type { Millis } from '../core/units.ts';
import type { RequestView } from '../message/request-view.ts';
import type { OperatorToken } from '../plan/plan.ts';

// A working day. People at a gateway are few; whoever holds a token could fill the table, and pushes out the oldest.
const LASTS = 12 * 3600 * 1000;
const MOST = 1000;
const ID_BYTES = 32;

const SESSION_COOKIE = 'keystone_session';

type Session = { readonly digest: string; readonly until: number };

export class Sessions {
  /** By the digest of the cookie, so that how long a look takes tells nothing of the cookie itself. */
  private readonly open = new Map<string, Session>();

  constructor(private readonly now: () => Millis) {}

  /** Returns what the cookie is to hold. */
  begin({ digest }: OperatorToken): string {
    const id = randomBytes(ID_BYTES).toString('base64url');
    this.open.set(digestOf(id), { digest, until: this.now() + LASTS });
    const [oldest] = this.open.keys();
    if (this.open.size > MOST && oldest !== undefined) this.open.delete(oldest);
    return id;
  }

  /** The token that the session stands for; null: it is over, or the token is no longer in the configuration. */
  tokenOf(id: string | null, tokens: readonly OperatorToken[]): OperatorToken | null {
    if (id === null) return null;
    const session = this.open.get(digestOf(id));
    if (session === undefined) return null;
    if (session.until > this.now()) return tokens.find(({ digest }) => digest === session.digest) ?? null;
    this.open.delete(digestOf(id));
    return null;
  }

  end(id: string | null): void {
    if (id !== null) this.open.delete(digestOf(id));
  }
}

/** What the session's cookie of a request holds; null: it has none. */
export function cookieIn(request: RequestView): string | null {
  for (const field of request.headers('cookie'))
    for (const pair of field.split(';')) {
      const [name = '', value = ''] = pair.trim().split('=', 2);
      if (name === SESSION_COOKIE && value !== '') return value;
    }
  return null;
}

/** The value of Set-Cookie; null: it takes the cookie away. A proxy with TLS before the gateway says so by the page's Origin. */
export function sessionCookie(id: string | null, request: RequestView): string {
  const isTls = request.client.isTls || (request.header('origin') ?? '').startsWith('https:');
  const life = id === null ? '; Max-Age=0' : '';
  return `${SESSION_COOKIE}=${id ?? ''}; Path=/; HttpOnly; SameSite=Strict${isTls ? '; Secure' : ''}${life}`;
}
