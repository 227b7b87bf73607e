// Computes how much of a stage's requests each backend had: pure.
import { type Look, nameOf } from './admin.ts';
import type { ShareReport } from './report.ts';

// With fewer requests, a difference of one or two says nothing. Requests of other clients may be among them.
const FEWEST_FOR_EACH = 100;

/** The shares, from all looks of a stage; null: the looks do not show backends. */
export function sharesOf(looks: readonly Look[]): readonly ShareReport[] | null {
  const first = looks.at(0)?.backends ?? null;
  const last = looks.at(-1)?.backends ?? null;
  if (first === null || last === null) return null;
  const before = new Map(first.map((backend) => [nameOf(backend), backend.requests]));
  const restless = new Set(
    looks.flatMap((look) => (look.backends ?? []).filter(({ state }) => state !== 'healthy').map(nameOf)),
  );
  const counted = last.map((backend) => ({
    ...backend,
    requests: Math.max(0, backend.requests - (before.get(nameOf(backend)) ?? 0)),
    steady: !restless.has(nameOf(backend)),
  }));
  return counted.map(({ tenant, backend, weight, requests, steady }) => {
    const total = counted.filter((other) => other.tenant === tenant).reduce((sum, other) => sum + other.requests, 0);
    return { tenant, backend, weight, requests, share: total === 0 ? 0 : requests / total, steady };
  });
}

/** Load of the least loaded backend over that of the most loaded, for the tenant where that is worst. Null: too few
 * requests to tell. */
export function balanceOf(shares: readonly ShareReport[]): number | null {
  const tenants = new Set(shares.map(({ tenant }) => tenant));
  const balances = [...tenants].flatMap((tenant) => {
    const steady = shares.filter((share) => share.tenant === tenant && share.steady && share.weight > 0);
    const total = steady.reduce((sum, { requests }) => sum + requests, 0);
    if (steady.length < 2 || total < steady.length * FEWEST_FOR_EACH) return [];
    const loads = steady.map(({ requests, weight }) => requests / weight);
    return [Math.min(...loads) / Math.max(...loads)];
  });
  return balances.length === 0 ? null : Math.min(...balances);
}
