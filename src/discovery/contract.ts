// The contract of discovery: what it is asked for, what it finds, and what it needs of the outside.
import type { Result } from '../core/result.ts';
import type { Millis } from '../core/units.ts';

/** Which addresses of a name count. With `both`, a host that has both kinds is two backends. */
export const families = ['prefer_ipv4', 'prefer_ipv6', 'ipv4', 'ipv6', 'both'] as const;
export type Family = (typeof families)[number];

type Common = {
  readonly name: string;
  readonly family: Family;
  /** An answer is used for at least this long, whatever its TTL. */
  readonly minTtl: Millis;
  /** An answer is used for at most this long. */
  readonly maxTtl: Millis;
};

/** A host that is one backend, whatever its addresses are. Its endpoints have no port, and those that the family prefers
 * have the priority 0. */
export type HostSpec = Common & { readonly kind: 'host' };

/** A name to be watched. */
export type DiscoverySpec =
  | (Common & { readonly kind: 'addresses'; readonly port: number })
  | (Common & { readonly kind: 'srv' })
  | HostSpec;

/** An address and port that a name leads to. */
export type Endpoint = {
  /** An IP address; IPv6 without brackets. */
  readonly hostname: string;
  readonly port: number;
  /** From 1 to 256, as in the configuration. */
  readonly weight: number;
  /** From an SRV record, else 0. Endpoints of a higher number stand by until those of a lower one are gone. */
  readonly priority: number;
  /** The name that has this address: the target of an SRV record, else the watched name itself. */
  readonly target: string;
};

export type SrvRecord = {
  readonly target: string;
  readonly port: number;
  readonly priority: number;
  readonly weight: number;
};

/** Why a question has no answer. `not-found` is a name that does not exist as well as one without such a record: the
 * runtime's resolver does not tell them apart, and in both cases the last good answer stays in use. */
export type LookupFailure = {
  readonly code: 'not-found' | 'timeout' | 'refused' | 'server-failed' | 'unreachable' | 'malformed' | 'cancelled';
  /** A few words for people. */
  readonly detail: string;
};

/** `ttl`: the shortest TTL of the records; null: unknown. */
export type Answer<T> = Result<{ readonly records: readonly T[]; readonly ttl: Millis | null }, LookupFailure>;

export type IpVersion = 4 | 6;

/** Asks for the records of names. Its promises never reject. */
export type Lookup = {
  /** What to ask for in turn, until one exists: a short name may belong to a domain that the system searches. A dot at the
   * end says that the spelling is complete. */
  spellings(name: string): Promise<readonly string[]>;
  addresses(name: string, version: IpVersion, signal: AbortSignal): Promise<Answer<string>>;
  srv(name: string, signal: AbortSignal): Promise<Answer<SrvRecord>>;
  /** What whoever has the address calls its hosts. */
  names(address: string, signal: AbortSignal): Promise<Answer<string>>;
};

/** How a lookup reaches the servers. */
export type LookupSettings = {
  /** `ADDRESS:PORT` of each; empty: the servers of the system. */
  readonly servers: readonly string[];
  readonly timeout: Millis;
};
