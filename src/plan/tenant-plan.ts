// A tenant as a plan has it: its hosts and paths, its routes and its pools, and what it may have.
import type { AccessLogSettings } from '../core/access-log-settings.ts';
import type { Bytes } from '../core/units.ts';
import type { TenantLimitSettings } from '../admit/tenant-limits.ts';
import type { PolicyPlan } from '../policies/policy-plan.ts';
import type { RouteMatch } from '../route/match.ts';
import type { TenantTlsPlan } from './tls-plan.ts';
import type { PoolSettings } from './pool-plan.ts';

export type TenantPlan = TenantSettings & {
  /** Where two plans of a tenant have the same fingerprint, nothing differs between them, even if their configuration
   * is written in another way. */
  readonly fingerprint: string;
};

/** A route of a tenant: which requests go to which pool, with which policies. */
export type RoutePlan = {
  /** Unique in its tenant, and the same in the next plan: its name, or what it matches. */
  readonly id: string;
  readonly name: string | null;
  readonly match: RouteMatch;
  /** Null: the tenant's own. */
  readonly pool: string | null;
  /** The prefix that has matched is not passed on; null: as the tenant does with its own. */
  readonly strips: boolean | null;
  /** After those of the tenant. */
  readonly policies: readonly PolicyPlan[];
};

/** All that a tenant is made of, with every default put in. What it says of a pool is its own pool. */
export type TenantSettings = PoolSettings & {
  readonly name: string;
  /** Of its share of the event loop. */
  readonly weight: number;
  readonly domains: readonly string[];
  /** Each ends with a slash. None, and no `paths`: every path of its hosts. */
  readonly prefixes: readonly string[];
  /** Paths that match as a whole. */
  readonly paths: readonly string[];
  /** Names of the listeners that it is served on; null: all. */
  readonly listeners: readonly string[] | null;
  /** Its pools besides its own. */
  readonly pools: readonly PoolSettings[];
  /** Its own pool serves what nothing leads elsewhere. Otherwise it has no services, and such requests have no route. */
  readonly usesOwnPool: boolean;
  readonly routes: readonly RoutePlan[];
  readonly bodyBytes: Bytes;
  /** What it may have in all processes together. */
  readonly limits: TenantLimitSettings;
  /** The prefix that has matched is not passed on. */
  readonly stripsPrefix: boolean;
  /** Places in answers are changed to what the client knows. */
  readonly mapsBack: boolean;
  /** TRACE requests are served. */
  readonly allowsTrace: boolean;
  /** Its backends get the trailers of requests. */
  readonly passesTrailers: boolean;
  /** Fields that clients which are not trusted may claim something by; names in lower case. */
  readonly allowedClaims: readonly string[];
  readonly policies: readonly PolicyPlan[];
  /** How its requests are logged; null: not at all; `usual`: as those of all. */
  readonly accessLog: AccessLogSettings | null | 'usual';
  /** Null: as the gateway has it. */
  readonly tls: TenantTlsPlan | null;
};
