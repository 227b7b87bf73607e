// Who sends a request: the peer itself, or whom a trusted peer names.
import { claimedFacts } from '../http1/forwarded.ts';
import type { ClientFacts } from '../message/contract.ts';
import { REQUEST_ID } from '../message/field-names.ts';
import type { Head } from '../message/head.ts';
import type { ConnectedPeer, ConnectionTools } from './contract.ts';

/** Numbers the request, and marks what of its head stands because its sender is trusted. */
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
