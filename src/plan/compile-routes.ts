// The routes of a tenant become a plan.
import { matchOf } from '../config/route-match.ts';
import { type RouteConfig, actionsOf } from '../config/routes.ts';
import type { Config, TenantConfig } from '../config/schema.ts';
import { OWN_POOL } from '../core/pool-name.ts';
import type { PolicyPlan } from '../policies/policy-plan.ts';
import { fingerprintOf } from './fingerprint.ts';
import type { RoutePlan } from './tenant-plan.ts';
import { listedPlans } from './policy-plans.ts';

const NONE: readonly RoutePlan[] = [];

/** All of a tenant's. */
export function compileRoutes(config: Config, { routes }: TenantConfig): readonly RoutePlan[] {
  return routes.length === 0 ? NONE : routes.map((route) => compileRoute(config, route));
}

function compileRoute(config: Config, route: RouteConfig): RoutePlan {
  const { name = null, pool = OWN_POOL, strip_prefix: strips = null, policies } = route;
  const match = matchOf(route.match);
  return {
    id: name ?? fingerprintOf(match),
    name,
    match,
    pool: pool === OWN_POOL ? null : pool,
    strips,
    policies: [...listedPlans(config, policies), ...actionPlans(route)],
  };
}

function actionPlans(route: RouteConfig): readonly PolicyPlan[] {
  const options: Readonly<Record<string, unknown>> = route;
  return actionsOf(route).map((type) => ({ type, options: options[type], name: null, when: null }));
}
