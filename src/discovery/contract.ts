// Backends by name: what discovery is asked for, what it finds, and what it needs of the outside.
import type { Result } from '../core/result.ts';
import type { Millis } from '../core/units.ts';

/** Which addresses of a name count. A host with both kinds would be two backends with `both`. */
export const families = ['prefer_ipv4', 'prefer_ipv6', 'ipv4', 'ipv6', 'both'] as const;
export type Family = (typeof families)[number];

type Common = {
  readonly name: string;
  readonly family: Family;
  /** An answer is used for at least this long, whatever its TTL. */
  readonly minTtl: Millis;
  /** And for at most this long. */
  readonly maxTtl: Millis;
};

/** A name to be watched. */
export type DiscoverySpec =
  | (Common & { readonly kind: 'addresses'; readonly port: number })
  | (Common & { readonly kind: 'srv' });

/** A place where a name leads. */
export type Endpoint = {
  /** An IP address; IPv6 without brackets. */
  readonly hostname: string;
  readonly port: number;
  /** From 1 to 256, as in the configuration. */
  readonly weight: number;
  /** Of SRV: a lower one goes first, and the others stand by. Otherwise 0. */
  readonly priority: number;
  /** The name that the address belongs to: the target of an SRV record, else the name itself. */
  readonly target: string;
};

export type SrvRecord = {
  readonly target: string;
  readonly port: number;
  readonly priority: number;
  readonly weight: number;
};

/** Why a question has no answer. A name that does not exist and one that has no such record are both `not-found`: the
 * resolver of the runtime does not tell them apart, and both mean "keep what you know". */
export type LookupFailure = {
  readonly code: 'not-found' | 'timeout' | 'refused' | 'server-failed' | 'unreachable' | 'malformed' | 'cancelled';
  /** A few words for people. */
  readonly detail: string;
};

/** `ttl`: the shortest of the records; null: it is not known. */
export type Answer<T> = Result<{ readonly records: readonly T[]; readonly ttl: Millis | null }, LookupFailure>;

export type IpVersion = 4 | 6;

/** The outside, as far as names go. Never rejects. */
export type Lookup = {
  addresses(name: string, version: IpVersion, signal: AbortSignal): Promise<Answer<string>>;
  srv(name: string, signal: AbortSignal): Promise<Answer<SrvRecord>>;
};

/** How a lookup reaches the servers. */
export type LookupSettings = {
  /** `ADDRESS:PORT`; empty: those of the system. */
  readonly servers: readonly string[];
  readonly timeout: Millis;
};
