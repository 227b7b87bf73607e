// The form in which the reading process hands over a configuration. It is compiled part by part, so that a large one is
// handed over while the rest is still being compiled.
import type { MadeConfig } from '../config/files.ts';
import { type ConfigOrigin, WHOLE } from '../config/last-good.ts';
import type { Config } from '../config/schema.ts';
import type { SeenFiles } from '../config/seen-files.ts';
import { compileGateway, inOrder } from '../plan/compile.ts';
import { compileTenant } from '../plan/compile-tenant.ts';
import { type PlanPart, partsOf } from '../plan/parts.ts';
import type { TenantPlan } from '../plan/tenant-plan.ts';

export type ReadPart =
  | PlanPart
  /** A tenant is broken: the gateway is to tell which tenants it has. It comes instead of the part that was asked for, which
   * follows. */
  | { readonly kind: 'last_good_wanted' }
  /** A piece of the texts that the plan was made of; each has the digest of all. */
  | { readonly kind: 'texts'; readonly digest: string; readonly packed: Uint8Array }
  /** Files that the configuration was read from, whether or not that went well. */
  | { readonly kind: 'seen'; readonly seen: SeenFiles }
  /** What has become of posted texts. */
  | { readonly kind: 'posted'; readonly posted: PostedReport }
  /** A piece of an answer in JSON. */
  | { readonly kind: 'answer'; readonly piece: Uint8Array }
  /** What a configuration that is a program exports, where that alone was asked for. */
  | { readonly kind: 'made'; readonly made: MadeConfig };

/** What has become of posted texts. */
export type PostedReport = {
  /** Files that are on disk no longer what is in force, or that belong to the configuration only now, or no more. */
  readonly strayed: readonly string[];
  /** Those that are to be written. `stamp`: how the file was when it was compared; see world/look-at-files.ts. */
  readonly changed: readonly { readonly file: string; readonly text: Uint8Array; readonly stamp: string }[];
  /** How the posted texts differ from those in force, without secrets. */
  readonly differences: readonly FileDifference[];
};

/** `lines`: as a unified difference has them. */
export type FileDifference = { readonly file: string; readonly lines: string };

export type PartsWanted = {
  /** The fingerprints of the tenants that the gateway has already. */
  readonly known: ReadonlySet<string>;
  readonly origin?: ConfigOrigin;
  /** See `partsOf`. */
  readonly larger?: number;
};

/** The plan of a configuration. */
export function planParts(config: Config, { known, origin = WHOLE, larger }: PartsWanted): Iterable<PlanPart> {
  return partsOf(compileGateway(config, origin), tenantsOf(config, origin, known), larger);
}

function* tenantsOf(config: Config, origin: ConfigOrigin, known: ReadonlySet<string>): Generator<TenantPlan | string> {
  for (const tenant of inOrder(config, origin)) {
    if ('fingerprint' in tenant) {
      yield tenant.fingerprint;
      continue;
    }
    const plan = compileTenant(config, tenant);
    yield known.has(plan.fingerprint) ? plan.fingerprint : plan;
  }
}
