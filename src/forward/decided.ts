// What becomes of a request at the listener where it has come, from its head alone.
import { latin1 } from '../message/bytes.ts';
import type { ClientFacts } from '../message/contract.ts';
import type { Head } from '../message/head.ts';
import { CHALLENGES, httpsPlace } from '../policies/redirect.ts';
import { schemeOf } from '../policies/template.ts';
import { type Decision, decide } from '../route/decide.ts';
import type { Destination, Snapshot } from './snapshot.ts';

/** The listener sends its clients to the same address by https. */
export type ToHttps = { readonly kind: 'to_https'; readonly location: string };
export type Decided = Decision<Destination> | ToHttps;

/** For a request that has not come yet. */
export const NOWHERE: Decided = { kind: 'refused', code: 'no-route' };

export function decidedAt({ router, httpsPort }: Snapshot, head: Head, client: ClientFacts): Decided {
  const decision = decide(router, head);
  return httpsPort === null ? decision : towardsHttps(decision, head, client, httpsPort);
}

// What has no route is refused as elsewhere, so that no host is named that is nobody's.
function towardsHttps(decision: Decision<Destination>, head: Head, client: ClientFacts, port: number): Decided {
  if (decision.kind !== 'route' || schemeOf({ client }) === 'https') return decision;
  const { bytes, pathStart, pathEnd, targetEnd, hostStart, hostNameEnd } = head;
  const path = latin1(bytes, pathStart, pathEnd);
  if (path.startsWith(CHALLENGES) || !path.startsWith('/')) return decision;
  const host = latin1(bytes, hostStart, hostNameEnd).toLowerCase();
  const location = httpsPlace({ host, path, query: latin1(bytes, pathEnd, targetEnd) }, port);
  return location === '' ? decision : { kind: 'to_https', location };
}
