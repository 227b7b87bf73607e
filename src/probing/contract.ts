// The contract of health checks, and the result of a probe.
import type { z } from 'zod';
import type { Caller } from '../core/caller.ts';
import type { Connector, Trust } from '../core/connector.ts';
import type { Runner } from '../core/runner.ts';
import type { Millis, Share } from '../core/units.ts';

/** The backend that a probe asks about. */
export type ProbeTarget = {
  readonly tenant: string;
  readonly name: string;
  readonly hostname: string;
  readonly port: number;
  readonly tls: boolean;
  /** The name that its certificate must have. */
  readonly serverName: string;
  readonly trust: Trust;
  /** The Host to ask for, as it stands in the backend's URL. */
  readonly authority: string;
  /** `Authorization` value from the URL's credentials, or null. */
  readonly authorization: string | null;
  /** It is spoken to in HTTP/2 only; absent: it is not. */
  readonly isHttp2?: true;
};

/** What one probe saw. `detail` is one line for people: a status, an error. Never a secret. */
export type ProbeResult = {
  readonly passed: boolean;
  readonly detail: string;
  /** HTTP status; null: there was none. */
  readonly status: number | null;
  /** The beginning of what the backend said, printable and on one line, without secrets that the probe had sent; null: it
   * said nothing. */
  readonly excerpt: string | null;
  /** Null: the backend said nothing about itself. */
  readonly advice: ProbeAdvice | null;
};

/** What a backend says about itself in its answer to a probe. The check reports it whether or not the probe passed; the
 * pool decides what follows from it. */
export type ProbeAdvice = {
  /** `X-Keystone-Weight: 50%`: the part of its configured weight that the backend wants now; null: it does not say. */
  readonly weight: Share | null;
  /** The backend wants no new requests, only to finish those that it has: it asked for a weight of 0%, or answered 404 to a
   * check that has `drain_on_404`. */
  readonly drain: boolean;
  /** How long the backend does not want to be probed: `Retry-After` of a 503. Not negative, and as large as the backend
   * likes: the scheduler caps it. Null: it does not say. */
  readonly retryAfter: Millis | null;
};

/** What a probe may use of the outside. */
export type ProbeTools = {
  readonly connect: Connector;
  readonly call: Caller;
  readonly run: Runner;
  /** Milliseconds since 1970, for dates that a backend names. */
  readonly wall: () => number;
  readonly signal: AbortSignal;
};

/** One entry of the registry. */
export type CheckKind<Options> = {
  /** Its name in the configuration. */
  readonly type: string;
  /** One sentence for the reference. */
  readonly summary: string;
  /** The check is told its tenant and backend. False: equal checks of one address run once for all tenants. */
  readonly asksByName: boolean;
  /** What may stand beside `type` and the schedule in the configuration. */
  readonly options: z.ZodType<Options> & z.ZodObject;
  /** Runs one probe. The promise resolves at once when the signal aborts (the scheduler's timeout). It rejects with a
   * Shortage if the gateway could not make the probe, and otherwise never. */
  probe(options: Options, target: ProbeTarget, tools: ProbeTools): Promise<ProbeResult>;
};

/** When and how often a backend is probed, by any kind of check. */
export type Schedule = {
  readonly interval: Millis;
  readonly timeout: Millis;
  /** Between probes while health is unknown, or while results contradict it. */
  readonly fast_interval: Millis;
  /** Between probes of an unhealthy backend; null: `fast_interval`. */
  readonly down_interval: Millis | null;
  readonly rise: number;
  readonly fall: number;
};
