// Addresses to listen on: how they are written, and which of them exclude each other.
import { isAddress, parseHostName } from './host-name.ts';

/** Where to listen. `hostname` null: every address of the machine. */
export type ListenAddress = { readonly hostname: string | null; readonly port: number };

const HIGHEST_PORT = 65_535;

/** `:8080`, `127.0.0.1:8080`, `[::1]:8080`, `localhost:0`; null: not an address. */
export function parseListenAddress(text: string): ListenAddress | null {
  const match = /^(\[[^\]]*\]|[^:[\]]*):(\d{1,5})$/.exec(text);
  if (match === null) return null;
  const [, host = '', digits = ''] = match;
  const port = Number(digits);
  if (port > HIGHEST_PORT) return null;
  // `*` is how other servers write it.
  if (host === '' || host === '*') return { hostname: null, port };
  const hostname = parseHostName(host);
  return hostname.ok ? { hostname: hostname.value.replace(/^\[(.*)\]$/, '$1'), port } : null;
}

/** The port of an address that would be one but for its port; null: that is not what is wrong. */
export function strayPort(text: string): string | null {
  const [, host = '', port = ''] = /^(.*):(\d+)$/.exec(text) ?? [];
  return port !== '' && Number(port) > HIGHEST_PORT && parseListenAddress(`${host}:0`) !== null ? port : null;
}

/** The address that a text most likely stands for: a port alone, a URL, a host without a port, IPv6 without its brackets.
 * Null: none. */
export function nearestAddress(text: string): string | null {
  const bare = text.replace(/^[a-z]+:\/\//i, '').replace(/\/+$/, '');
  const [, host = '', last = ''] = /^([\dA-Fa-f:]*:[\dA-Fa-f:]*):(\d+)$/.exec(bare) ?? [];
  if (host !== '') return parseListenAddress(`[${host}]:${last}`) === null ? null : `[${host}]:${last}`;
  const port = /^\d{1,5}$/.test(bare) ? `:${bare}` : bare;
  const complete = /:\d*$/.test(port) && !port.endsWith(':') ? port : `${port.replace(/:$/, '')}:8080`;
  return complete !== text && parseListenAddress(complete) !== null ? complete : null;
}

/** As a file has it. */
export function formatListenAddress({ hostname, port }: ListenAddress): string {
  const host = hostname ?? '';
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/** True if the system lets the gateway listen on only one of the two. Port 0 stands for another port each time. */
export function isTakenBy(one: ListenAddress, other: ListenAddress): boolean {
  if (one.port !== other.port || one.port === 0) return false;
  return one.hostname === other.hostname || covers(one, other) || covers(other, one);
}

// Without a host, and for `::`, a listener takes IPv4 connections as well.
function covers({ hostname }: ListenAddress, other: ListenAddress): boolean {
  if (hostname === null || hostname === '::') return true;
  if (hostname === 'localhost') return other.hostname === '127.0.0.1';
  return (
    hostname === '0.0.0.0' && other.hostname !== null && isAddress(other.hostname) && !other.hostname.includes(':')
  );
}
