// Why the gateway cannot listen, for people.
import { isIpAddress } from '../core/cidr.ts';

/** HOST:PORT, as people write it. */
export function placeOf(hostname: string, port: number): string {
  return `${hostname.includes(':') ? `[${hostname}]` : hostname}:${port}`;
}

/** `code`: as the system says it. */
export function describeSocketProblem(code: string, path: string): string {
  switch (code) {
    case 'EADDRINUSE':
      return `cannot listen on unix:${path}: another program listens there, or it is a file of another kind`;
    case 'ENOENT':
      return `cannot listen on unix:${path}: its directory does not exist`;
    case 'EACCES':
      return `cannot listen on unix:${path}: not permitted`;
    default:
      return `cannot listen on unix:${path}: ${code}`;
  }
}

/** `code`: as the system says it. */
export function describeListenProblem(code: string, hostname: string, port: number): string {
  const address = placeOf(hostname, port);
  switch (code) {
    case 'EADDRINUSE':
      return `cannot listen on ${address}: another program uses the port; stop it or choose another with --addr`;
    case 'EACCES':
      return `cannot listen on ${address}: not permitted; ports below 1024 need privileges`;
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
