// How traces are recorded and exported: the settings as the plan has them.
import type { Millis, Share } from './units.ts';

export const parentTrusts = ['all', 'trusted', 'none'] as const;

/** Whose traces are gone on with: of every client, of `trusted_proxies` alone, or of nobody. */
export type ParentTrust = (typeof parentTrusts)[number];

export type TracingSettings = {
  /** Where spans are posted to. */
  readonly endpoint: string;
  /** Fields of each post, which may be secrets. */
  readonly headers: Readonly<Record<string, string>>;
  readonly serviceName: string;
  /** What else is said of the gateway. */
  readonly attributes: Readonly<Record<string, string>>;
  readonly sample: Share;
  readonly parents: ParentTrust;
  /** Spans that are sent at a time, at most. */
  readonly batch: number;
  /** How long a span waits for others. */
  readonly delay: Millis;
  /** Spans that may wait. */
  readonly queue: number;
  /** For one post. */
  readonly timeout: Millis;
};
