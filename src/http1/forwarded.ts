// Who the client is: the peer itself, or whom a trusted peer names (X-Forwarded-*, RFC 7239).
import { type AddressRange, isInRanges } from '../core/cidr.ts';
import { EMPTY, ascii, latin1 } from '../message/bytes.ts';
import type { ClientFacts } from '../message/contract.ts';
import { FORWARDED, FORWARDED_FOR, FORWARDED_HOST, FORWARDED_PROTO } from '../message/field-names.ts';
import type { Head } from '../message/head.ts';
import { plainLines } from './write-request.ts';

/** What a connection tells of its peer. */
export type Peer = { readonly address: string; readonly isTls: boolean };

/** The facts for a peer that is asked nothing further: what it claims of others is replaced. `idPrefix`: of the ids that
 * its requests get. */
export function peerFacts(peer: Peer, idPrefix: Uint8Array): ClientFacts {
  const proto = peer.isTls ? 'https' : 'http';
  const forwardedLines = ascii(`X-Forwarded-For: ${peer.address}\r\nX-Forwarded-Proto: ${proto}\r\n`);
  return {
    address: peer.address,
    isTls: peer.isTls,
    forwardedLines,
    namesHost: false,
    plainLines: plainLines(forwardedLines, idPrefix),
  };
}

/** The facts for one request of a trusted peer: its claims stand, and it is added to them. */
export function claimedFacts(peer: Peer, head: Head, trusted: readonly AddressRange[]): ClientFacts {
  const chain = values(head, FORWARDED_FOR)
    .flatMap((value) => value.split(','))
    .map((hop) => hop.trim())
    .filter((hop) => hop !== '');
  const proto = values(head, FORWARDED_PROTO).at(-1) ?? (peer.isTls ? 'https' : 'http');
  const hosts = values(head, FORWARDED_HOST);
  const forwarded = values(head, FORWARDED);
  const host = hosts.at(-1);
  const lines = [
    `X-Forwarded-For: ${[...chain, peer.address].join(', ')}`,
    `X-Forwarded-Proto: ${proto}`,
    ...(host === undefined ? [] : [`X-Forwarded-Host: ${host}`]),
    ...(forwarded.length === 0 ? [] : [`Forwarded: ${[...forwarded, forwardedElement(peer)].join(', ')}`]),
  ];
  return {
    address: resolve(chain, peer.address, trusted),
    isTls: proto.toLowerCase() === 'https',
    forwardedLines: Uint8Array.from(lines.map((line) => `${line}\r\n`).join(''), (c) => c.charCodeAt(0)),
    namesHost: host !== undefined,
    plainLines: EMPTY,
  };
}

// From the right: everybody up to the first who is not trusted was named by somebody who is.
function resolve(chain: readonly string[], peer: string, trusted: readonly AddressRange[]): string {
  for (const hop of chain.toReversed()) {
    const address = withoutPort(hop);
    if (!isInRanges(trusted, address)) return address;
  }
  return chain[0] === undefined ? peer : withoutPort(chain[0]);
}

function withoutPort(hop: string): string {
  const bracketed = /^\[([^\]]+)\](?::\d+)?$/.exec(hop);
  if (bracketed?.[1] !== undefined) return bracketed[1];
  return /^[\d.]+:\d+$/.test(hop) ? hop.slice(0, hop.indexOf(':')) : hop;
}

// RFC 7239 6: an IPv6 address is quoted and bracketed.
function forwardedElement(peer: Peer): string {
  const node = peer.address.includes(':') ? `"[${peer.address}]"` : peer.address;
  return `for=${node};proto=${peer.isTls ? 'https' : 'http'}`;
}

function values(head: Head, kind: number): string[] {
  const found: string[] = [];
  for (let f = 0; f < head.count; f++) {
    if (head.kinds[f] === kind) found.push(latin1(head.bytes, head.fields[f * 4 + 2], head.fields[f * 4 + 3]));
  }
  return found;
}
