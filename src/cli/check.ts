// keystone check: is the configuration right, and what does it say?
import { resolveCheck } from '../config/resolve.ts';
import type { Config, TenantConfig } from '../config/schema.ts';
import { formatDuration } from '../core/units.ts';
import { describeRule } from '../forward/explain.ts';
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
    const config = await readConfig(file, realWorld(), terminal);
    if (config === null) return 1;
    terminal.out(summary(file, config));
    return 0;
  },
};

function summary(file: string, config: Config): string {
  const tenants = config.tenants.map((tenant) => tenantSummary(tenant)).join('');
  const count = config.tenants.length;
  return `${file} is valid: ${count} ${count === 1 ? 'tenant' : 'tenants'}, admin API at ${config.admin_base_path}\n${tenants}`;
}

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
    return `    ${service.name.padEnd(width)}  ${service.url.safe}  ${how}\n`;
  });
  return `\n  ${tenant.name} (${tenant.balance.type})\n${rules.map((rule) => `    ${rule}\n`).join('')}${services.join('')}`;
}
