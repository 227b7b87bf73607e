// Warnings about the order of policies: some orders cannot mean what they say.
import type { PolicyKind } from '../policies/contract.ts';
import { listed } from '../policies/registry.ts';
import type { Finding } from './finding.ts';
import { adviceOn } from './policy-advice.ts';
import type { PolicyEntry } from './policies.ts';
import type { Path } from './problems.ts';
import type { Config } from './schema.ts';

const kinds: readonly PolicyKind<unknown>[] = listed;

/** Their fields are kept from clients, and say not who a client is: the secret of a maintenance, the mark of a copy. */
const NOT_ABOUT_CLIENTS: ReadonlySet<string> = new Set(['maintenance', 'mirror']);

/** A policy in its place. */
type Placed = { readonly entry: PolicyEntry; readonly path: Path };

type Tenant = Config['tenants'][number];

/** Policies that find out who a client is. `fields`: by which they tell backends. */
type Identifying = { readonly type: string; readonly fields: readonly string[]; readonly isForAll: boolean };

export function warnOfPolicies(config: Config): readonly Finding[] {
  const seen = new Set<string>();
  const findings = config.tenants.flatMap((one, tenant) => {
    const { policies, routes } = one;
    const own = placed(config, policies, ['tenants', tenant, 'policies']);
    return [
      ...warnOfList(own, 0, one),
      ...routes.flatMap((route, at) => {
        const more = placed(config, route.policies, ['tenants', tenant, 'routes', at, 'policies']);
        return warnOfList([...own, ...more], own.length, one);
      }),
    ];
  });
  // A set that several tenants use is one place.
  return findings.filter(({ path }) => {
    const place = JSON.stringify(path);
    return !seen.has(place) && seen.add(place);
  });
}

// Those from `first` on; the ones before are looked at elsewhere.
function warnOfList(list: readonly Placed[], first: number, tenant: Tenant): readonly Finding[] {
  const before: Identifying[] = [];
  return list.flatMap((one, at) => {
    const others = messageForSplit(one.entry, list.slice(0, at)) ?? messageForCache(one.entry, list.slice(at + 1));
    const ownMessage = messageFor(one.entry, before) ?? others;
    const message = at < first ? null : (ownMessage ?? adviceOn(one.entry, tenant));
    before.push(...identifyingOf(one.entry));
    return message === null ? [] : [{ path: one.path, message: `warning: ${message}` }];
  });
}

function messageFor(
  { cors, rate_limit: rate, concurrency, headers, split }: PolicyEntry,
  before: readonly Identifying[],
): string | null {
  const login = before.find(({ isForAll }) => isForAll);
  if (cors !== undefined && login !== undefined)
    return `browsers ask this without a login, which ${login.type} before it does not let through; cors comes first`;
  const keys = [...(rate?.key ?? []), ...(concurrency?.key ?? [])];
  if (keys.some(({ from }) => from === 'consumer') && before.length === 0)
    return 'it counts by consumer, and no policy before it finds out who that is: it counts by client';
  if (split?.sticky.by === 'consumer' && before.length === 0)
    return 'it draws by consumer, and no policy before it finds out who that is: it draws by client';
  const changed = Object.keys({ ...headers?.request?.set, ...headers?.request?.add, ...headers?.request?.default });
  const lower = new Set(changed.map((name) => name.toLowerCase()));
  const teller = before.find(({ fields }) => fields.some((name) => lower.has(name)));
  return teller === undefined ? null : `it changes a field by which ${teller.type} tells backends who the client is`;
}

function messageForSplit({ split }: PolicyEntry, before: readonly Placed[]): string | null {
  const isKept = before.some(({ entry }) => entry.cache !== undefined && entry.enabled !== false);
  if (split === undefined || !isKept) return null;
  return 'the cache before it gives to everybody what one version has answered; split comes first';
}

// What it has kept is given without asking those after it.
function messageForCache({ cache, enabled }: PolicyEntry, after: readonly Placed[]): string | null {
  if (cache === undefined || enabled === false) return null;
  const login = after.flatMap(({ entry }) => identifyingOf(entry)).find(({ isForAll }) => isForAll);
  return login === undefined ? null : `what it keeps is given to clients that ${login.type} after it would not let in`;
}

function identifyingOf(entry: PolicyEntry): readonly Identifying[] {
  if (entry.enabled === false) return [];
  const options: Readonly<Record<string, unknown>> = entry;
  return kinds.flatMap((kind) => {
    const own = options[kind.type];
    const fields = own === undefined || NOT_ABOUT_CLIENTS.has(kind.type) ? undefined : kind.identityFields?.(own);
    return fields === undefined ? [] : [{ type: kind.type, fields, isForAll: entry.when === undefined }];
  });
}

function placed({ policy_sets: sets }: Config, entries: readonly PolicyEntry[], path: Path): readonly Placed[] {
  return entries.flatMap((entry, at): readonly Placed[] => {
    const { use, when } = entry;
    if (use === undefined) return [{ entry, path: [...path, at] }];
    // What a set is used for only sometimes, its policies are for only sometimes.
    return (sets[use] ?? []).map((one, place) => ({
      entry: when === undefined ? one : { ...one, when },
      path: ['policy_sets', use, place],
    }));
  });
}
