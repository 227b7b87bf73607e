// How the gateway takes part in traces: what every exchange goes by. A plan changes it in place.
import type { Share } from '../core/units.ts';
import { share } from '../core/units.ts';
import type { ParentTrust } from '../core/tracing-settings.ts';

export type TracingRules = {
  isOn: boolean;
  /** How much is recorded of the traces that begin here. */
  sample: Share;
  /** Whose traces go on here. */
  parents: ParentTrust;
};

/** Traces pass through. */
export const NO_TRACING: Readonly<TracingRules> = { isOn: false, sample: share(0), parents: 'all' };
