// Whose request it is that has come over a connection.
import { claimedFacts } from '../http1/forwarded.ts';
import type { ClientFacts } from '../message/contract.ts';
import { REQUEST_ID } from '../message/field-names.ts';
import type { Head } from '../message/head.ts';
import type { ConnectedPeer, ConnectionTools } from './contract.ts';

/** Numbers the request, marks in its head what the gateway believes of a trusted peer, and returns the client. */
export function identify(
  peer: ConnectedPeer,
  head: Head,
  tools: Pick<ConnectionTools, 'ids' | 'trusted'>,
): ClientFacts {
  tools.ids.number(head);
  if (!peer.isTrusted) return peer.facts;
  head.isTrusted = true;
  head.hasTrustedId = head.hasKind(REQUEST_ID);
  return claimedFacts(peer.facts, head, tools.trusted());
}
