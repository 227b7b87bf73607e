// Resolves names: by the hosts file first, then by the DNS servers, then by the system's own lookup where that knows more.
// Other programs on the machine have the same order (`hosts: files dns`), so that a name means the same to them.
//
// Questions to DNS servers go through the runtime's c-ares: it sends and receives on sockets of the event loop, so that any
// number of questions that hang costs no thread. The system's lookup (getaddrinfo) blocks one of the few threads that file
// access needs as well: on two cores, two such lookups that hung kept a file from being read for ten seconds. So at most
// one of them runs, and only where the system has sources that this file cannot ask.
import { Resolver, getServers, lookup as askSystem } from 'node:dns/promises';
import { err, ok } from '../core/result.ts';
import { type Millis, millis } from '../core/units.ts';
import type { Answer, IpVersion, Lookup, LookupFailure, LookupSettings, SrvRecord } from '../discovery/contract.ts';
import { type ResolverFiles, spellingsOf } from './resolver-files.ts';

// For answers without a TTL. Envoy, too, asks again after this time.
const DEFAULT_TTL = millis(5000);
// The resolver asks each server twice, and waits twice as long the second time: three parts of the timeout in all.
const TRIES = 2;
const PARTS = 3;
// RFC 6761 6.3: these are loopback, whatever a server says of them.
const LOOPBACK: Readonly<Record<IpVersion, string>> = { 4: '127.0.0.1', 6: '::1' };
const MISSING: LookupFailure = { code: 'not-found', detail: 'the name is not known, or has no such record' };

/** The real lookup. */
export function createLookup(settings: LookupSettings, files: ResolverFiles): Lookup {
  const system = new SystemLookup();
  const addresses: Lookup['addresses'] = async (spelling, version, signal) => {
    const isComplete = spelling.endsWith('.');
    const name = isComplete ? spelling.slice(0, -1) : spelling;
    const local = isComplete ? undefined : (await files.hosts()).get(name.toLowerCase());
    // Addresses of one kind in the file are all there are: those of a server would belong to another host.
    if (local !== undefined) return answerOf(local[version]);
    if (isLoopback(name)) return answerOf([LOOPBACK[version]]);
    const answer = await askServers(settings, signal, (resolver) => queryAddresses(resolver, name, version));
    const isMissing = !answer.ok && answer.error.code === 'not-found';
    // If the configuration names servers, only their answers count.
    const mayAskSystem = isMissing && !isComplete && settings.servers.length === 0;
    return mayAskSystem && (await files.hasOtherSources()) ? await system.ask(name, version, signal) : answer;
  };
  const spellings = async (name: string): Promise<readonly string[]> => {
    const isLocal = settings.servers.length > 0 || isLoopback(name) || (await files.hosts()).has(name.toLowerCase());
    return isLocal ? [name] : spellingsOf(name, await files.search());
  };
  // The runtime does not tell the TTL of SRV records; the TTLs of the targets' addresses are used instead.
  const srv = (name: string, signal: AbortSignal): Promise<Answer<SrvRecord>> =>
    askServers(settings, signal, async (resolver) => {
      const records = await resolver.resolveSrv(name);
      return { records: records.map(({ name: target, ...rest }) => ({ ...rest, target })), ttl: null };
    });
  const names = (address: string, signal: AbortSignal): Promise<Answer<string>> =>
    askServers(settings, signal, async (resolver) => ({ records: await resolver.reverse(address), ttl: null }));
  return { spellings, addresses, srv, names };
}

function answerOf(records: readonly string[]): Answer<string> {
  return records.length === 0 ? err(MISSING) : ok({ records, ttl: DEFAULT_TTL });
}

function isLoopback(name: string): boolean {
  return /(^|\.)localhost$/i.test(name);
}

/** The system's own lookup, one question at a time. */
class SystemLookup {
  private latest: Promise<unknown> = Promise.resolve();

  async ask(name: string, version: IpVersion, signal: AbortSignal): Promise<Answer<string>> {
    const turn = this.latest.then(() => (signal.aborted ? err(MISSING) : querySystem(name, version)));
    this.latest = turn;
    return await turn;
  }
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
  ENOTFOUND: MISSING,
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
