// The admin API of a running gateway, as tests use it.
import type { BackendReport } from '../../src/admin/shapes/backend.ts';
import type { TenantStatus } from '../../src/admin/shapes/tenant.ts';
import type { GatewayProcess } from './gateway-process.ts';
import { until } from './until.ts';

type Gateway = Pick<GatewayProcess, 'admin'>;
type AdminEvent = {
  readonly number: number;
  readonly backend: string | null;
  readonly kind: string;
  readonly detail: string;
};

/** The status of the tenant of that name; without a name: of the only one. */
export async function tenantOf(gateway: Gateway, name?: string): Promise<TenantStatus> {
  const { tenants } = (await read(gateway, '/tenants')) as { tenants: TenantStatus[] };
  const tenant = name === undefined ? tenants[0] : tenants.find((one) => one.name === name);
  if (tenant === undefined) throw new Error('there is no tenant');
  return tenant;
}

/** One backend of the tenant `main`, with its history. */
export async function backendOf(gateway: Gateway, name: string): Promise<BackendReport> {
  return (await read(gateway, `/backends/main/${encodeURIComponent(name)}`)) as BackendReport;
}

export async function eventsOf(gateway: Gateway): Promise<AdminEvent[]> {
  const { events } = (await read(gateway, '/events')) as { events: AdminEvent[] };
  return events;
}

/** Sends a command for a backend of the tenant `main`; `words`: `drain?deadline=1s`. */
export async function command(gateway: Gateway, name: string, words: string): Promise<BackendReport> {
  const response = await fetch(`${gateway.admin}/backends/main/${name}/${words}`, { method: 'POST' });
  if (!response.ok) throw new Error(`${words}: ${response.status} ${await response.text()}`);
  return (await response.json()) as BackendReport;
}

/** Waits until so many backends of the only tenant are eligible. */
export async function untilEligible(gateway: Gateway, count: number): Promise<void> {
  await until(
    async () => (await tenantOf(gateway)).backends.filter(({ eligible }) => eligible).length === count,
    `${count} backends are eligible`,
  );
}

async function read(gateway: Gateway, path: string): Promise<unknown> {
  return await (await fetch(`${gateway.admin}${path}`)).json();
}
