// Whether a request belongs to the connection that it has come over (RFC 9110 15.5.20): its host must be one that the
// connection's certificate was chosen for, and be served by the same rules, or certificates of clients and the policy of TLS
// could be got round by another host.
import type { ClientAuth, ServedCertificate } from '../core/certificate-source.ts';
import { plainName, withoutFinalDot } from '../core/certificate-names.ts';
import { latin1 } from '../message/bytes.ts';
import type { ClientFacts, TlsFacts } from '../message/contract.ts';
import type { Head } from '../message/head.ts';

/** What names are served with. */
export interface NameLookup {
  /** Another one: names may be served with something else. */
  readonly generation: number;
  /** Every name is served with the same. */
  readonly isUniform: boolean;
  find(serverName: string | null): ServedCertificate | null;
}

/** Of a connection, its host is looked up once as long as it stays the same. */
export function isMisdirected(names: NameLookup, tls: TlsFacts, head: Head, { claims }: ClientFacts): boolean {
  const { generation } = names;
  if (head.hostStart === head.hostNameEnd || tls.knownHost.is(head, generation)) return false;
  const host = latin1(head.bytes, head.hostStart, head.hostNameEnd);
  // A proxy that is trusted has one connection for the hosts of many clients.
  if (!belongs(names, tls, hostName(host), claims !== null)) return true;
  tls.knownHost.remember(head, generation);
  return false;
}

// What the connection was made with may have been renewed since: then its name is served with the same as the host now.
function belongs(names: NameLookup, { served, serverName }: TlsFacts, host: string, isTrusted: boolean): boolean {
  const now = names.find(host);
  if (now === served) return true;
  if (now === null) return isTrusted;
  if (!isSameAuth(now.clientAuth, served.clientAuth) || !isSamePolicy(now, served)) return false;
  return isTrusted || now === names.find(serverName === null ? null : hostName(serverName));
}

function hostName(text: string): string {
  return plainName(withoutFinalDot(text));
}

function isSamePolicy({ policy: one }: ServedCertificate, { policy: other }: ServedCertificate): boolean {
  return one === other || (one.minVersion === other.minVersion && one.ciphers?.join() === other.ciphers?.join());
}

/** Whether clients are asked for the same. */
export function isSameAuth(one: ClientAuth | null, other: ClientAuth | null): boolean {
  if (one === null || other === null) return one === other;
  return one === other || (one.mode === other.mode && one.ca === other.ca);
}
