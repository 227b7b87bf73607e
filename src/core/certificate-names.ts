// The names of certificates, and the hosts that they are for.
import { literalByValue } from './host-literal.ts';

/** A name in the form of hosts in a configuration. A certificate has IPv6 addresses in a longer form, without brackets. */
export function plainName(name: string): string {
  return name.includes(':') ? (literalByValue(`[${name}]`) ?? name) : name.toLowerCase();
}

/** A client may write a name with the dot of the root at its end. */
export function withoutFinalDot(name: string): string {
  return name.endsWith('.') ? name.slice(0, -1) : name;
}

const LONGEST_NAME = 253;
const LABEL = '[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?';
// The last label begins with a letter, so no address is one.
const PUBLIC_NAME = new RegExp(`^(?:${LABEL}\\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?$`);

/** Whether an authority may give a certificate for that very name, as a client has asked for it: lower-case, without a final dot. */
export function isPublicName(name: string): boolean {
  return name.length <= LONGEST_NAME && PUBLIC_NAME.test(name);
}

/** What follows the first label, with the dot; empty: there is none. */
export function parentOf(host: string): string {
  const dot = host.indexOf('.');
  return dot < 0 ? '' : host.slice(dot);
}

/** Whether some host of these domains is among the names, which are plain ones. */
export function isForAnyOf(names: ReadonlySet<string>, domains: readonly string[]): boolean {
  return domains.some((domain) => {
    if (isCovered(names, domain) || domain.endsWith('.*')) return true;
    return domain.startsWith('*.') && Array.from(names).some((name) => parentOf(name) === domain.slice(1));
  });
}

/** Whether a certificate with these names, which are plain ones, is for all hosts of a domain. An asterisk stands for one
 * label (RFC 6125 6.4.3). */
export function isCovered(names: ReadonlySet<string>, domain: string): boolean {
  return names.has(domain) || names.has(`*${parentOf(domain)}`);
}
