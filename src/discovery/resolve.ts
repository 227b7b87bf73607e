// One round of questions about one name. Where a question fails, the answer of the round before is used.
import type { Millis } from '../core/units.ts';
import type { Answer, DiscoverySpec, Endpoint, Family, IpVersion, Lookup, LookupFailure } from './contract.ts';
import { addressEndpoints, srvEndpoints, targetsOf } from './endpoints.ts';

/** What a round has found. The next round falls back to it. */
export type Resolution = {
  readonly endpoints: readonly Endpoint[];
  /** The addresses of each name that was asked for. */
  readonly addresses: ReadonlyMap<string, readonly string[]>;
  /** The shortest TTL of all answers; null: no answer had one. */
  readonly ttl: Millis | null;
  /** Which question failed, and why; null: all were answered. */
  readonly problem: string | null;
};

export const NOTHING_KNOWN: Resolution = { endpoints: [], addresses: new Map(), ttl: null, problem: null };

/** Runs one round. A failure never costs endpoints: without an answer they are those of `before`. */
export async function resolve(
  spec: DiscoverySpec,
  before: Resolution,
  lookup: Lookup,
  signal: AbortSignal,
): Promise<Resolution> {
  const round: Round = { family: spec.family, before: before.addresses, lookup, signal };
  const found = spec.kind === 'srv' ? await resolveSrv(spec.name, round) : await resolvePlain(spec, round);
  if (found.endpoints.length > 0) return found;
  return { ...before, ttl: null, problem: found.problem ?? 'an empty answer' };
}

type Round = {
  readonly family: Family;
  readonly before: Resolution['addresses'];
  readonly lookup: Lookup;
  readonly signal: AbortSignal;
};

async function resolvePlain(spec: DiscoverySpec & { kind: 'addresses' }, round: Round): Promise<Resolution> {
  const { addresses, ttl, problem } = await findAddresses(spec.name, round);
  const endpoints = addressEndpoints(spec.name, spec.port, addresses);
  return { endpoints, addresses: new Map([[spec.name, addresses]]), ttl, problem };
}

async function resolveSrv(name: string, round: Round): Promise<Resolution> {
  const answer = await round.lookup.srv(name, round.signal);
  if (!answer.ok) return { ...NOTHING_KNOWN, problem: answer.error.detail };
  // RFC 2782: the target "." says that the service is not offered here.
  const records = answer.value.records.filter(({ target }) => target !== '' && target !== '.');
  const targets = targetsOf(records);
  const found = await Promise.all(targets.map((target) => findTarget(target, round)));
  const addresses = new Map(found.map((one, at) => [targets[at], one.addresses]));
  const unknown = found.findIndex((one) => one.problem !== null);
  return {
    endpoints: srvEndpoints(records, addresses),
    addresses,
    ttl: shortest([answer.value.ttl, ...found.map((one) => one.ttl)]),
    problem: unknown < 0 ? null : `${targets[unknown]}: ${found[unknown].problem}`,
  };
}

type Found = {
  readonly addresses: readonly string[];
  readonly ttl: Millis | null;
  readonly problem: string | null;
};

// Some service registries put an address where RFC 2782 demands a name.
async function findTarget(target: string, round: Round): Promise<Found> {
  const isAddress = target.includes(':') || /^\d+(\.\d+){3}$/.test(target);
  return isAddress ? { addresses: [target], ttl: null, problem: null } : await findAddresses(target, round);
}

async function findAddresses(name: string, round: Round): Promise<Found> {
  const ask = async (version: IpVersion): Promise<Answer<string>> =>
    filled(await round.lookup.addresses(name, version, round.signal));
  const before = round.before.get(name) ?? [];
  switch (round.family) {
    case 'ipv4':
      return orBefore(await ask(4), before);
    case 'ipv6':
      return orBefore(await ask(6), before);
    case 'prefer_ipv4':
      return orBefore(await askInTurn(ask, 4, 6), before);
    case 'prefer_ipv6':
      return orBefore(await askInTurn(ask, 6, 4), before);
    case 'both':
      return merge(await Promise.all([ask(4), ask(6)]), before);
  }
}

// Asks for the other kind only if there are no addresses of the first. If it did so on other failures as well, a DNS server
// that is silent for a while would replace every backend.
async function askInTurn(
  ask: (version: IpVersion) => Promise<Answer<string>>,
  first: IpVersion,
  second: IpVersion,
): Promise<Answer<string>> {
  const answer = await ask(first);
  return !answer.ok && answer.error.code === 'not-found' ? await ask(second) : answer;
}

function orBefore(answer: Answer<string>, before: readonly string[]): Found {
  return answer.ok
    ? { addresses: answer.value.records, ttl: answer.value.ttl, problem: null }
    : { addresses: before, ttl: null, problem: answer.error.detail };
}

// If one kind does not exist, that is no failure. If the question for one kind failed, its known addresses stay.
function merge([v4, v6]: readonly Answer<string>[], before: readonly string[]): Found {
  if (!v4.ok && !v6.ok) return orBefore(isMissing(v4.error) ? v6 : v4, before);
  const parts = [
    orBefore(
      v4,
      keepIf(v4, before, (address) => !address.includes(':')),
    ),
    orBefore(
      v6,
      keepIf(v6, before, (address) => address.includes(':')),
    ),
  ];
  const failed = [v4, v6].find((answer) => !answer.ok && !isMissing(answer.error));
  return {
    addresses: parts.flatMap((part) => part.addresses),
    ttl: shortest(parts.map((part) => part.ttl)),
    problem: failed === undefined || failed.ok ? null : failed.error.detail,
  };
}

function keepIf(
  answer: Answer<string>,
  before: readonly string[],
  isOfKind: (address: string) => boolean,
): readonly string[] {
  return answer.ok || isMissing(answer.error) ? [] : before.filter(isOfKind);
}

function isMissing(failure: LookupFailure): boolean {
  return failure.code === 'not-found';
}

function filled<T>(answer: Answer<T>): Answer<T> {
  if (!answer.ok || answer.value.records.length > 0) return answer;
  return { ok: false, error: { code: 'not-found', detail: 'an empty answer' } };
}

function shortest(ttls: readonly (Millis | null)[]): Millis | null {
  return ttls.reduce((least, ttl) => (least === null || (ttl !== null && ttl < least) ? ttl : least), null);
}
