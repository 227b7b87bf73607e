// What a gateway says when it serves: where it listens on the standard output, and the whole in its log.
import { availableParallelism, totalmem } from 'node:os';
import { ceilingsOf } from '../core/descriptors.ts';
import type { BoundAddress } from '../core/kernel-sockets.ts';
import { bytes, formatSize } from '../core/units.ts';
import { VERSION } from '../core/version.ts';
import type { LogFields } from '../observe/log.ts';
import { servicesOf } from '../plan/pools-of.ts';
import type { Plan } from '../plan/plan.ts';
import type { Gateway } from '../runtime/gateway.ts';
import type { World } from '../world.ts';
import { formatUrl } from './address.ts';
import { counted } from './service.ts';

const MEBIBYTE = 1024 * 1024;

export type Started = {
  readonly gateway: Gateway;
  /** How many processes serve. */
  readonly workers: number;
  /** Where its state is kept; null: nowhere. */
  readonly stateDirectory: string | null;
};

/** Lines for whoever waits for the first one: in one piece, so that he has the others with it. */
export function startLines({ addresses, adminAddress, plan }: Gateway): string {
  const lines = addresses.map(
    ({ hostname, port, isTls }) =>
      `keystone ${VERSION} listening on ${formatUrl(hostname, port, isTls)} (${summarise(plan)})\n`,
  );
  if (adminAddress !== null) lines.push(`keystone ${VERSION} admin API on ${formatAdmin(adminAddress)}\n`);
  return lines.join('');
}

/** The first lines of the log. */
export function tellStart({ gateway, workers, stateDirectory }: Started, { descriptors }: World): void {
  const { plan, log, addresses, adminAddress } = gateway;
  log('info', 'the gateway serves', {
    version: VERSION,
    process: process.pid,
    workers,
    tenants: plan.tenants.length,
    backends: backendsIn(plan),
    listeners: addresses.map(({ hostname, port, isTls }) => formatUrl(hostname, port, isTls)).join(', '),
    ...adminFields(adminAddress),
    state: stateDirectory ?? 'none',
  });
  log('info', 'what this machine allows', {
    ...descriptorFields(descriptors.limit),
    cores: availableParallelism(),
    memory: formatSize(bytes(Math.floor(totalmem() / MEBIBYTE) * MEBIBYTE)),
  });
}

// The dashboard needs a browser, which opens no Unix socket.
function adminFields(address: BoundAddress | null): LogFields {
  if (address === null) return { admin: 'none' };
  const admin = formatAdmin(address);
  return address.kind === 'unix' ? { admin } : { admin, dashboard: `${admin}/` };
}

function descriptorFields(limit: number): LogFields {
  return limit === Number.POSITIVE_INFINITY
    ? { descriptors: 'unknown' }
    : { descriptors: limit, for_clients: ceilingsOf(limit).clients };
}

function formatAdmin(served: BoundAddress): string {
  return served.kind === 'unix' ? `unix:${served.path}` : formatUrl(served.hostname, served.port, false);
}

function summarise(plan: Plan): string {
  return `${counted(plan.tenants.length, 'tenant')}, ${counted(backendsIn(plan), 'backend')}`;
}

function backendsIn({ tenants }: Plan): number {
  return tenants.reduce((count, tenant) => count + servicesOf(tenant).length, 0);
}
