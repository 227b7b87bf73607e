// Tenants whose configuration is broken, and the versions of them that are served instead.
import type { Problem } from './problems.ts';

/** A tenant, as it is in force or was. */
export type LastGoodTenant = {
  readonly name: string;
  readonly fingerprint: string;
  readonly domains: readonly string[];
  readonly prefixes: readonly string[];
  readonly paths: readonly string[];
  readonly listeners: readonly string[] | null;
  /** The included file that it came from; empty: the main file. */
  readonly file: string;
};

/** A tenant whose configuration is broken. */
export type QuarantinedTenant = {
  /** Null: the configuration does not tell, or it is a whole file whose tenants nobody knows. */
  readonly tenant: string | null;
  readonly file: string;
  /** `nothing`: no version of it is served, as none is known, or another tenant has its name now. */
  readonly serves: 'last_good' | 'nothing';
  readonly problems: readonly Problem[];
};

/** How many tenants a file has, those that are kept included. The main file is the empty text. */
export type FileShare = { readonly file: string; readonly tenants: number };

/** A tenant that keeps its last good version. `before`: the number of the sound tenant that it stands before. */
export type KeptTenant = { readonly before: number; readonly tenant: LastGoodTenant };

/** Where the tenants of a configuration come from, besides the configuration itself. */
export type ConfigOrigin = {
  /** In the order of their places. */
  readonly kept: readonly KeptTenant[];
  readonly quarantined: readonly QuarantinedTenant[];
  /** In the order of the tenants. Empty: all are from the main file. */
  readonly files: readonly FileShare[];
};

/** All tenants are sound and from the main file. */
export const WHOLE: ConfigOrigin = { kept: [], quarantined: [], files: [] };
