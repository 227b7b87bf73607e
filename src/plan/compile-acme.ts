// What a configuration says of certificates by ACME.
import type { Config } from '../config/schema.ts';
import type { AcmePlan, OnDemandPlan } from './tls-plan.ts';

/** Null: the gateway gets none. */
export function compileAcme({ acme, tls, authorities }: Config): AcmePlan | null {
  if (acme === undefined || tls?.enabled === false) return null;
  const { email = null, challenges, dns = null, domains, timeout } = acme;
  return {
    directories: acme.directories.map(({ url, ca_file: file = null, eab = null }) => ({
      url,
      ca: file === null ? null : textOf(file, authorities),
      binding: eab,
    })),
    email,
    agreesToTerms: acme.agree_to_terms,
    challenges,
    dns,
    domains,
    onDemand: onDemandOf(acme.on_demand),
    timeout,
    retryAfter: acme.retry_after,
    maxOrders: acme.max_orders,
  };
}

function onDemandOf(given: NonNullable<Config['acme']>['on_demand']): OnDemandPlan | null {
  if (given === undefined) return null;
  return {
    ask: given.ask ?? null,
    askTimeout: given.ask_timeout,
    wait: given.wait,
    namesPerMinute: given.names_per_minute,
    maxNames: given.max_names,
    refusedFor: given.refused_for,
  };
}

function textOf(file: string, authorities: Config['authorities']): string {
  const text = authorities?.get(file);
  if (text === undefined) throw new Error(`${file} has not been read; loadConfig reads it`);
  return text;
}
