// Why the gateway cannot listen, for people.
import { isIpAddress } from '../core/cidr.ts';
import type { KernelSockets, WantedAddress } from '../core/kernel-sockets.ts';

const UNKNOWN_HOLDER = 'another program listens there, or it is a file of another kind';

type TriedAddress = { readonly hostname: string; readonly port: number };

/** `keystone (process 12)`; null: that is not known. */
export function whoHas(code: string, address: WantedAddress, sockets: KernelSockets | null): string | null {
  const holder = code === 'EADDRINUSE' && sockets !== null ? sockets.holderOf(address) : null;
  return holder === null ? null : `${holder.name} (process ${holder.pid})`;
}

/** HOST:PORT, as people write it. */
export function placeOf(hostname: string, port: number): string {
  return `${hostname.includes(':') ? `[${hostname}]` : hostname}:${port}`;
}

/** `code`: as the system says it. `who`: has the address, as `whoHas` says it. */
export function describeSocketProblem(code: string, path: string, who: string | null): string {
  switch (code) {
    case 'EADDRINUSE':
      return `cannot listen on unix:${path}: ${who === null ? UNKNOWN_HOLDER : `${who} listens there`}`;
    case 'ENOENT':
      return `cannot listen on unix:${path}: its directory does not exist`;
    case 'EACCES':
      return `cannot listen on unix:${path}: not permitted`;
    default:
      return `cannot listen on unix:${path}: ${code}`;
  }
}

/** `code`: as the system says it. `who`: has the address, as `whoHas` says it. */
export function describeListenProblem(code: string, { hostname, port }: TriedAddress, who: string | null): string {
  const address = placeOf(hostname, port);
  switch (code) {
    case 'EADDRINUSE':
      return `cannot listen on ${address}: ${who ?? 'another program'} uses the port; stop it or choose another with --addr`;
    case 'EACCES':
      return `cannot listen on ${address}: not permitted; ports below 1024 need privileges, which a gateway with \`user\` has at its start only`;
    case 'EADDRNOTAVAIL':
      return `cannot listen on ${address}: this machine does not have the address; \`ip address\` lists those that it has`;
    case 'EINVAL':
      return `cannot listen on ${address}: the system does not take the address; a link-local one needs its interface`;
    default:
      return isIpAddress(hostname)
        ? `cannot listen on ${address}: ${code}`
        : `cannot listen on ${address}: the name ${hostname} does not resolve to an address of this machine`;
  }
}
