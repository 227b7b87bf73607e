// Lists of policies as a configuration has them become plans.
import { resolveCompression } from '../config/resolve.ts';
import { type PolicyEntry, typesIn } from '../config/policies.ts';
import type { Config, TenantConfig } from '../config/schema.ts';
import { compression } from '../policies/compression/compression.ts';
import type { PolicyPlan } from '../policies/policy-plan.ts';
import { hstsAlone, securityHeaders } from '../policies/security-headers.ts';
import { commonPart } from './fingerprint.ts';
import { onceFor } from './once-for.ts';

/** The policies of a tenant. Compression is the first, so that it sees answers as the others have left them. */
export function policyPlans(config: Config, { compression: own, hsts, policies }: TenantConfig): readonly PolicyPlan[] {
  const usual = compressionPlans(config.compression)(own);
  if (hsts === undefined && policies.length === 0) return usual;
  return [...usual, ...hstsPlans(hsts), ...listedPlans(config, policies)];
}

// It is asked about answers after those of the list, and leaves alone what they have said.
function hstsPlans(hsts: TenantConfig['hsts']): readonly PolicyPlan[] {
  if (hsts === undefined) return [];
  return [{ type: securityHeaders.type, options: hstsAlone(hsts), name: 'hsts', when: null }];
}

/** Those of a list, in its order, with the sets that it uses. */
export function listedPlans(config: Config, entries: readonly PolicyEntry[]): readonly PolicyPlan[] {
  return entries.flatMap((entry) => {
    if (entry.enabled === false) return [];
    const set = entry.use === undefined ? null : (config.policy_sets[entry.use] ?? []);
    return set === null ? planOf(entry) : listedPlans(config, set).map((plan) => within(plan, entry));
  });
}

function planOf(entry: PolicyEntry): readonly PolicyPlan[] {
  const options: Readonly<Record<string, unknown>> = entry;
  return typesIn(entry).map((type) => ({
    type,
    options: options[type],
    name: entry.name ?? null,
    when: entry.when ?? null,
  }));
}

// A set may be used for some requests only: those that its own policies are for besides.
function within(plan: PolicyPlan, { when }: PolicyEntry): PolicyPlan {
  if (when === undefined) return plan;
  return { ...plan, when: plan.when === null ? when : { ...plan.when, and: when } };
}

// Compression has a key of its own, from the original.
const compressionPlans = onceFor((all: Config['compression']) =>
  onceFor((own: TenantConfig['compression']): readonly PolicyPlan[] => {
    const options = resolveCompression(all, own);
    return commonPart(options === null ? [] : [{ type: compression.type, options, name: null, when: null }]);
  }),
);
