// The hosts file: names that a machine resolves without asking a server.
import { bytes } from '../core/units.ts';
import type { IpVersion } from '../discovery/contract.ts';

// Hosts files that block advertisers have some 100,000 lines.
export const LARGEST_HOSTS_FILE = bytes(8 * 1024 * 1024);

/** The addresses that a hosts file gives a name. */
export function addressesIn(hosts: string, name: string, version: IpVersion): readonly string[] {
  const wanted = name.toLowerCase();
  const found = hosts.split('\n').flatMap((line) => {
    const [address = '', ...names] = (line.split('#')[0] ?? '').trim().split(/\s+/);
    const isOfVersion = address.includes(':') === (version === 6);
    return isOfVersion && names.some((one) => one.toLowerCase() === wanted) ? [address.toLowerCase()] : [];
  });
  return [...new Set(found)];
}
