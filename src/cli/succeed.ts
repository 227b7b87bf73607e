// The steps of a process that takes the place of another one.
import { formatProblem } from '../config/problems.ts';
import { millis } from '../core/units.ts';
import { VERSION } from '../core/version.ts';
import type { Gateway } from '../runtime/gateway.ts';
import type { Inherited, Predecessor } from './predecessor.ts';

// Of many thousand backends the first probes take longer. What is known of the others from before holds.
const FIRST_PROBES = millis(20_000);

/** A place that is to be taken. */
export type Succession = { readonly predecessor: Predecessor; readonly inherited: Inherited };

/** Waits until the backends have been probed and clients are to be let in. An error is one line for people: requests would
 * fail here that the other process serves. */
export async function prove(gateway: Gateway, { predecessor, inherited }: Succession): Promise<string | null> {
  await gateway.probed(FIRST_PROBES);
  const problem = whatIsLost(gateway, inherited);
  if (problem !== null) return problem;
  await predecessor.ready();
  inherited.sockets.giveBack();
  return null;
}

function whatIsLost(gateway: Gateway, { state }: Inherited): string | null {
  const served = new Set(
    state.backends.flatMap(({ tenant, verdict }) => (verdict?.health === 'healthy' ? [tenant] : [])),
  );
  for (const { tenant, serves, problems } of gateway.plan.gateway.quarantined)
    if (serves === 'nothing' && tenant !== null && served.has(tenant))
      return `tenant ${tenant} would be left out: ${problems.map(formatProblem).join('; ')}`;
  for (const { name, backends } of gateway.status()) {
    const [first] = backends;
    if (first === undefined || !served.has(name) || backends.some(({ health }) => health !== 'unhealthy')) continue;
    return `it finds all backends of tenant ${name} unhealthy: ${first.name}: ${first.evidence ?? 'without evidence'}`;
  }
  return null;
}

/** Clients come in: takes over what there is only once. `sign`: says where others look that this process has the place. */
export async function takeOver(gateway: Gateway, sign: () => void, { predecessor }: Succession): Promise<void> {
  gateway.takeOver(await predecessor.serving());
  sign();
  const before = process.ppid;
  await predecessor.deciding();
  const detail = `process ${process.pid}, version ${VERSION}, has taken the place of process ${before}`;
  gateway.tell({ kind: 'upgraded', detail });
}
