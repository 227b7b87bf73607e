// Where the gateway changes what a request is for, it changes back what the answer says of places: a prefix that was removed is
// put before the paths of Location, Content-Location and cookies, and the origin's own address becomes the one that the client
// has asked for. The Destination of a WebDAV request is changed as its target is. Pure.

/** What differs between the places that the client knows and those that the origin knows. */
export type Way = {
  /** `/foo`; empty: none is removed. */
  readonly prefix: string;
  /** The path in the backend's URL, without a slash at its end; empty: none. */
  readonly basePath: string;
  /** `host[:port]` of the backend's URL, and its scheme. */
  readonly ownAuthority: string;
  readonly ownScheme: 'http' | 'https';
  /** The origin sees its own host, not the client's. */
  readonly seesOwnHost: boolean;
  /** `host[:port]` as the client has named it; empty: it has named none. */
  readonly host: string;
  readonly scheme: 'http' | 'https';
};

type Place = { readonly scheme: string; readonly authority: string; readonly path: string };

/** A Location or Content-Location for the client. */
export function mapLocation(value: string, way: Way): string {
  const place = placeOf(value);
  if (place === null) return value.startsWith('/') ? mapPath(value, way) : value;
  const { scheme, authority } = place;
  if (isSameHost(authority, way.host)) return `${scheme}//${authority}${mapPath(place.path, way)}`;
  if (!isOwn(authority, way)) return value;
  const path = mapPath(place.path === '' ? '/' : place.path, way);
  return way.host === '' ? path : `${way.scheme}://${way.host}${path}`;
}

/** A Set-Cookie for the client. */
export function mapCookie(value: string, way: Way): string {
  // A browser takes such a cookie with `Path=/` only.
  if (/^\s*__host-/i.test(value)) return value;
  return value
    .replace(/(;\s*path\s*=\s*)(\/[^;\s]*)/gi, (_, name: string, path: string) => name + mapPath(path, way))
    .replace(/;\s*domain\s*=\s*([^;]*)/gi, (whole, domain: string) => (isForeign(domain, way) ? '' : whole));
}

// A browser refuses a cookie for a host that it has not asked. Without a domain it is for the one that it has.
function isForeign(domain: string, { ownAuthority, host }: Way): boolean {
  const name = domain.trim().replace(/^\./, '').toLowerCase();
  return name === hostName(ownAuthority) && name !== hostName(host);
}

/** The Destination of a request for the origin. One that is not among the tenant's own paths stays as it is. */
export function mapDestination(value: string, way: Way): string {
  const place = placeOf(value);
  const path = place === null ? value : place.path;
  if (place === null ? !value.startsWith('/') : !isSameHost(place.authority, way.host)) return value;
  if (way.prefix !== '' && !isBelow(path, way.prefix)) return value;
  const inner = `${way.basePath}/${path.slice(way.prefix.length).replace(/^\/+/, '')}`;
  if (place === null) return inner;
  return `${way.ownScheme}://${way.seesOwnHost ? way.ownAuthority : place.authority}${inner}`;
}

// Null: it names no host.
function placeOf(value: string): Place | null {
  const parts = /^(https?:)?\/\/([^/?#]*)(.*)$/i.exec(value);
  return parts === null ? null : { scheme: parts[1] ?? '', authority: parts[2] ?? '', path: parts[3] ?? '' };
}

function mapPath(path: string, { prefix, basePath }: Way): string {
  const isInner = basePath !== '' && isBelow(path, basePath);
  // An origin that knows its prefix has put it there itself.
  if (!isInner && (prefix === '' || isBelow(path, prefix))) return path;
  const inner = isInner ? path.slice(basePath.length) : path;
  return `${prefix}${inner.startsWith('/') ? inner : `/${inner}`}`;
}

function isBelow(path: string, prefix: string): boolean {
  if (!path.startsWith(prefix)) return false;
  return path.length === prefix.length || '/?#'.includes(path.charAt(prefix.length));
}

// nginx puts the port that it listens on behind the name that the client has asked for.
function isOwn(authority: string, { ownAuthority, host }: Way): boolean {
  if (isSameHost(authority, ownAuthority)) return true;
  return hostName(authority) === hostName(host) && portOf(authority) === portOf(ownAuthority);
}

// An absent port equals the usual one of either scheme: where a proxy ends TLS, both occur.
function isSameHost(authority: string, other: string): boolean {
  return other !== '' && withoutUsualPort(authority) === withoutUsualPort(other);
}

function withoutUsualPort(authority: string): string {
  return authority.toLowerCase().replace(/:(?:80|443)?$/, '');
}

function portOf(authority: string): string {
  return withoutUsualPort(authority).slice(hostName(authority).length);
}

function hostName(authority: string): string {
  return authority.toLowerCase().replace(/:\d*$/, '');
}
