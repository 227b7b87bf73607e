// Finds the client behind a trusted peer by the X-Forwarded-* fields that the peer sends. Forwarded (RFC 7239) is only
// extended and passed on.
import { type AddressRange, isInRanges } from '../core/cidr.ts';
import { latin1 } from '../message/bytes.ts';
import type { ClientFacts } from '../message/contract.ts';
import {
  FORWARDED,
  FORWARDED_FOR,
  FORWARDED_HOST,
  FORWARDED_PORT,
  FORWARDED_PREFIX,
  FORWARDED_PROTO,
  REAL_IP,
} from '../message/field-names.ts';
import type { Head } from '../message/head.ts';

/** The facts for one request of a trusted peer: the gateway believes its claims, and adds the peer to them. */
export function claimedFacts(peer: ClientFacts, head: Head, trusted: readonly AddressRange[]): ClientFacts {
  const chain = values(head, FORWARDED_FOR)
    .flatMap((value) => value.split(','))
    .map((hop) => hop.trim())
    .filter((hop) => hop !== '');
  const proto = values(head, FORWARDED_PROTO).at(-1) ?? (peer.isTls ? 'https' : 'http');
  const isTls = proto.toLowerCase() === 'https';
  const host = values(head, FORWARDED_HOST).at(-1) ?? null;
  const address = resolve(chain, peer.address, trusted);
  const forwarded = values(head, FORWARDED);
  return {
    address,
    port: address === peer.address ? peer.port : 0,
    isTls,
    tls: peer.tls,
    version: peer.version,
    claims: {
      forwardedFor: [...chain, peer.address].join(', '),
      forwardedProto: proto,
      forwardedHost: host,
      forwardedPort: values(head, FORWARDED_PORT).at(-1) ?? (host === null ? null : portOf(host, isTls)),
      forwardedPrefix: prefixOf(values(head, FORWARDED_PREFIX)),
      forwarded: forwarded.length === 0 ? null : [...forwarded, forwardedElement(peer)].join(', '),
      realIp: values(head, REAL_IP).at(-1) ?? address,
    },
  };
}

// Each proxy in the row has removed its own: together they are what the client has before its path.
function prefixOf(prefixes: readonly string[]): string | null {
  const all = prefixes.flatMap((value) => value.split(',')).map((prefix) => prefix.trim().replace(/\/+$/, ''));
  return all.length === 0 ? null : all.join('');
}

function portOf(host: string, isTls: boolean): string {
  return /:(\d+)$/.exec(host)?.[1] ?? (isTls ? '443' : '80');
}

// From the right, a trusted proxy has added each address up to the first that is not trusted: that is the client. What is
// left of it the client may have made up.
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
function forwardedElement(peer: ClientFacts): string {
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
