// Tenants, as the admin API tells of them.
import { z } from 'zod';
import type { Frozen } from '../../core/frozen.ts';
import { backendStatus, leaving } from './backend.ts';
import { count, overallStatus, problem, switchStatus, time } from './common.ts';

const limitUse = z
  .object({
    limit: z.nullable(z.number()).describe('Null: there is none.'),
    used: z.nullable(z.number()).describe('What is used of it now; null: nobody counts.'),
  })
  .meta({ id: 'LimitUse' });

/** By the names of the settings. */
export const limits = z
  .object({
    requests_in_flight: limitUse,
    connections: limitUse,
    request_rate: limitUse,
    bandwidth: limitUse,
    buffered_bytes: limitUse,
    refused: count.describe('Requests that were refused because of them, since the start.'),
  })
  .meta({
    id: 'TenantLimits',
    description: 'What a tenant may have at a time or in a second, in all processes together.',
  });

export const share = z
  .object({
    weight: z.number(),
    used_percent: z.number().describe('What it has used of the processor in the last second, in per cent of one core.'),
    waiting: count.describe('Requests that wait for it: the tenant asks for more than its share.'),
    refused: count.describe('Requests that were refused because of it.'),
  })
  .meta({ id: 'Share', description: "A tenant's part of the processor." });

const nameReport = z
  .object({
    service: z.string(),
    name: z.string(),
    state: z.enum(['resolving', 'resolved', 'stale', 'failed']),
    detail: z.nullable(z.string()).describe('What is wrong; null: nothing.'),
    endpoints: count,
    since: time,
    next: z.nullable(time).describe('When it is resolved again; null: that is being done.'),
  })
  .meta({ id: 'DiscoveredName', description: 'A name that backends are discovered by.' });

const brokenConfig = z.object({ file: z.string(), problems: z.array(problem) });

export const tenantStatus = z
  .object({
    name: z.string(),
    domains: z.array(z.string()),
    path_prefix: z.nullable(z.string()).describe('The first of `path_prefixes`.'),
    path_prefixes: z.array(z.string()),
    paths: z.array(z.string()).describe('Those that match as a whole.'),
    listeners: z.nullable(z.array(z.string())).describe('Those that it is served on alone; null: all.'),
    status: overallStatus,
    healthy: count.describe('Backends that serve.'),
    total: count,
    waiting: count.describe('Requests that wait for a place at a backend.'),
    share,
    limits,
    backends: z.array(backendStatus),
    names: z.array(nameReport),
    maintenance: z.array(switchStatus).describe('Its policies that keep everybody out for a while, on or off.'),
    broken: z
      .nullable(brokenConfig)
      .describe('What is wrong with its configuration, of which the last good version is served; null: nothing.'),
  })
  .meta({ id: 'TenantStatus', description: 'A tenant at present.' });

const leftOut = z
  .object({ tenant: z.nullable(z.string()), file: z.string(), problems: z.array(problem) })
  .meta({ id: 'LeftOutTenant', description: 'A tenant whose configuration is broken, and that is not served.' });

export const tenantsAnswer = z.object({
  tenants: z.array(tenantStatus),
  leaving: z.array(leaving),
  left_out: z.array(leftOut),
});

const route = z
  .object({
    name: z.nullable(z.string()),
    rule: z.string().describe('What it matches, in words.'),
    pool: z.nullable(z.string()).describe('Where it leads to; null: the policies answer, or nobody does.'),
  })
  .meta({ id: 'Route' });

export const tenantAnswer = tenantStatus
  .extend({ routes: z.array(route) })
  .meta({ id: 'TenantWithRoutes', description: 'A tenant at present, with its routes.' });

const { status, healthy, total, broken } = tenantStatus.shape;

export const tenantHealthAnswer = z.object({
  tenant: z.string(),
  status,
  healthy,
  total,
  broken,
  backends: z.array(
    backendStatus.pick({
      name: true,
      state: true,
      health: true,
      eligible: true,
      reason: true,
      since: true,
      evidence: true,
    }),
  ),
});

export const maintenanceAnswer = z.object({ tenant: z.string(), maintenance: z.array(switchStatus) });

export type OverallStatus = z.output<typeof overallStatus>;
export type TenantStatus = Frozen<z.output<typeof tenantStatus>>;
export type SwitchStatus = Frozen<z.output<typeof switchStatus>>;
export type LimitsStatus = Frozen<z.output<typeof limits>>;
export type ShareStatus = Frozen<z.output<typeof share>>;
export type BrokenConfig = Frozen<z.output<typeof brokenConfig>>;
export type NameReport = Frozen<z.output<typeof nameReport>>;
