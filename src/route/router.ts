// Finds the route for host and path: rules with host and path come first, then host alone, then path alone. An exact path
// comes before all prefixes, and of these the longest wins. An exact host comes first, then `*.host`, then `host.*`. It
// works on bytes; its cost does not grow with the number of routes.
import { isIpAddress } from '../core/cidr.ts';
import { literalByValue } from '../core/host-literal.ts';
import { DOT, LOWER, OPEN_BRACKET, SLASH, ascii, equalsExactly, equalsLowered, latin1 } from '../message/bytes.ts';
import type { Head } from '../message/head.ts';

/** How a request is matched. */
export type RouteRule = {
  /** Lower-case; `*.` in front stands for one label, `.*` at the end for any ending; null: any host. */
  readonly host: string | null;
  /** Ends with a slash; null: every path of the host, or `path`. */
  readonly prefix: string | null;
  /** The one path that matches; `prefix` is null then. Null: it is not about one path. */
  readonly path: string | null;
};

/** A rule and where it leads. */
export type Route<T> = { readonly kind: 'route'; readonly rule: RouteRule; readonly value: T };

/** Where host and path of a request lie. */
export type Location = Pick<Head, 'bytes' | 'hostStart' | 'hostNameEnd' | 'pathStart' | 'pathEnd'>;

type PathEntry<T> = {
  readonly key: Uint8Array;
  readonly host: number;
  readonly route: Route<T>;
  readonly next: PathEntry<T> | null;
};
type PathTable<T> = (PathEntry<T> | null)[];
type HostEntry = { readonly key: Uint8Array; readonly id: number; readonly next: HostEntry | null };

// FNV-1a. Only keys of the configuration are stored, so a client cannot make a chain long.
const SEED = 0x811c9dc5;
const PRIME = 0x01000193;
const GOLDEN = 0x9e3779b1;
const ANY_HOST = 0;

/** The routes of one snapshot: all are added before the first request. */
export class Router<T> {
  private readonly mask: number;
  private readonly paths: PathTable<T>;
  /** Null: no rule is about one path. */
  private exactPaths: PathTable<T> | null = null;
  private readonly hosts: (HostEntry | null)[];
  private readonly wildcards: (HostEntry | null)[];
  /** Null: no host ends with an asterisk. */
  private endings: (HostEntry | null)[] | null = null;
  private hostCount = 0;
  private hasWildcards = false;
  private hasAddresses = false;
  /** Of all paths in rules. */
  private longestPath = 0;
  /** Of the latest rule: that of the next one often has the same path. */
  private latestKey = { path: '', bytes: ascii('') };
  private reserved: { readonly path: Uint8Array; readonly route: Route<T> } | null = null;

  /** `size`: about how many rules will be added. */
  constructor(size: number) {
    let slots = 16;
    while (slots < size * 2) slots *= 2;
    this.mask = slots - 1;
    this.paths = new Array<PathEntry<T> | null>(slots).fill(null);
    this.hosts = new Array<HostEntry | null>(slots).fill(null);
    this.wildcards = new Array<HostEntry | null>(slots).fill(null);
  }

  /** Adds a path on every host, with all below it, that comes before any other rule. `path`: without a trailing slash. */
  reserve(path: string, value: T): void {
    const rule = { host: null, prefix: `${path}/`, path: null };
    this.reserved = { path: ascii(path), route: { kind: 'route', rule, value } };
  }

  private keyOf(path: string): Uint8Array {
    if (path !== this.latestKey.path) this.latestKey = { path, bytes: ascii(path) };
    return this.latestKey.bytes;
  }

  add(rule: RouteRule, value: T): void {
    const host = rule.host === null ? ANY_HOST : this.addHost(rule.host);
    const key = this.keyOf(rule.path ?? rule.prefix ?? '/');
    const table = rule.path === null ? this.paths : this.tableOfExactPaths();
    const slot = (pathHash(key) ^ Math.imul(host, GOLDEN)) & this.mask;
    table[slot] = { key, host, route: { kind: 'route', rule, value }, next: table[slot] };
    this.longestPath = Math.max(this.longestPath, key.length);
  }

