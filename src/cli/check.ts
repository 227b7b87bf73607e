// keystone check: is the configuration right, and what does it say?
import { shownUrl } from '../config/backend-url.ts';
import { type AdminAddress, DEFAULT_ADMIN_ADDRESS } from '../config/admin.ts';
import { fileProblem, formatProblem } from '../config/problems.ts';
import { resolveCheck } from '../config/resolve.ts';
import type { Config, TenantConfig } from '../config/schema.ts';
import { readTlsFiles } from '../config/tls-files.ts';
import { type CertificateFacts, validityProblem } from '../core/certificate.ts';
import { formatDuration } from '../core/units.ts';
import { describeRule } from '../forward/explain.ts';
import { compileGateway } from '../plan/compile.ts';
import { type DescriptorShortfall, descriptorShortfall } from '../plan/descriptor-needs.ts';
import { realWorld } from '../world.ts';
import type { Command } from './contract.ts';
import { CONFIG_OPTION, configFile, readConfig } from './load.ts';

export const check: Command = {
  name: 'check',
  summary: 'Validate the configuration and print its tenants and routes. Starts nothing.',
  operands: '',
  options: [CONFIG_OPTION],
  examples: ['keystone check', 'keystone check --config keystone.yaml'],
  async run(input, terminal) {
    const file = configFile(input);
    const world = realWorld();
    const config = await readConfig(file, world, terminal);
    if (config === null) return 1;
    const { start, certificate } = compileGateway(config);
    const shown = certificate === null ? null : await readTlsFiles(certificate, world.readFile);
    const facts = shown?.ok === true ? shown.value.facts : null;
    const expiry = facts === null ? null : validityProblem(facts, world.clock.wall());
    if (expiry !== null) terminal.error(`${formatProblem(fileProblem(file, `warning: ${expiry}`))}\n`);
    const shortfall = descriptorShortfall(start, start.listeners.length === 0, world.descriptors.limit);
    if (shortfall !== null) terminal.error(`${formatProblem(fileProblem(file, warningOf(shortfall)))}\n`);
    terminal.out(summary(file, config, facts));
    return 0;
  },
};

function warningOf({ limit, needed, clients, possible }: DescriptorShortfall): string {
  return `warning: ${clients} connections from clients (\`limits.connections\`) and \`limits.idle_connections\` need up to ${needed} open files, but a process may have ${limit} here (RLIMIT_NOFILE, \`ulimit -Hn\`): some ${possible} clients would be accepted`;
}

function summary(file: string, config: Config, certificate: CertificateFacts | null): string {
  const tenants = config.tenants.map((tenant) => tenantSummary(tenant)).join('');
  const count = config.tenants.length;
  const places = [describeAdmin(config.admin.address), ...publicPlace(config)];
  return `${file} is valid: ${count} ${count === 1 ? 'tenant' : 'tenants'}, admin API ${places.join(' and ')}\n${describeCertificate(certificate)}${hiddenByAdmin(config)}${tenants}`;
}

function describeCertificate(facts: CertificateFacts | null): string {
  if (facts === null) return '';
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
  const hidden = tenants.filter(({ path_prefix: prefix = null }) => `${path}/`.startsWith(prefix ?? '/'));
  if (hidden.length === 0) return '';
  const names = hidden
    .slice(0, MOST_NAMES)
    .map(({ name, domains }) => (domains[0] === undefined ? name : `${name} (${domains.join(', ')})`));
  const more = hidden.length > MOST_NAMES ? `, and ${hidden.length - MOST_NAMES} more` : '';
  return `warning: admin_base_path hides ${path} of ${names.join('; ')}${more}\n`;
}

const MOST_NAMES = 20;

function tenantSummary(tenant: TenantConfig): string {
  const hosts = tenant.domains.length === 0 ? [null] : tenant.domains;
  const rules = hosts.map((host) => describeRule({ host, prefix: tenant.path_prefix ?? null }));
  const width = Math.max(0, ...tenant.services.map((service) => service.name.length));
  const services = tenant.services.map((service) => {
    const resolved = resolveCheck(tenant, service);
    const how =
      resolved === null
        ? 'no health check'
        : `${resolved.kind.type} check every ${formatDuration(resolved.schedule.interval)}`;
    return `    ${service.name.padEnd(width)}  ${shownUrl(service.url)}  ${how}\n`;
  });
  return `\n  ${tenant.name} (${tenant.balance.type})\n${rules.map((rule) => `    ${rule}\n`).join('')}${services.join('')}`;
}
