// How a path reads elsewhere. Rare: only paths with `//`, `;`, `%2F` or `%5C` are looked at twice (advisories: Traefik
// CVE-2025-66490, -47952, -32431).
import { ascii, latin1 } from '../message/bytes.ts';
import type { Location, Router } from './router.ts';

/** The most permissive reading of a path, and where to look it up; null: the path as it stands. */
export function otherReading(at: Location): { readonly path: string; readonly at: Location } | null {
  const path = latin1(at.bytes, at.pathStart, at.pathEnd);
  const reading = permissiveReading(path);
  return reading === path ? null : { path: reading, at: withPath(at, reading) };
}

/** The path has no route, but it has one with a slash added: `/api` when only `/api/` exists. */
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

// What a server does that decodes first, takes a backslash for a slash, drops parameters, merges slashes and then
// removes dot segments.
function permissiveReading(path: string): string {
  const text = path.replace(/%([2-7][0-9a-f])/gi, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 16)),
  );
  const kept: string[] = [];
  for (const part of text.replaceAll('\\', '/').split('/')) {
    const segment = part.split(';')[0] ?? '';
    if (segment === '..') kept.pop();
    else if (segment !== '' && segment !== '.') kept.push(segment);
  }
  const hasSlash = /[/\\](?:;[^/\\]*)?$/.test(text) || text.endsWith('/.') || text.endsWith('/..');
  return `/${kept.join('/')}${hasSlash && kept.length > 0 ? '/' : ''}`;
}
