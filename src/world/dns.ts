// Names, asked of the system: the hosts file first, then the servers, then what else the system knows. The order of
// every other program (`hosts: files dns`), so that a name means here what it means to them.
import { Resolver, getServers, lookup as askSystem } from 'node:dns/promises';
import { err, ok } from '../core/result.ts';
import { type Millis, millis } from '../core/units.ts';
import type { Answer, IpVersion, Lookup, LookupFailure, LookupSettings, SrvRecord } from '../discovery/contract.ts';
import { addressesIn } from './hosts-file.ts';

// What has no TTL of its own: the time after which Envoy asks again, too.
const UNSAID_TTL = millis(5000);
// Two tries for each server, the second of which lasts twice as long.
const TRIES = 2;
const PARTS = 3;

/** The text of the hosts file; empty: there is none. */
export type ReadHosts = () => Promise<string>;

/** The real lookup. */
export function createLookup(settings: LookupSettings, readHosts: ReadHosts): Lookup {
  const addresses = async (name: string, version: IpVersion, signal: AbortSignal): Promise<Answer<string>> => {
    const local = addressesIn(await readHosts(), name, version);
    if (local.length > 0) return ok({ records: local, ttl: UNSAID_TTL });
    const answer = await askServers(settings, signal, (resolver) => queryAddresses(resolver, name, version));
    const isMissing = !answer.ok && answer.error.code === 'not-found';
    // The system knows search domains, which short names need, and more. But whoever names servers wants their view of
    // the names and no other.
    return isMissing && settings.servers.length === 0 ? await querySystem(name, version) : answer;
  };
  // The runtime does not tell the TTL of SRV records: those of the targets' addresses have to do.
  const srv = (name: string, signal: AbortSignal): Promise<Answer<SrvRecord>> =>
    askServers(settings, signal, async (resolver) => {
      const records = await resolver.resolveSrv(name);
      return { records: records.map(({ name: target, ...rest }) => ({ ...rest, target })), ttl: null };
    });
  return { addresses, srv };
}

type Records<T> = { readonly records: readonly T[]; readonly ttl: Millis | null };

// A resolver for each question: one that lives on answers from a cache of its own, which knows no ceiling and remembers
// for long that a name was missing.
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
    return ok({ records: [...new Set(found.map((one) => one.address))], ttl: UNSAID_TTL });
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