  private tableOfExactPaths(): PathTable<T> {
    this.exactPaths ??= new Array<PathEntry<T> | null>(this.mask + 1).fill(null);
    return this.exactPaths;
  }

  /** The route of a request, or null. */
  find(at: Location): Route<T> | null {
    if (this.reserved !== null && isBelow(at, this.reserved.path)) return this.reserved.route;
    if (this.hostCount > 0) {
      const route = this.findByHost(at);
      if (route !== null) return route;
    }
    return this.findPath(at, ANY_HOST);
  }

  /** All routes that match, the one that `find` takes first; for `keystone explain`. */
  candidates(at: Location): readonly Route<T>[] {
    const found: Route<T>[] = [];
    if (this.reserved !== null && isBelow(at, this.reserved.path)) found.push(this.reserved.route);
    for (const host of [this.exactHost(at), this.wildcardHost(at), this.endingHost(at)])
      if (host !== ANY_HOST) this.collect(at, host, found);
    this.collect(at, ANY_HOST, found);
    return found;
  }

  private collect(at: Location, host: number, found: Route<T>[]): void {
    const matches: Route<T>[] = [];
    this.findPath(at, host, matches);
    found.push(...matches.toReversed());
  }

  private findByHost(at: Location): Route<T> | null {
    const exact = this.exactHost(at);
    const route = exact === ANY_HOST ? null : this.findPath(at, exact);
    if (route !== null) return route;
    return (this.hasWildcards ? this.findAt(at, this.wildcardHost(at)) : null) ?? this.findAt(at, this.endingHost(at));
  }

  private findAt(at: Location, host: number): Route<T> | null {
    return host === ANY_HOST ? null : this.findPath(at, host);
  }

  // One pass over the path: every slash may end a prefix, and the last one found is the longest. Where the pass reaches the
  // end of the path, its hash is that of the whole path.
  private findPath(at: Location, host: number, all?: Route<T>[]): Route<T> | null {
    const { bytes, pathStart } = at;
    const end = Math.min(at.pathEnd, pathStart + this.longestPath);
    const salt = Math.imul(host, GOLDEN);
    let h = SEED;
    let found: Route<T> | null = null;
    for (let i = pathStart; i < end; i++) {
      h = Math.imul(h ^ bytes[i], PRIME);
      if (bytes[i] !== SLASH) continue;
      const entry = entryOf(this.paths[(h ^ salt) & this.mask], host, bytes, pathStart, i + 1);
      if (entry === null) continue;
      found = entry.route;
      all?.push(found);
    }
    if (this.exactPaths === null || end !== at.pathEnd) return found;
    const exact = entryOf(this.exactPaths[(h ^ salt) & this.mask], host, bytes, pathStart, end);
    if (exact === null) return found;
    all?.push(exact.route);
    return exact.route;
  }

  private exactHost(at: Location): number {
    const known = lookUp(this.hosts, this.mask, at.bytes, at.hostStart, nameEnd(at));
    const mayBeSpelt = known === ANY_HOST && this.hasAddresses && at.bytes[at.hostStart] === OPEN_BRACKET;
    return mayBeSpelt ? this.hostOfLiteral(at) : known;
  }

  // An IPv6 address may be written in other ways than the configuration has it.
  private hostOfLiteral(at: Location): number {
    const host = literalByValue(latin1(at.bytes, at.hostStart, at.hostNameEnd));
    if (host === null) return ANY_HOST;
    const key = ascii(host);
    return lookUp(this.hosts, this.mask, key, 0, key.length);
  }

