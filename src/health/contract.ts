// What every health check is, and what a probe brings back.
import type { z } from 'zod';
import type { Millis } from '../core/units.ts';
import type { Connector } from '../core/connector.ts';

/** Where a probe goes. */
export type ProbeTarget = {
  readonly hostname: string;
  readonly port: number;
  readonly tls: boolean;
  /** The name that its certificate must have. */
  readonly serverName: string;
  /** The Host to ask for, as it stands in the backend's URL. */
  readonly authority: string;
  /** `Authorization` value from the URL's credentials, or null. */
  readonly authorization: string | null;
};

/** What one probe saw. `detail` is one line for people: a status, an error. Never a secret. */
export type ProbeResult = {
  readonly passed: boolean;
  readonly detail: string;
  /** HTTP status, where there was one. */
  readonly status: number | null;
  /** The beginning of what the backend said, for people; null: it said nothing. */
  readonly excerpt: string | null;
  /** What the backend asks for; null: nothing. */
  readonly advice: ProbeAdvice | null;
};

/** What a backend may ask for itself by its answer to a probe. It stands until the next answer. */
export type ProbeAdvice = {
  /** Part of its configured weight, 0 to 1; null: all of it. At 0 it gets no new requests. */
  readonly weight: number | null;
  /** It wants no new requests, and to finish those it has. */
  readonly drain: boolean;
  /** It wants to be asked again only after this time. */
  readonly retryAfter: Millis | null;
};

/** What a probe may use of the outside. */
export type ProbeTools = { readonly connect: Connector; readonly signal: AbortSignal };

/** One entry of the registry. */
export type CheckKind<Options> = {
  /** Its name in the configuration. */
  readonly type: string;
  /** One sentence for the reference. */
  readonly summary: string;
  /** What may stand beside `type` and the schedule in the configuration. */
  readonly options: z.ZodType<Options> & z.ZodObject;
  /** Asks once. Resolves always; ends early when the signal aborts (the scheduler's timeout). */
  probe(options: Options, target: ProbeTarget, tools: ProbeTools): Promise<ProbeResult>;
};

/** When and how often: shared by all checks, decided in one place. */
export type Schedule = {
  readonly interval: Millis;
  readonly timeout: Millis;
  /** While results contradict the state. */
  readonly fast_interval: Millis;
  /** While a backend is unhealthy; null: `fast_interval`, so that one that comes up is found soon. */
  readonly down_interval: Millis | null;
  readonly rise: number;
  readonly fall: number;
};
