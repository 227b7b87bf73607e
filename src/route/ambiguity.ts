// How another program may read a path. Slow, but called only for the rare paths with `//`, `;`, `%2F` or `%5C`
// (advisories: Traefik CVE-2025-66490, -47952, -32431).
import { ascii, latin1 } from '../message/bytes.ts';
import type { Location, Router } from './router.ts';

/** How another program may read a path. */
export type OtherReading = {
  readonly path: string;
  /** What the router needs to look the path up. */
  readonly at: Location;
  /** The program would find a `..` behind an escape or a backslash, and leave a folder that the path as it stands does not
   * leave. */
  readonly hasHiddenDots: boolean;
};

/** The most permissive reading of a path; null: it equals the path as it stands. */
export function otherReading(at: Location): OtherReading | null {
  const path = latin1(at.bytes, at.pathStart, at.pathEnd);
  const reading = permissiveReading(path);
  return reading.path === path ? null : { ...reading, at: withPath(at, reading.path) };
}

/** True if the path would have a route with a slash added: `/api` when only `/api/` exists. */
export function needsSlash<T>(router: Router<T>, at: Location): boolean {
  const path = latin1(at.bytes, at.pathStart, at.pathEnd);
  return !path.endsWith('/') && router.find(withPath(at, `${path}/`)) !== null;
}

function withPath(at: Location, path: string): Location {
  const host = at.bytes.subarray(at.hostStart, at.hostNameEnd);
  const pathBytes = ascii(path);
  const bytes = new Uint8Array(host.length + pathBytes.length);
  bytes.set(host);
  bytes.set(pathBytes, host.length);
  return { bytes, hostStart: 0, hostNameEnd: host.length, pathStart: host.length, pathEnd: bytes.length };
}

// Reads the path like a server that decodes first, takes a backslash for a slash, drops parameters, merges slashes and
// then removes dot segments.
function permissiveReading(path: string): Omit<OtherReading, 'at'> {
  const text = path.replace(/%([2-7][0-9a-f])/gi, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 16)),
  );
  const kept: string[] = [];
  let hasHiddenDots = false; // all dots are hidden ones: a normal form has no dot segments
  for (const part of text.replaceAll('\\', '/').split('/')) {
    const segment = part.split(';')[0] ?? '';
    if (segment === '..') {
      hasHiddenDots = true;
      kept.pop();
    } else if (segment !== '' && segment !== '.') kept.push(segment);
  }
  const hasSlash = /[/\\](?:;[^/\\]*)?$/.test(text) || text.endsWith('/.') || text.endsWith('/..');
  return { path: `/${kept.join('/')}${hasSlash && kept.length > 0 ? '/' : ''}`, hasHiddenDots };
}