  // Exactly one label stands for the asterisk, as in certificates (RFC 6125 6.4.3).
  private wildcardHost(at: Location): number {
    const end = nameEnd(at);
    let dot = at.hostStart;
    while (dot < end && at.bytes[dot] !== DOT) dot++;
    return dot === at.hostStart || dot === end ? ANY_HOST : lookUp(this.wildcards, this.mask, at.bytes, dot, end);
  }

  // The asterisk at the end stands for the rest of the name, however many labels that has: co.uk is an ending, too. The
  // longest beginning wins.
  private endingHost(at: Location): number {
    const { endings } = this;
    if (endings === null) return ANY_HOST;
    const { bytes, hostStart } = at;
    const last = nameEnd(at) - 1;
    let h = SEED;
    let found = ANY_HOST;
    for (let i = hostStart; i < last; i++) {
      if (bytes[i] === DOT) found = idOf(endings[h & this.mask], bytes, hostStart, i) || found;
      h = Math.imul(h ^ LOWER[bytes[i]], PRIME);
    }
    return found;
  }

  // The key of a wildcard is what follows its asterisk, the dot included; that of an ending is what comes before its dot.
  private addHost(host: string): number {
    const [table, text] = this.placeOf(host);
    const key = ascii(text);
    const known = lookUp(table, this.mask, key, 0, key.length);
    if (known !== ANY_HOST) return known;
    if (isIpAddress(host)) this.hasAddresses = true;
    const slot = hash(key, 0, key.length) & this.mask;
    table[slot] = { key, id: ++this.hostCount, next: table[slot] };
    return this.hostCount;
  }

  private placeOf(host: string): readonly [(HostEntry | null)[], string] {
    if (host.startsWith('*.')) {
      this.hasWildcards = true;
      return [this.wildcards, host.slice(1)];
    }
    if (!host.endsWith('.*')) return [this.hosts, host];
    this.endings ??= new Array<HostEntry | null>(this.mask + 1).fill(null);
    return [this.endings, host.slice(0, -2)];
  }
}

function entryOf<T>(
  first: PathEntry<T> | null,
  host: number,
  bytes: Uint8Array,
  start: number,
  end: number,
): PathEntry<T> | null {
  for (let entry = first; entry !== null; entry = entry.next) {
    if (entry.host === host && entry.key.length === end - start && equalsExactly(bytes, start, entry.key)) return entry;
  }
  return null;
}

function isBelow(at: Location, path: Uint8Array): boolean {
  const { bytes, pathStart, pathEnd } = at;
  const end = pathStart + path.length;
  if (pathEnd < end || bytes[pathStart + 1] !== path[1] || !equalsExactly(bytes, pathStart, path)) return false;
  return pathEnd === end || bytes[end] === SLASH;
}

// A final dot stands for the DNS root and changes nothing (RFC 1034 3.1).
function nameEnd(at: Location): number {
  const end = at.hostNameEnd;
  return end > at.hostStart + 1 && at.bytes[end - 1] === DOT ? end - 1 : end;
}

function lookUp(
  table: readonly (HostEntry | null)[],
  mask: number,
  bytes: Uint8Array,
  start: number,
  end: number,
): number {
  return idOf(table[hash(bytes, start, end) & mask], bytes, start, end);
}

function idOf(first: HostEntry | null, bytes: Uint8Array, start: number, end: number): number {
  for (let entry = first; entry !== null; entry = entry.next) {
    if (entry.key.length === end - start && equalsLowered(bytes, start, entry.key)) return entry.id;
  }
  return ANY_HOST;
}

function hash(bytes: Uint8Array, start: number, end: number): number {
  let h = SEED;
  for (let i = start; i < end; i++) h = Math.imul(h ^ LOWER[bytes[i]], PRIME);
  return h;
}

// Paths are case-sensitive.
function pathHash(key: Uint8Array): number {
  let h = SEED;
  for (const byte of key) h = Math.imul(h ^ byte, PRIME);
  return h;
}
