// Resolves names: by the hosts file first, then by the DNS servers, then by the system's own lookup. Other programs on the
// machine have the same order (`hosts: files dns`), so that a name means the same to them.
import { Resolver, getServers, lookup as askSystem } from 'node:dns/promises';
import { err, ok } from '../core/result.ts';
import { type Millis, millis } from '../core/units.ts';
import type { Answer, IpVersion, Lookup, LookupFailure, LookupSettings, SrvRecord } from '../discovery/contract.ts';
import { addressesIn } from './hosts-file.ts';

// For answers without a TTL. Envoy, too, asks again after this time.
const DEFAULT_TTL = millis(5000);
// The resolver asks each server twice, and waits twice as long the second time: three parts of the timeout in all.
const TRIES = 2;
const PARTS = 3;

/** Reads the hosts file; empty: there is none. */
export type ReadHosts = () => Promise<string>;

/** The real lookup. */
export function createLookup(settings: LookupSettings, readHosts: ReadHosts): Lookup {
  const addresses = async (name: string, version: IpVersion, signal: AbortSignal): Promise<Answer<string>> => {
    const local = addressesIn(await readHosts(), name, version);
    if (local.length > 0) return ok({ records: local, ttl: DEFAULT_TTL });
    const answer = await askServers(settings, signal, (resolver) => queryAddresses(resolver, name, version));
    const isMissing = !answer.ok && answer.error.code === 'not-found';
    // The system's lookup knows more, such as the search domains that short names need. But if the configuration names
    // servers, only their answers count.
    return isMissing && settings.servers.length === 0 ? await querySystem(name, version) : answer;
  };
  // The runtime does not tell the TTL of SRV records; the TTLs of the targets' addresses are used instead.
  const srv = (name: string, signal: AbortSignal): Promise<Answer<SrvRecord>> =>
    askServers(settings, signal, async (resolver) => {
      const records = await resolver.resolveSrv(name);
      return { records: records.map(({ name: target, ...rest }) => ({ ...rest, target })), ttl: null };
    });
  return { addresses, srv };
}

type Records<T> = { readonly records: readonly T[]; readonly ttl: Millis | null };

// Makes a resolver for each question. One that is kept has a cache of its own, which ignores `max_ttl` and remembers for
// long that a name did not exist.
async function askServers<T>(
  { servers, timeout }: LookupSettings,
  signal: AbortSignal,
  query: (resolver: Resolver) => Promise<Records<T>>,
): Promise<Answer<T>> {
  const count = (servers.length > 0 ? servers : getServers()).length;
  const each = Math.ceil(timeout / (PARTS * Math.max(1, count)));
  const resolver = new Resolver({ timeout: each, tries: TRIES });
  const cancel = (): void => resolver.cancel();
  signal.addEventListener('abort', cancel, { once: true });
  try {
    if (servers.length > 0) resolver.setServers(servers);
    return ok(await query(resolver));
  } catch (error) {
    return err(failureOf(error));
  } finally {
    signal.removeEventListener('abort', cancel);
  }
}

async function queryAddresses(resolver: Resolver, name: string, version: IpVersion): Promise<Records<string>> {
  const records =
    version === 4 ? await resolver.resolve4(name, { ttl: true }) : await resolver.resolve6(name, { ttl: true });
  const shortest = Math.min(...records.map((record) => record.ttl));
  return { records: records.map((record) => record.address), ttl: millis(shortest * 1000) };
}

async function querySystem(name: string, version: IpVersion): Promise<Answer<string>> {
  try {
    const found = await askSystem(name, { family: version, all: true });
    return ok({ records: [...new Set(found.map((one) => one.address))], ttl: DEFAULT_TTL });
  } catch (error) {
    return err(failureOf(error));
  }
}

const FAILURES: Readonly<Record<string, LookupFailure>> = {
  ENOTFOUND: { code: 'not-found', detail: 'the name is not known, or has no such record' },
  ENODATA: { code: 'not-found', detail: 'the name has no such record' },
  ETIMEOUT: { code: 'timeout', detail: 'no server answered in time' },
  EREFUSED: { code: 'refused', detail: 'the server refused to answer' },
  ESERVFAIL: { code: 'server-failed', detail: 'the server failed (SERVFAIL)' },
  ECONNREFUSED: { code: 'unreachable', detail: 'no server could be reached' },
  EBADRESP: { code: 'malformed', detail: 'the answer cannot be read' },
  EBADNAME: { code: 'malformed', detail: 'not a name that can be asked for' },
  ECANCELLED: { code: 'cancelled', detail: 'cancelled' },
};

function failureOf(error: unknown): LookupFailure {
  const code = typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
  return FAILURES[code] ?? { code: 'server-failed', detail: `the lookup failed (${code === '' ? 'no code' : code})` };
}
