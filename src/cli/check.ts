// keystone check: is the configuration right, and what does it say?
import { shownUrl } from '../config/backend-url.ts';
import { type AdminAddress, DEFAULT_ADMIN_ADDRESS } from '../config/admin.ts';
import { loadConfig } from '../config/load.ts';
import type { ParsedConfig } from '../config/parse.ts';
import { type Problem, fileProblem, formatProblem } from '../config/problems.ts';
import { resolveCheck } from '../config/resolve.ts';
import type { Finding } from '../config/finding.ts';
import { matchOf } from '../config/route-match.ts';
import { targetsOf } from '../config/routes.ts';
import type { Config, ServiceConfig, TenantConfig } from '../config/schema.ts';
import { type UsablePair, readNamedPairs } from '../config/named-pairs.ts';
import { type CertificateFacts, validityProblem } from '../core/certificate.ts';
import { OWN_POOL, backendNameIn } from '../core/pool-name.ts';
import { countOf, formatDuration } from '../core/units.ts';
import { compile, compileGateway } from '../plan/compile.ts';
import { type DescriptorShortfall, descriptorShortfall } from '../plan/descriptor-needs.ts';
import { describeMatch } from '../route/match.ts';
import { describeRule, rulesOf } from '../route/rules.ts';
import { type World, realWorld } from '../world.ts';
import { ADDRESS_OPTIONS } from './admin-address.ts';
import { openAdmin } from './admin-client.ts';
import { describeFailure, exitCodeOf } from './admin-failure.ts';
import { compareWith, describeComparison } from './against.ts';
import { configFiles } from './config-files.ts';
import { type Command, type CommandInput, type ExitCode, type Terminal, typed } from './contract.ts';
import { configFile } from './config-option.ts';
import { printProblems } from './load.ts';

const OPTIONS: Command['options'] = [
  { name: 'all', summary: 'print the hosts, backends and checks of each tenant, not one line for each' },
  { name: 'json', summary: 'print JSON, also of what is wrong' },
  {
    name: 'against',
    value: 'running',
    completes: ['running'],
    summary: 'say what a reload would change, and how many of the latest requests would go elsewhere',
  },
  ...ADDRESS_OPTIONS,
];

export const check: Command = {
  name: 'check',
  summary: 'Validate the configuration and print its tenants and routes. Starts nothing.',
  operands: '',
  options: OPTIONS,
  examples: [
    'keystone check',
    'keystone check --config keystone.yaml --all',
    'keystone check --json',
    'keystone check --against running',
  ],
  run: runCheck,
};

async function runCheck(input: CommandInput, terminal: Terminal): Promise<ExitCode> {
  const against = typed(input, 'against');
  if (against !== null && against !== 'running') {
    terminal.error(`keystone check: --against takes the word running, and compares with the gateway that runs\n`);
    return 2;
  }
  const file = configFile(input);
  const world = realWorld();
  const isJson = input.options['json'] === true;
  const loaded = await loadConfig(file, world.environment, configFiles(world));
  if (!loaded.ok) {
    if (isJson) terminal.out(jsonOf({ file, valid: false, problems: loaded.error }));
    else await printProblems(file, loaded.error, world, terminal);
    return 1;
  }
  const { config } = loaded.value;
  if (against !== null) return checkAgainst(input, loaded.value, terminal);
  const pairs = await pairsOf(config, world);
  const late = loaded.value.source.problems(lateCertificates(pairs, world.clock.wall()));
  const warnings = [...loaded.value.warnings, ...late, ...warningsOf(file, config, world)];
  if (isJson) {
    terminal.out(
      jsonOf({ file, valid: true, warnings, certificates: pairs.map(certificateJson), ...describeConfig(config) }),
    );
    return 0;
  }
  for (const warning of warnings) terminal.error(`${formatProblem(warning)}\n`);
  terminal.out(summary(file, config, { pairs, isWhole: input.options['all'] === true }));
  return 0;
}

// The warnings are those of the file alone: the gateway knows for itself what it has.
async function checkAgainst(
  input: CommandInput,
  { config, warnings }: Pick<ParsedConfig, 'config' | 'warnings'>,
  terminal: Terminal,
): Promise<ExitCode> {
  for (const warning of warnings) terminal.error(`${formatProblem(warning)}\n`);
  const opened = await openAdmin(input, terminal);
  if (!opened.ok) return opened.error;
  const compared = await compareWith(opened.value, compile(config));
  if (!compared.ok) {
    terminal.error(describeFailure(compared.error, opened.value.address, null));
    return exitCodeOf(compared.error);
  }
  terminal.out(input.options['json'] === true ? jsonOf(compared.value) : describeComparison(compared.value));
  return 0;
}

