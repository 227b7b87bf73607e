// Carries out orders of operators to forget answers that policies keep.
import type { AdminSources, PurgeOrder } from '../admin/sources.ts';
import { Rewritten } from '../forward/rewritten.ts';
import type { Purge } from '../policies/contract.ts';

type PurgeTools = {
  /** Returns how many policies of the tenant keep answers. */
  readonly purge: (tenant: string, what: Purge) => number;
  readonly caughtUp: AdminSources['caughtUp'];
};

export function purgeOf({ purge, caughtUp }: PurgeTools): AdminSources['purge'] {
  return async (tenant, order) => {
    const what = meant(order);
    if (what === null) return { problem: 'the url is not valid' };
    if (purge(tenant, what) === 0) return null;
    await caughtUp();
    return { problem: null };
  };
}

// Null: it is no address.
function meant(order: PurgeOrder): Purge | null {
  if ('all' in order) return { kind: 'all' };
  if ('tag' in order) return { kind: 'tag', tag: order.tag };
  const url = URL.parse(order.url);
  if (url === null || !/^https?:$/.test(url.protocol)) return null;
  try {
    // As the paths of requests are read.
    const target = new Rewritten();
    target.setTarget(url.pathname, null);
    return { kind: 'url', host: url.hostname, path: target.text ?? '/', query: url.search === '' ? null : url.search };
  } catch {
    return null;
  }
}
