// The real program's verdicts about its backends, read from its admin API.
import type { GatewayProcess } from './gateway-process.ts';
import type { Origin } from './origin.ts';
import { until } from './until.ts';
import { services } from './yaml.ts';

const QUICK = 'interval: 1s, timeout: 900ms, fast_interval: 50ms, fall: 1';

type Place = Pick<Origin, 'name' | 'url'>;

/** A tenant for every path, whose backends have this check, with short intervals. */
export function checked(check: string, origins: readonly Place[], health: string | null = null): string {
  return `allow_exec_checks: true\ntenants:\n  - name: main\n    path_prefix: "/"\n    health_check: { ${QUICK}, ${check} }\n${services(origins, health)}`;
}

type Tenants = { tenants: { backends: { name: string; health: string; evidence: string | null }[] }[] };

/** The verdict about every backend, once all are known. */
export async function verdicts(gateway: GatewayProcess): Promise<Readonly<Record<string, string>>> {
  const read = async () => ((await (await fetch(`${gateway.admin}/tenants`)).json()) as Tenants).tenants;
  await until(async () => (await read())[0]?.backends.every((b) => b.health !== 'unknown') === true, 'all are probed');
  const [main] = await read();
  return Object.fromEntries((main?.backends ?? []).map((b) => [b.name, `${b.health}: ${b.evidence ?? ''}`]));
}

/** Waits for a verdict about a backend. */
export async function becomes(gateway: GatewayProcess, name: string, verdict: string): Promise<void> {
  await until(async () => (await verdicts(gateway))[name]?.startsWith(verdict) === true, `${name} is ${verdict}`);
}