function jsonOf(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

async function pairsOf(config: Config, world: World): Promise<readonly UsablePair[]> {
  const read = await readNamedPairs(config, configFiles(world));
  return read.ok ? read.value.pairs : [];
}

function lateCertificates(pairs: readonly UsablePair[], wall: number): readonly Finding[] {
  return pairs.flatMap(({ certificate: { facts }, path, isFound }): readonly Finding[] => {
    const problem = validityProblem(facts, wall);
    if (problem === null) return [];
    if (isFound) return [{ path, message: `warning: ${facts.file}: ${problem}` }];
    return [{ path: [...path, 'cert_file'], message: `warning: ${problem}` }];
  });
}

/** What `run` would say at the start. */
function warningsOf(file: string, config: Config, world: World): readonly Problem[] {
  const gateway = compileGateway(config);
  const shortfall = descriptorShortfall(gateway, gateway.listeners.length === 0, world.descriptors.limit);
  return shortfall === null ? [] : [fileProblem(file, warningOf(shortfall))];
}

function warningOf({ limit, needed, clients, possible }: DescriptorShortfall): string {
  return `warning: ${clients} connections from clients (\`limits.connections\`) and \`limits.idle_connections\` need up to ${needed} open files, but a process may have ${limit} here (RLIMIT_NOFILE, \`ulimit -Hn\`): some ${possible} clients would be accepted`;
}

type Shown = { readonly pairs: readonly UsablePair[]; readonly isWhole: boolean };

function summary(file: string, config: Config, { pairs, isWhole }: Shown): string {
  const tenants = isWhole
    ? config.tenants.map((tenant) => tenantSummary(tenant)).join('')
    : tenantLines(config.tenants);
  const count = config.tenants.length;
  const places = [describeAdmin(config.admin.address), ...publicPlace(config)];
  const none = count === 0 ? ' (every request is answered with 404)' : '';
  return `${file} is valid: ${count} ${count === 1 ? 'tenant' : 'tenants'}${none}, admin API ${places.join(' and ')}\n${describeCertificates(pairs, isWhole)}${hiddenByAdmin(config)}${tenants}`;
}

function describeCertificates(pairs: readonly UsablePair[], isWhole: boolean): string {
  const shown = isWhole ? pairs : pairs.slice(0, MOST_CERTIFICATES);
  const more = pairs.length > shown.length ? `and ${pairs.length - shown.length} more certificates\n` : '';
  return shown.map(({ certificate }) => describeCertificate(certificate.facts)).join('') + more;
}

const MOST_CERTIFICATES = 20;

function describeCertificate(facts: CertificateFacts): string {
  return `certificate for ${facts.names.join(', ')}, until ${new Date(facts.expires).toISOString()} (${facts.file})\n`;
}

function describeAdmin(address: AdminAddress = DEFAULT_ADMIN_ADDRESS): string {
  switch (address.kind) {
    case 'none':
      return 'at no address of its own';
    case 'unix':
      return `at unix:${address.path}`;
    case 'tcp':
      return `at ${address.hostname ?? ''}:${address.port}`;
  }
}

function publicPlace({ admin_base_path: path = null }: Config): readonly string[] {
  return path === null ? [] : [`below ${path} on every listener`];
}

// The admin API comes before all tenants: their own pages below its path cannot be reached.
function hiddenByAdmin({ admin_base_path: path = null, tenants }: Config): string {
  if (path === null) return '';
  const hidden = tenants.filter(
    ({ path_prefix: prefixes, path: paths }) =>
      (prefixes.length === 0 && paths.length === 0) || prefixes.some((prefix) => `${path}/`.startsWith(prefix)),
  );
  if (hidden.length === 0) return '';
  const names = hidden
    .slice(0, MOST_NAMES)
    .map(({ name, domains }) => (domains[0] === undefined ? name : `${name} (${domains.join(', ')})`));
  const more = hidden.length > MOST_NAMES ? `, and ${hidden.length - MOST_NAMES} more` : '';
  return `warning: admin_base_path hides ${path} of ${names.join('; ')}${more}\n`;
}

const MOST_NAMES = 20;

// One line each: name, rules, how many backends.
function tenantLines(tenants: readonly TenantConfig[]): string {
  const rows = tenants.map((tenant) => [tenant.name, rulesInShort(tenant), servicesInShort(tenant)] as const);
  const widthOf = (at: 0 | 1): number => Math.min(WIDEST, Math.max(0, ...rows.map((row) => row[at].length)));
  const [names, rules] = [widthOf(0), widthOf(1)];
  return rows.map(([name, rule, services]) => `  ${name.padEnd(names)}  ${rule.padEnd(rules)}  ${services}\n`).join('');
}

const WIDEST = 48;

function rulesInShort({ domains, path_prefix: prefixes, path: paths, listeners = [] }: TenantConfig): string {
  const [first, second, ...others] = domains;
  const hosts = [first, second].filter((host) => host !== undefined).join(', ');
  const more = others.length === 0 ? '' : ` and ${others.length} more`;
  const where = listeners.length === 0 ? '' : `on ${listeners.join(', ')}`;
  return [`${hosts}${more}`, [...prefixes, ...paths].join(', '), where].filter((part) => part !== '').join(' ');
}

function servicesInShort(tenant: TenantConfig): string {
  const all = servicesOf(tenant);
  const unchecked = all.filter(({ pool, service }) => resolveCheck(pool, service) === null).length;
  const backends = countOf(all.length, 'backend');
  const checked = unchecked === 0 ? '' : `, ${unchecked === all.length ? 'not' : `${unchecked} not`} checked`;
  const routes = tenant.routes.length === 0 ? '' : `, ${countOf(tenant.routes.length, 'route')}`;
  return `${backends}${checked}${routes}`;
}

/** A service, and what applies to the pool that it is in. */
type Pooled = { readonly name: string; readonly service: ServiceConfig; readonly pool: TenantConfig };

function servicesOf(tenant: TenantConfig): readonly Pooled[] {
  const pools = [[null, tenant] as const, ...Object.entries(tenant.pools)];
  return pools.flatMap(([name, own]) => {
    const pool = { ...tenant, ...own };
    return own.services.map((service) => ({ name: backendNameIn(name, service.name), service, pool }));
  });
}

function tenantSummary(tenant: TenantConfig): string {
  const { domains, path_prefix: prefixes, path: paths, listeners } = tenant;
  const where = listeners === undefined ? '' : ` on ${listeners.join(', ')}`;
  const rules = rulesOf({ domains, prefixes, paths }).map((rule) => `${describeRule(rule)}${where}`);
  const all = servicesOf(tenant);
  const width = Math.max(0, ...all.map(({ name }) => name.length));
  const services = all.map(({ name, service, pool }) => {
    const resolved = checkOf(pool, service);
    const how = resolved === null ? 'no health check' : `${resolved.type} check every ${resolved.interval}`;
    return `    ${name.padEnd(width)}  ${shownUrl(service.url)}  ${how}\n`;
  });
  const routes = routesOf(tenant).map(({ rule, to }) => `    ${rule} → ${to}\n`);
  return `\n  ${tenant.name} (${tenant.balance.type})\n${rules.map((rule) => `    ${rule}\n`).join('')}${routes.join('')}${services.join('')}`;
}

type ShownRoute = { readonly name: string | null; readonly rule: string; readonly to: string };

function routesOf({ routes }: TenantConfig): readonly ShownRoute[] {
  return routes.flatMap((route) => {
    const match = matchOf(route.match);
    const [target = 'pool'] = targetsOf(route);
    const to = target === 'pool' ? (route.pool ?? OWN_POOL) : target;
    return match.paths.map((path) => ({ name: route.name ?? null, rule: describeMatch(match, path), to }));
  });
}

function checkOf(
  tenant: TenantConfig,
  service: ServiceConfig,
): { readonly type: string; readonly interval: string } | null {
  const resolved = resolveCheck(tenant, service);
  return resolved === null ? null : { type: resolved.kind.type, interval: formatDuration(resolved.schedule.interval) };
}

function certificateJson({ certificate }: UsablePair): unknown {
  const { file, names, expires } = certificate.facts;
  return { file, names, expires: new Date(expires).toISOString() };
}

function describeConfig(config: Config): Readonly<Record<string, unknown>> {
  const { admin_base_path: path = null, admin, tenants } = config;
  return {
    admin: { address: describeAdmin(admin.address).replace(/^at /, ''), base_path: path },
    tenants: tenants.map((tenant) => ({
      name: tenant.name,
      domains: tenant.domains,
      path_prefixes: tenant.path_prefix,
      paths: tenant.path,
      listeners: tenant.listeners ?? null,
      balance: tenant.balance.type,
      services: servicesOf(tenant).map(describeService),
      routes: routesOf(tenant),
    })),
  };
}

function describeService({ name, service, pool }: Pooled): Readonly<Record<string, unknown>> {
  const { url, weight, backup } = service;
  return { name, url: shownUrl(url), weight, backup, check: checkOf(pool, service) };
}
