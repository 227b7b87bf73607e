// What becomes of a request at the listener where it has come, from its head alone.
import type { ClientAuth } from '../core/certificate-source.ts';
import { EMPTY, ascii, latin1 } from '../message/bytes.ts';
import type { ClientFacts, TlsFacts } from '../message/contract.ts';
import type { Head } from '../message/head.ts';
import type { LocalResponse } from '../message/local-response.ts';
import { CHALLENGES, httpsPlace } from '../policies/redirect.ts';
import { schemeOf } from '../policies/template.ts';
import { type Decision, decide } from '../route/decide.ts';
import { type NameLookup, isMisdirected, isSameAuth } from './misdirected.ts';
import type { Destination, SnapshotStore } from './snapshot.ts';

/** The listener itself answers. */
export type Answered = { readonly kind: 'answered'; readonly response: LocalResponse };
export type Decided =
  | Decision<Destination>
  | Answered
  /** It belongs to another connection. */
  | { readonly kind: 'refused'; readonly code: 'misdirected' };

/** For a request that has not come yet. */
export const NOWHERE: Decided = { kind: 'refused', code: 'no-route' };
const MISDIRECTED: Decided = { kind: 'refused', code: 'misdirected' };

/** What names are served with, and what authorities of certificates are answered. */
export interface NamesServed extends NameLookup {
  /** What clients are asked for where nothing else is said. */
  readonly clientAuth: ClientAuth | null;
  readonly challenges: ChallengeAnswers;
}

type ChallengeAnswers = {
  /** How many tokens have an answer. */
  readonly answers: number;
  /** Null: none that is open. */
  answerTo(token: string): string | null;
};

/** `names` null: those of nobody. */
export type DecidingBy = { readonly store: SnapshotStore; readonly names: NamesServed | null };

export function decidedAt({ store, names }: DecidingBy, head: Head, client: ClientFacts): Decided {
  const { tls } = client;
  if (names !== null) {
    const answer = names.challenges.answers === 0 ? null : challengeAnswer(names.challenges, head);
    if (answer !== null) return answer;
    if (tls !== null && isMisdirected(names, tls, head, client)) return MISDIRECTED;
  }
  const { current } = store;
  const decision = decide(current.router, head);
  if (tls !== null && isForOtherClients(decision, tls, names)) return MISDIRECTED;
  return current.httpsPort === null ? decision : towardsHttps(decision, head, client, current.httpsPort);
}

// A route may lead from one host to the tenant of another, by a wildcard, which asks its clients for more.
function isForOtherClients(decision: Decision<Destination>, { served }: TlsFacts, names: NamesServed | null): boolean {
  if (decision.kind !== 'route' || decision.value.kind !== 'tenant') return false;
  const { clientAuth } = decision.value.site.current;
  const wanted = clientAuth === 'usual' ? (names === null ? null : names.clientAuth) : clientAuth;
  return wanted !== null && !isSameAuth(wanted, served.clientAuth);
}

// Nobody else may have that path as long as the token is open: neither tenants nor their policies.
function challengeAnswer(challenges: ChallengeAnswers, { bytes, pathStart, pathEnd }: Head): Answered | null {
  const path = latin1(bytes, pathStart, pathEnd);
  const text = path.startsWith(CHALLENGES) ? challenges.answerTo(path.slice(CHALLENGES.length)) : null;
  if (text === null) return null;
  const headers = [['Content-Type', 'application/octet-stream']] as const;
  return { kind: 'answered', response: { status: 200, headers, body: ascii(text) } };
}

// What has no route is refused as elsewhere, so that no host is named that is nobody's.
function towardsHttps(decision: Decision<Destination>, head: Head, client: ClientFacts, port: number): Decided {
  if (decision.kind !== 'route' || schemeOf({ client }) === 'https') return decision;
  const { bytes, pathStart, pathEnd, targetEnd, hostStart, hostNameEnd } = head;
  const path = latin1(bytes, pathStart, pathEnd);
  if (path.startsWith(CHALLENGES) || !path.startsWith('/')) return decision;
  const host = latin1(bytes, hostStart, hostNameEnd).toLowerCase();
  const location = httpsPlace({ host, path, query: latin1(bytes, pathEnd, targetEnd) }, port);
  if (location === '') return decision;
  return { kind: 'answered', response: { status: 308, headers: [['Location', location]], body: EMPTY } };
}
