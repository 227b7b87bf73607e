// Which pool the policies of a tenant would send a request to, for `explain`.
import type { ClientFacts } from '../message/contract.ts';
import type { Head } from '../message/head.ts';
import type { ExplainedPool } from '../policies/contract.ts';
import { PolicyView } from './policy-view.ts';
import { Search } from './search.ts';
import { type Tenant, wayTo } from './snapshot.ts';

/** `policy`: which one says so, by its name or type. */
export type ChosenPool = ExplainedPool & { readonly policy: string };

/** The last policy that chooses decides. `way`: the tenant with that pool. Null: none chooses. */
export function chosenPool(
  tenant: Tenant,
  request: { readonly head: Head; readonly client: ClientFacts; readonly strip: number },
): { readonly chosen: ChosenPool; readonly way: Tenant } | null {
  const view = new ExplainedRequest(tenant, request);
  const all = (tenant.policies?.made ?? []).flatMap(({ plan, policy, when }) => {
    const explained = when === null || when(view) ? (policy.explainPool?.(view) ?? null) : null;
    return explained === null ? [] : [{ ...explained, policy: plan.name ?? plan.type }];
  });
  const chosen = all.at(-1);
  const way = chosen === undefined ? null : wayTo(tenant, chosen.pool);
  return chosen === undefined || way === null ? null : { chosen, way };
}

/** The request before any policy was asked. */
class ExplainedRequest extends PolicyView {
  readonly id = '';

  constructor(tenant: Tenant, request: { readonly head: Head; readonly client: ClientFacts; readonly strip: number }) {
    const search = new Search({ found: nothing, waits: nothing, notFound: nothing });
    super({
      ...request,
      tenant,
      downstream: null,
      boundBody: () => undefined,
      isSparing: false,
      attempts: { search },
      repeat: () => null,
      replaceBody: () => undefined,
      readBody: () => Promise.resolve({ kind: 'too_large' }),
    });
    this.client = request.client;
  }

  copyTo(): void {
    // It goes nowhere.
  }

  override expired(): void {
    // It has no deadline.
  }
}

function nothing(): void {
  // It looks for no backend.
}
