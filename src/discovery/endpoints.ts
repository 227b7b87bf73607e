// Makes endpoints of records: scales weights to the range of the configuration, merges equal addresses, and sorts, so that
// equal answers give equal lists.
import type { Endpoint, IpVersion, SrvRecord } from './contract.ts';

// An answer over TCP may hold thousands of records, each of which would be a backend with probes and counters.
const MOST_ENDPOINTS = 256;
const HEAVIEST = 256;

/** The endpoints of a name with one port. */
export function addressEndpoints(name: string, port: number, addresses: readonly string[]): readonly Endpoint[] {
  return inOrder(addresses.map((hostname) => ({ hostname, port, weight: 1, priority: 0, target: name })));
}

/** The addresses of a host, those of the preferred kind before the others. */
export function hostEndpoints(name: string, addresses: readonly string[], preferred: IpVersion): readonly Endpoint[] {
  const priorityOf = (address: string): number => (address.includes(':') === (preferred === 6) ? 0 : 1);
  return inOrder(
    addresses.map((hostname) => ({ hostname, port: 0, weight: 1, priority: priorityOf(hostname), target: name })),
  );
}

/** The endpoints of SRV records whose targets have been resolved. */
export function srvEndpoints(
  records: readonly SrvRecord[],
  addressesOf: ReadonlyMap<string, readonly string[]>,
): readonly Endpoint[] {
  const raw = records.flatMap(({ target, port, priority, weight }) => {
    const addresses = addressesOf.get(target) ?? [];
    // In RFC 2782 a weight belongs to a target, so its addresses share it. Weight 0 means a small chance of selection; the
    // smallest weight of a backend is 1.
    const share = Math.max(1, weight) / addresses.length;
    return addresses.map((hostname) => ({ hostname, port, priority, weight: share, target }));
  });
  return inOrder(scaled(raw));
}

/** Whether two lists made by this file are the same set: they are sorted alike. */
export function isSameSet(a: readonly Endpoint[], b: readonly Endpoint[]): boolean {
  return a.length === b.length && a.every((endpoint, at) => keyOf(endpoint) === keyOf(b[at]));
}

/** The targets by priority, each once, and no more than there may be endpoints. */
export function targetsOf(records: readonly SrvRecord[]): readonly string[] {
  const sorted = records.toSorted((a, b) => a.priority - b.priority || compare(a.target, b.target));
  return [...new Set(sorted.map((record) => record.target))].slice(0, MOST_ENDPOINTS);
}

/** `10.0.0.1:3000`, `[::1]:3000`. */
export function formatEndpoint({ hostname, port }: Endpoint): string {
  return hostname.includes(':') ? `[${hostname}]:${port}` : `${hostname}:${port}`;
}

// Weights matter only within one priority, so each priority uses the whole range.
function scaled(endpoints: readonly Endpoint[]): readonly Endpoint[] {
  const groups = Map.groupBy(endpoints, (endpoint) => endpoint.priority);
  return [...groups.values()].flatMap((group) => {
    const merged = mergeEqual(group);
    const weights = merged.map((endpoint) => endpoint.weight);
    const fits = weights.every((weight) => Number.isInteger(weight) && weight <= HEAVIEST);
    const factor = fits ? 1 : HEAVIEST / Math.max(...weights);
    return merged.map((endpoint) => ({ ...endpoint, weight: Math.max(1, Math.round(endpoint.weight * factor)) }));
  });
}

// Two records may lead to the same address and port: these become one endpoint with the sum of both weights.
function mergeEqual(group: readonly Endpoint[]): readonly Endpoint[] {
  const merged = new Map<string, Endpoint>();
  for (const endpoint of group.toSorted((a, b) => compare(a.target, b.target))) {
    const key = formatEndpoint(endpoint);
    const before = merged.get(key);
    const weight = endpoint.weight + (before?.weight ?? 0);
    merged.set(key, { ...(before ?? endpoint), weight });
  }
  return [...merged.values()];
}

function inOrder(endpoints: readonly Endpoint[]): readonly Endpoint[] {
  const sorted = endpoints.toSorted(
    (a, b) => a.priority - b.priority || compare(a.hostname, b.hostname) || a.port - b.port,
  );
  const seen = new Set<string>();
  const first = sorted.filter((endpoint) => {
    const key = formatEndpoint(endpoint);
    const isNew = !seen.has(key);
    seen.add(key);
    return isNew;
  });
  return first.slice(0, MOST_ENDPOINTS);
}

function keyOf(endpoint: Endpoint): string {
  return `${formatEndpoint(endpoint)} ${endpoint.weight} ${endpoint.priority} ${endpoint.target}`;
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
