// Decides whether a request to the admin API comes from an operator. A token says so; where none is configured, so does the
// address that the admin API has for itself, which only programs on this machine can reach.
import { timingSafeEqual } from 'node:crypto';
import { isLoopback } from '../config/admin.ts';
import { clientKey } from '../core/cidr.ts';
import { digestOf } from '../config/digest.ts';
import type { Operator } from '../core/observer.ts';
import { RateLimits } from '../core/rate-limits.ts';
import type { Rights } from './contract.ts';
import { Sessions, cookieIn } from './sessions.ts';
import type { Millis } from '../core/units.ts';
import type { RequestView } from '../message/request-view.ts';
import type { AdminPlan, OperatorToken } from '../plan/plan.ts';
import { isIn, isOwnHost } from './known-host.ts';

/** Where requests come in. `public`: on the listeners of clients. `own`: at the admin API's own address; `trusts`: what
 * makes an operator there. */
export type Entrance =
  | { readonly kind: 'public' }
  | {
      readonly kind: 'own';
      readonly trusts: 'everybody' | 'this machine' | 'tokens';
      /** A name of the address besides localhost; null: it has none. */
      readonly hostname: string | null;
    };

/** Why a request is not an operator's. */
export type Doubt =
  | 'two tokens'
  | 'wrong token'
  | 'too many wrong tokens'
  | 'token needed'
  | 'no tokens configured'
  | 'forwarded'
  | 'foreign host'
  | 'unknown host';

export type Access =
  /** `by`: what has shown who it is; null: nothing was needed. */
  | {
      readonly kind: 'operator';
      readonly operator: Operator;
      readonly rights: Rights;
      readonly by: 'token' | 'cookie' | null;
    }
  | { readonly kind: 'stranger'; readonly why: Doubt };

export type LogIn =
  | { readonly kind: 'in'; readonly session: string; readonly operator: Operator }
  | { readonly kind: 'refused'; readonly why: Doubt };

/** A wrong token, for the log. */
export type WrongToken = { readonly address: string; readonly entrance: Entrance['kind'] };

/** What the configuration says of who is let in, and by which names the API is known besides that of its address. */
export type AccessRules = Pick<AdminPlan, 'tokens' | 'hosts'>;

export type AccessTools = {
  readonly now: () => Millis;
  readonly reportWrongToken: (wrong: WrongToken) => void;
};

// A person mistypes now and then. One guess a second leaves no hope for 16 random characters, and whoever shares the
// address of a guesser waits for a second at most.
const WRONG_TOKENS = { burst: 10, perSecond: 1, most: 4096 };

/** Tells operators from others, and limits how often a client may guess. */
export class AccessControl {
  private readonly wrong: RateLimits;
  private readonly sessions: Sessions;

  constructor(private readonly tools: AccessTools) {
    this.wrong = new RateLimits(WRONG_TOKENS, tools.now);
    this.sessions = new Sessions(tools.now);
  }

  /** Who makes a request. */
  admit(request: RequestView, entrance: Entrance, { tokens, hosts }: AccessRules): Access {
    const fields = request.headers('authorization');
    if (fields.length > 1) return stranger('two tokens');
    if (!isKnown(request, entrance, hosts)) return stranger(tokens.length === 0 ? 'foreign host' : 'unknown host');
    const presented = bearer(fields[0] ?? null);
    if (presented !== null && tokens.length > 0) return this.judge(presented, request, entrance, tokens);
    if (entrance.kind === 'own') {
      const held = this.sessions.tokenOf(cookieIn(request), tokens);
      if (held !== null) return operatorWith(held, request, 'cookie');
      if (entrance.trusts === 'everybody') return operatorOf(request);
      if (entrance.trusts === 'this machine' && tokens.length === 0) return admitLocal(request, entrance);
    }
    return stranger(tokens.length === 0 ? 'no tokens configured' : 'token needed');
  }

  /** Whether a request to a tenant carries the token of an operator. Most such fields are meant for the tenant: they are
   * not logged, and only as many are looked at as may be guesses. */
  knows(authorization: string | null, address: string, tokens: readonly OperatorToken[]): boolean {
    const presented = bearer(authorization);
    if (presented === null || tokens.length === 0) return false;
    const key = `tenants ${clientKey(address)}`;
    if (!this.wrong.allows(key)) return false;
    const token = tokenIn(presented, tokens);
    if (token === null) this.wrong.count(key);
    // Reasons of failures name backends, and this one may know those of some tenants only.
    return token !== null && token.tenants === null;
  }

