// The questions of the pages, with what is asked instead where a gateway does not have an endpoint.
import { type Answer, type Asked, ask } from '../api/client.ts';
import type { Fields } from '../api/fields.ts';
import {
  type Overview,
  type Series,
  type Summaries,
  healthOf,
  readOverview,
  readSeries,
  readSummaries,
} from '../api/shapes.ts';
import { type Report, type Tenant, readReport, readTenant, summaryOf } from '../api/tenant-shapes.ts';
import type { Loaded } from './polled.ts';

export async function load<Value>(
  path: string,
  read: (fields: Fields) => Value,
  asked: Asked = {},
): Promise<Loaded<Value>> {
  return loadedOf(await ask(path, asked), read);
}

function loadedOf<Value>(answer: Answer, read: (fields: Fields) => Value): Loaded<Value> {
  return answer.ok ? { ok: true, value: read(answer.fields) } : answer;
}

export async function loadOverview(signal: AbortSignal): Promise<Loaded<Overview>> {
  const answer = await ask('/overview', { signal });
  if (answer.ok || answer.failure.kind !== 'absent') return loadedOf(answer, readOverview);
  return await load('/health', overviewOfHealth, { signal });
}

function overviewOfHealth(fields: Fields): Overview {
  const counts = fields.inner('tenants').entries();
  return {
    ...readOverview(fields),
    health: healthOf(fields.text('status')),
    tenants: { total: counts.length, healthy: 0, degraded: 0, down: 0 },
  };
}

export type SummaryQuery = {
  readonly search: string;
  readonly sort: string;
  readonly order: string;
  readonly page: number;
};

export const PAGE_SIZE = 25;

export async function loadSummaries(query: SummaryQuery, signal: AbortSignal): Promise<Loaded<Summaries>> {
  const { search, sort, order, page } = query;
  const words = { search, sort, order, page: String(page), limit: String(PAGE_SIZE) };
  const answer = await ask('/summaries', { query: words, signal });
  if (answer.ok || answer.failure.kind !== 'absent') return loadedOf(answer, readSummaries);
  const all = await loadTenants(signal);
  if (!all.ok) return all;
  const found = all.value.filter(({ name }) => name.includes(search)).map(summaryOf);
  const tenants = found.toSorted((a, b) => Number(a.health === 'healthy') - Number(b.health === 'healthy'));
  return {
    ok: true,
    value: { total: found.length, page, tenants: tenants.slice((page - 1) * PAGE_SIZE, page * PAGE_SIZE) },
  };
}

async function loadTenants(signal: AbortSignal): Promise<Loaded<readonly Tenant[]>> {
  return await load('/tenants', (fields) => fields.list('tenants', readTenant), { signal });
}

/** Null: there is no such tenant. */
export async function loadTenant(name: string, signal: AbortSignal): Promise<Loaded<Tenant | null>> {
  const answer = await ask(`/tenants/${encodeURIComponent(name)}`, { signal });
  if (answer.ok || answer.failure.kind !== 'absent') return loadedOf(answer, readTenant);
  const all = await loadTenants(signal);
  return all.ok ? { ok: true, value: all.value.find((one) => one.name === name) ?? null } : all;
}

export async function loadSeries(range: string, tenant: string | null, signal: AbortSignal): Promise<Loaded<Series>> {
  return await load('/series', readSeries, { query: { range, tenant }, signal });
}

export async function loadReport(tenant: string, backend: string, signal: AbortSignal): Promise<Loaded<Report>> {
  return await load(`/backends/${encodeURIComponent(tenant)}/${encodeURIComponent(backend)}`, readReport, { signal });
}
