// Warnings about routes: pools that nothing leads to, and routes that another tenant's rules take all requests of.
import { OWN_POOL } from '../core/pool-name.ts';
import type { Finding } from './finding.ts';
import type { Path } from './problems.ts';
import { matchOf } from './route-match.ts';
import type { RouteConfig } from './routes.ts';
import type { Config, TenantConfig } from './schema.ts';

export function warnOfRoutes(config: Config): readonly Finding[] {
  const rivals = new Rivals(config);
  return config.tenants.flatMap((tenant, at) => {
    if (Object.keys(tenant.pools).length === 0 && tenant.routes.length === 0) return [];
    const path = ['tenants', at];
    return [
      ...warnOfPools(config, tenant, path),
      ...tenant.routes.flatMap((route, number) => rivals.warn(tenant, route, [...path, 'routes', number])),
    ];
  });
}

function warnOfPools({ policy_sets: sets }: Config, tenant: TenantConfig, path: Path): readonly Finding[] {
  const { pools, routes, policies } = tenant;
  const led = new Set(routes.map(({ pool = OWN_POOL }) => pool));
  // Policies may choose pools, and each kind names them in its own way.
  const words = wordsIn([policies, routes.map(({ match: _, pool: __, ...rest }) => rest), sets]);
  const isUsed = (pool: string): boolean => led.has(pool) || words.has(pool);
  const unused = Object.keys(pools).filter((pool) => !isUsed(pool));
  const findings: Finding[] = unused.map((pool) => ({
    path: [...path, 'pools', pool],
    isKey: true,
    message: 'warning: no route leads to this pool, and no policy names it',
  }));
  if (tenant.services.length === 0 || isUsed(OWN_POOL) || !routes.some(takesAll)) return findings;
  const message = `warning: a route leads all requests elsewhere, so that the services of the tenant itself get none`;
  return [...findings, { path: [...path, 'services'], isKey: true, message }];
}

function takesAll({ match }: RouteConfig): boolean {
  const { paths, methods, hosts, headers, query } = matchOf(match);
  const isOpen = methods.length + hosts.length + headers.length + query.length === 0;
  return isOpen && paths.some(({ kind, text }) => kind === 'prefix' && text === '/');
}

/** All texts and keys of a value. */
function wordsIn(value: unknown, words: Set<string> = new Set()): ReadonlySet<string> {
  if (typeof value === 'string') words.add(value);
  else if (typeof value === 'object' && value !== null) {
    if (!Array.isArray(value)) for (const key of Object.keys(value)) words.add(key);
    for (const item of Object.values(value)) wordsIn(item, words);
  }
  return words;
}

type Rule = { readonly tenant: TenantConfig; readonly prefix: string };

const ANY_HOST = '';

/** The rules of all tenants, by their hosts. */
class Rivals {
  private readonly byHost = new Map<string, Rule[]>();

  constructor({ tenants }: Config) {
    if (tenants.every(({ routes }) => routes.length === 0)) return;
    for (const tenant of tenants) for (const host of hostsOf(tenant)) this.add(host, tenant);
  }

  private add(host: string, tenant: TenantConfig): void {
    const rules = this.byHost.get(host) ?? [];
    this.byHost.set(host, rules);
    for (const prefix of tenant.path_prefix) rules.push({ tenant, prefix });
  }

  warn(tenant: TenantConfig, { match }: RouteConfig, path: Path): readonly Finding[] {
    const { paths } = matchOf(match);
    const [first] = hostsOf(tenant).map((host) => this.ruleOver(host, tenant, paths));
    const isTaken = hostsOf(tenant).every((host) => this.ruleOver(host, tenant, paths) !== null);
    if (first === undefined || first === null || !isTaken) return [];
    const message = `warning: the route can never win: all of its paths belong to the tenant ${first.tenant.name} (${first.prefix})`;
    return [{ path, message }];
  }

  // A longer prefix of another tenant on the same host comes first.
  private ruleOver(host: string, tenant: TenantConfig, paths: ReturnType<typeof matchOf>['paths']): Rule | null {
    const rules = (this.byHost.get(host) ?? []).filter((rule) => rule.tenant !== tenant);
    const rule = rules.find(({ prefix }) =>
      paths.every(({ text }) => literalOf(text).startsWith(prefix) && longestOver(tenant, text) < prefix.length),
    );
    return rule ?? null;
  }
}

function hostsOf({ domains }: TenantConfig): readonly string[] {
  return domains.length === 0 ? [ANY_HOST] : domains;
}

function literalOf(text: string): string {
  return text.replace(/\{.*$/s, '');
}

function longestOver({ path_prefix: prefixes, path: paths }: TenantConfig, text: string): number {
  if (paths.includes(text)) return Number.POSITIVE_INFINITY;
  return Math.max(0, ...prefixes.filter((prefix) => text.startsWith(prefix)).map(({ length }) => length));
}