  /** Somebody shows a token to go on with a cookie. */
  logIn(presented: string, request: RequestView, entrance: Entrance, { tokens, hosts }: AccessRules): LogIn {
    if (!isKnown(request, entrance, hosts)) return { kind: 'refused', why: 'unknown host' };
    if (tokens.length === 0) return { kind: 'refused', why: 'no tokens configured' };
    const access = this.judge(presented, request, entrance, tokens);
    if (access.kind === 'stranger') return { kind: 'refused', why: access.why };
    const token = tokenIn(presented, tokens);
    if (token === null) return { kind: 'refused', why: 'wrong token' };
    const operator = { token: token.name, address: request.client.address };
    return { kind: 'in', session: this.sessions.begin(token), operator };
  }

  logOut(request: RequestView): void {
    this.sessions.end(cookieIn(request));
  }

  // A right token counts for nothing either while its client guesses too often: otherwise guessing would have no limit.
  private judge(presented: string, request: RequestView, { kind }: Entrance, tokens: readonly OperatorToken[]): Access {
    const { address } = request.client;
    const key = `${kind} ${clientKey(address)}`;
    if (!this.wrong.allows(key)) return stranger('too many wrong tokens');
    const token = tokenIn(presented, tokens);
    if (token !== null) return operatorWith(token, request, 'token');
    this.wrong.count(key);
    this.tools.reportWrongToken({ address, entrance: kind });
    return stranger('wrong token');
  }
}

function bearer(authorization: string | null): string | null {
  return /^Bearer +(\S+)$/i.exec(authorization ?? '')?.[1] ?? null;
}

/** Null: nobody has it. All are compared, and in constant time, so that the time of an answer says nothing of how much was
 * right. */
function tokenIn(presented: string, tokens: readonly OperatorToken[]): OperatorToken | null {
  const digest = Buffer.from(digestOf(presented), 'hex');
  let found: OperatorToken | null = null;
  for (const token of tokens) if (timingSafeEqual(digest, Buffer.from(token.digest, 'hex'))) found = token;
  return found;
}

// On the listeners of clients every name is served, and only tokens let in there, which no page of an attacker has. Nobody can
// lead a browser to a Unix socket.
function isKnown({ host }: RequestView, entrance: Entrance, hosts: readonly string[]): boolean {
  if (entrance.kind === 'public' || entrance.trusts === 'everybody') return true;
  return isOwnHost(host, entrance.hostname) || isIn(hosts, host);
}

function admitLocal(request: RequestView, entrance: Entrance): Access {
  const doubt = doubtOfLocal(request, entrance);
  return doubt === null ? operatorOf(request) : stranger(doubt);
}

/** Whether a request was made on this machine, to the admin API's own address. */
export function isMadeHere(request: RequestView, entrance: Entrance): boolean {
  if (entrance.kind === 'own' && entrance.trusts === 'everybody') return true;
  return doubtOfLocal(request, entrance) === null;
}

// The peer of the socket must be this machine itself. Whoever has forwarded the request for others says so.
function doubtOfLocal(request: RequestView, entrance: Entrance): Doubt | null {
  if (entrance.kind !== 'own' || entrance.trusts !== 'this machine') return 'token needed';
  const isForwarded = FORWARDING.some((name) => request.header(name) !== null);
  if (!isLoopback(request.client.address) || isForwarded) return 'forwarded';
  return isOwnHost(request.host, entrance.hostname) ? null : 'foreign host';
}

const FORWARDING = ['x-forwarded-for', 'x-real-ip', 'forwarded', 'via'];

const ALL: Rights = { scope: 'admin', tenants: null };

function operatorOf({ client }: RequestView): Access {
  return { kind: 'operator', operator: { token: null, address: client.address }, rights: ALL, by: null };
}

function operatorWith(
  { name, scope, tenants }: OperatorToken,
  { client }: RequestView,
  by: 'token' | 'cookie',
): Access {
  return { kind: 'operator', operator: { token: name, address: client.address }, rights: { scope, tenants }, by };
}

function stranger(why: Doubt): Access {
  return { kind: 'stranger', why };
}

/** Whether a page of another site has made the request: only browsers send these fields. */
export function isFromOtherSite(request: RequestView): boolean {
  const site = request.header('sec-fetch-site');
  if (site !== null && site !== 'same-origin' && site !== 'none') return true;
  const origin = request.header('origin');
  return origin !== null && !isOwnOrigin(origin, request);
}

/** Whether a browser says that a page of the API itself has made the request. Older ones, and those that ask without TLS, say so
 * by Origin alone. */
export function isFromOwnPage(request: RequestView): boolean {
  const origin = request.header('origin');
  return request.header('sec-fetch-site') === 'same-origin' || (origin !== null && isOwnOrigin(origin, request));
}

function isOwnOrigin(origin: string, { host }: RequestView): boolean {
  return origin === `http://${host}` || origin === `https://${host}`;
}
