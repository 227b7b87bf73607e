// Addresses of sockets as the system has them: sockaddr_in, sockaddr_in6 and sockaddr_un (ip(7), ipv6(7), unix(7)).
import type { BoundAddress } from '../core/kernel-sockets.ts';

export const AF_UNIX = 1;
export const AF_INET = 2;
export const AF_INET6 = 10;

/** Large enough for each of them. */
export const LARGEST_ADDRESS = 128;
/** The path of a Unix socket with the byte that ends it. */
const PATH_BYTES = 108;
const PORT_AT = 2;
const PATH_AT = 2;
const IPV4_AT = 4;
const IPV6_AT = 8;
const IPV4_BYTES = 4;
const IPV6_BYTES = 16;

/** `address`: of either family in bytes; null: every one. */
export function ipSocketAddress(isIpv6: boolean, address: Uint8Array | null, port: number): Uint8Array {
  const bytes = new Uint8Array(isIpv6 ? 28 : 16);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, isIpv6 ? AF_INET6 : AF_INET, true);
  view.setUint16(PORT_AT, port);
  if (address !== null) bytes.set(isIpv6 ? address : address.subarray(-IPV4_BYTES), isIpv6 ? IPV6_AT : IPV4_AT);
  return bytes;
}

/** A name that begins with @ is none of a file, but one of the system's own (abstract). Null: it is too long. */
export function unixSocketAddress(path: string): Uint8Array | null {
  const name = new TextEncoder().encode(path.startsWith('@') ? `\0${path.slice(1)}` : `${path}\0`);
  if (name.length > PATH_BYTES) return null;
  const bytes = new Uint8Array(PATH_AT + name.length);
  bytes[0] = AF_UNIX;
  bytes.set(name, PATH_AT);
  return bytes;
}

/** Null: of another family. */
export function readSocketAddress(bytes: Uint8Array, length: number): BoundAddress | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, length);
  const family = view.getUint16(0, true);
  if (family === AF_UNIX) return { kind: 'unix', path: pathIn(bytes.subarray(PATH_AT, length)) };
  if (family !== AF_INET && family !== AF_INET6) return null;
  const hostname = family === AF_INET ? ipv4(bytes.subarray(IPV4_AT, IPV4_AT + IPV4_BYTES)) : ipv6(view);
  return { kind: 'tcp', hostname, port: view.getUint16(PORT_AT) };
}

/** Whether the port is set. */
export function hasPort(address: Uint8Array): boolean {
  return address[PORT_AT] !== 0 || address[PORT_AT + 1] !== 0;
}

function pathIn(bytes: Uint8Array): string {
  const isAbstract = bytes[0] === 0 && bytes.length > 1;
  const text = new TextDecoder().decode(isAbstract ? bytes.subarray(1) : bytes);
  return isAbstract ? `@${text}` : (text.split('\0')[0] ?? '');
}

function ipv4(bytes: Uint8Array): string {
  return bytes.join('.');
}

// The longest run of zeros is left out (RFC 5952 4.2): the parser of URLs does that.
function ipv6(view: DataView): string {
  const groups = Array.from({ length: IPV6_BYTES / 2 }, (_, at) => view.getUint16(IPV6_AT + at * 2).toString(16));
  return new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1);
}
