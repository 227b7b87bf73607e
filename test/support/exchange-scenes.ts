// Words for tests that play exchanges step by step.
import type { ExchangeRig } from './exchange-rig.ts';
import type { Link } from './fake-network.ts';

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
