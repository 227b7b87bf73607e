// GET /limits?tenant=shop&page=1&limit=50: what is limited, how much of it is used, and what was hit lately.
import { z } from 'zod';
import type { Steps } from '../core/slices.ts';
import type { DoorReport } from '../listen/door-counts.ts';
import type { AdminEndpoint, OperatorCall } from './contract.ts';
import type { AdminSources } from './sources.ts';
import { json } from './json.ts';
import { type Page, type PageRule, pageParameters, readPage } from './paging.ts';
import type { LimitsStatus, TenantStatus } from './shapes/tenant.ts';

const PAGES: PageRule = { usual: 50, most: 200 };
const MOST_LATELY = 50;

export const limits = {
  path: '/limits',
  method: 'GET',
  summary:
    'What is limited, how much of each limit is used now, and which were hit lately: of the gateway with its listeners and processes, and of tenants, those nearest to a limit first, a page at a time.',
  access: 'operator',
  tenants: 'filter',
  parameters: () =>
    z.object({
      tenant: z.exactOptional(z.string()).describe('Only this one.'),
      ...pageParameters(PAGES),
    }),
  output: async () => (await import('./shapes/limits.ts')).limitsAnswer,
  async answer(call, sources) {
    const page = readPage(call.query, PAGES);
    if (typeof page === 'string') return json(400, { error: page });
    const only = call.query.get('tenant');
    const sees: Sees = (tenant) => call.sees(tenant) && (only === null || tenant === only);
    const made = await sources.inSlices(limitsOf({ ...page, sees, isWhole: call.sees(null) }, sources));
    return made === null ? json(503, { error: 'the gateway ends' }) : json(200, made);
  },
} as const satisfies AdminEndpoint;

type Sees = OperatorCall['sees'];
type Wanted = Page & { readonly sees: Sees; readonly isWhole: boolean };
type Sources = Pick<AdminSources, 'tenants' | 'doors' | 'workers' | 'plan' | 'events'>;

function* limitsOf({ page, limit, sees, isWhole }: Wanted, sources: Sources): Steps<unknown> {
  const found: Used[] = [];
  let idle = 0;
  for (const tenant of sources.tenants()) {
    yield;
    for (const { idle_connections: own } of tenant.backends) idle += own;
    if (sees(tenant.name)) found.push(usedBy(tenant));
  }
  found.sort((one, other) => other.nearness - one.nearness || other.refused - one.refused);
  return {
    gateway: isWhole ? gatewayLimits(sources, idle) : null,
    total: found.length,
    page,
    limit,
    tenants: found.slice((page - 1) * limit, page * limit).map(({ shown }) => shown),
    lately: latelyHit(sources, sees),
  };
}

type Used = {
  readonly shown: { readonly tenant: string; readonly limits: LimitsStatus; readonly share: TenantStatus['share'] };
  /** The greatest part of a limit that is used. */
  readonly nearness: number;
  readonly refused: number;
};

function usedBy({ name, limits: own, share }: TenantStatus): Used {
  const { refused, ...each } = own;
  const parts = Object.values(each).map(({ limit, used }) => (limit === null || used === null ? 0 : used / limit));
  return {
    shown: { tenant: name, limits: own, share },
    nearness: Math.max(...parts),
    refused: refused + share.refused,
  };
}

function gatewayLimits(sources: Pick<Sources, 'doors' | 'workers' | 'plan'>, idle: number) {
  const { memory, cacheMemory, idleConnections } = sources.plan().gateway;
  return [
    ...sources.doors().flatMap(ofDoor),
    ...sources.workers().map((worker) => ({
      setting: 'limits.memory',
      of: `process ${worker.pid}`,
      limit: finite(memory),
      used: worker.memory,
      refused: null,
    })),
    { setting: 'limits.cache_memory', of: null, limit: finite(cacheMemory), used: null, refused: null },
    { setting: 'limits.idle_connections', of: null, limit: finite(idleConnections), used: idle, refused: null },
  ];
}

function ofDoor({ address, open, handshaking, counts, limits: own }: DoorReport) {
  return [
    {
      setting: 'limits.connections',
      of: address,
      limit: own.connections,
      used: open,
      refused: counts.beyondConnections,
    },
    {
      setting: 'limits.connections_per_client',
      of: address,
      limit: own.connectionsPerClient,
      used: null,
      refused: counts.beyondClient,
    },
    {
      setting: 'limits.handshakes',
      of: address,
      limit: own.handshakes,
      used: handshaking,
      refused: counts.beyondHandshakes,
    },
  ];
}

function finite(limit: number): number | null {
  return Number.isFinite(limit) ? limit : null;
}

function latelyHit(sources: Pick<Sources, 'events'>, sees: Sees) {
  const known = sources.events(0, 0);
  if (known instanceof Promise) return [];
  return known
    .filter(({ kind, tenant }) => kind === 'limit_reached' && sees(tenant))
    .slice(-MOST_LATELY)
    .map(({ at, tenant, detail }) => ({ at: new Date(at).toISOString(), tenant, detail }));
}
