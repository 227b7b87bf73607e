// Words for tests that play exchanges step by step.
import { ExchangeRig } from './exchange-rig.ts';
import type { Link } from './fake-network.ts';

/** Services of a tenant. */
export const A = '{ name: a, url: "http://10.0.0.1:1" }';
export const B = '{ name: b, url: "http://10.0.0.2:2" }';
export const C = '{ name: c, url: "http://10.0.0.3:3" }';

/** A configuration of one tenant for every path. `more`: its settings, each line indented by four. */
export function tenant(more: string, ...services: readonly string[]): string {
  return `tenants:\n  - name: main\n    path_prefix: "/"\n${more}    services: [${services.join(', ')}]\n`;
}

/** The latest connection to a backend. */
export function linkTo(rig: ExchangeRig, name: string): Link {
  const link = rig.network.links.findLast(({ backend }) => backend.name === name);
  if (link === undefined) throw new Error(`nothing was sent to ${name}`);
  return link;
}

/** The same connection, opened. */
export function openTo(rig: ExchangeRig, name: string): Link {
  const link = linkTo(rig, name);
  link.accept();
  return link;
}

/** What all pools of balancers count, which nothing else shows. */
export function loadOf(rig: ExchangeRig): number {
  return rig.pool.inFlight;
}

/** A gateway that has measured one answer of its first backend, so that it makes hedges. */
export async function rigWithHedges(...services: readonly string[]): Promise<ExchangeRig> {
  const retry = '    balance: first\n    retry: { hedge_after: 50%, per_try_timeout: 3s }\n';
  const rig = new ExchangeRig(tenant(retry, ...services), () => 0.1);
  await rig.clock.advance(100); // time 0 is "not measured"
  rig.request('GET', 1);
  await rig.clock.advance(100);
  openTo(rig, 'a').answer(200);
  return rig;
}
