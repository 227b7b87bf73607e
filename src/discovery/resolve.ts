// One round of questions about one name. Where a question fails, the answer of the round before is used.
import { isIpAddress } from '../core/cidr.ts';
import { err } from '../core/result.ts';
import type { Millis } from '../core/units.ts';
import type {
  Answer,
  DiscoverySpec,
  Endpoint,
  Family,
  HostSpec,
  IpVersion,
  Lookup,
  LookupFailure,
} from './contract.ts';
import { addressEndpoints, hostEndpoints, srvEndpoints, targetsOf } from './endpoints.ts';

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

/** What a round may use. `early` is told of addresses as soon as there are some, while other questions are still open. */
export type RoundTools = {
  readonly lookup: Lookup;
  readonly signal: AbortSignal;
  readonly early: (found: Resolution) => void;
};

/** Runs one round. A failure never costs endpoints: without an answer they are those of `before`. */
export async function resolve(spec: DiscoverySpec, before: Resolution, tools: RoundTools): Promise<Resolution> {
  const round: Round = { ...tools, family: spec.family, before: before.addresses };
  const found = await resolveKind(spec, round);
  if (found.endpoints.length > 0) return found;
  return { ...before, ttl: null, problem: found.problem ?? 'an empty answer' };
}

function resolveKind(spec: DiscoverySpec, round: Round): Promise<Resolution> {
  switch (spec.kind) {
    case 'srv':
      return resolveSrv(spec.name, round);
    case 'addresses':
      return resolvePlain(spec, round);
    case 'host':
      return resolveHost(spec, round);
  }
}

type Round = RoundTools & { readonly family: Family; readonly before: Resolution['addresses'] };

async function resolvePlain(spec: DiscoverySpec & { kind: 'addresses' }, round: Round): Promise<Resolution> {
  const { addresses, ttl, problem } = await findName(spec.name, round);
  const endpoints = addressEndpoints(spec.name, spec.port, addresses);
  return { endpoints, addresses: new Map([[spec.name, addresses]]), ttl, problem };
}

async function resolveHost({ name, family }: HostSpec, round: Round): Promise<Resolution> {
  const before = round.before.get(name) ?? [];
  let found = missingFrom(before);
  const resolution = ({ addresses, ttl, problem }: Found): Resolution => ({
    endpoints: hostEndpoints(name, addresses, family === 'prefer_ipv6' ? 6 : 4),
    addresses: new Map([[name, addresses]]),
    ttl,
    problem,
  });
  for (const spelling of await round.lookup.spellings(name)) {
    const ask = asker(spelling, round);
    const answers = [family === 'ipv6' ? NOT_ASKED : ask(4), family === 'ipv4' ? NOT_ASKED : ask(6)];
    if (before.length === 0)
      for (const answer of answers) void tellEarly(answer, (one) => round.early(resolution(one)));
    found = ofEither(await Promise.all(answers), before);
    if (!found.isMissing) break;
  }
  return resolution(found);
}

const NOT_ASKED: Promise<Answer<string>> = Promise.resolve(
  err({ code: 'not-found', detail: 'the name has no address of the kinds that `dns.family` allows' }),
);

async function tellEarly(answer: Promise<Answer<string>>, tell: (found: Found) => void): Promise<void> {
  const settled = await answer.catch(() => null);
  if (settled?.ok === true) tell(orBefore(settled, []));
}

// Whoever connects tries one address after the other, so that both kinds are of use: a program on this machine may listen
// on one of the two addresses of `localhost`. Some servers never answer for one of the kinds, which is no problem then.
function ofEither(answers: readonly Answer<string>[], before: readonly string[]): Found {
  const found = merge(answers, before);
  const hasFresh = answers.some(({ ok }) => ok);
  const hasKept =
    found.addresses.length > answers.reduce((sum, one) => sum + (one.ok ? one.value.records.length : 0), 0);
  return hasFresh && !hasKept ? { ...found, problem: null } : found;
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
  /** There is no such name, or it has no address of the kinds that were asked for. */
  readonly isMissing: boolean;
};

// Some service registries put an address where RFC 2782 demands a name.
async function findTarget(target: string, round: Round): Promise<Found> {
  if (isIpAddress(target)) return { addresses: [target], ttl: null, problem: null, isMissing: false };
  return await findAddresses(target, round.before.get(target) ?? [], round);
}

// A spelling that does not exist leads to the next. Both kinds of address come from the same spelling, or a host of the
// wrong domain could be taken for the other half of the right one.
async function findName(name: string, round: Round): Promise<Found> {
  const before = round.before.get(name) ?? [];
  let found = missingFrom(before);
  for (const spelling of await round.lookup.spellings(name)) {
    found = await findAddresses(spelling, before, round);
    if (!found.isMissing) return found;
  }
  return found;
}

async function findAddresses(name: string, before: readonly string[], round: Round): Promise<Found> {
  const ask = asker(name, round);
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

function missingFrom(before: readonly string[]): Found {
  return { addresses: before, ttl: null, problem: 'there is no way to ask for it', isMissing: true };
}

function asker(name: string, { lookup, signal }: Round): (version: IpVersion) => Promise<Answer<string>> {
  return async (version) => filled(await lookup.addresses(name, version, signal));
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
    ? { addresses: answer.value.records, ttl: answer.value.ttl, problem: null, isMissing: false }
    : { addresses: before, ttl: null, problem: answer.error.detail, isMissing: isMissing(answer.error) };
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
    isMissing: false,
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
