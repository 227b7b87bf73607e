// Checks that need more than one value: names and routes that are used twice, settings that contradict each other.
import { type Millis, formatDuration, millis } from '../core/units.ts';
import type { BackendUrl } from './backend-url.ts';
import { isAddress } from './host-name.ts';
import { crossCheckHealth } from './health-cross-checks.ts';
import type { Finding, Places } from './finding.ts';
import { crossCheckListeners } from './listener-cross-checks.ts';
import type { Outline, Placed, TenantOutline } from './outline.ts';
import type { Path } from './problems.ts';

export function crossCheck(outline: Outline, places: Places): readonly Finding[] {
  const { tenants } = outline;
  return [
    ...outline.missingTlsFiles.map((path) => ({ path, message: 'is missing', expected: 'a file, since TLS is on' })),
    ...crossCheckListeners(outline, places),
    ...checkTtls(outline, places),
    ...taken(
      tenants.flatMap((tenant) => tenant.name ?? []),
      'the name {value} is taken by the tenant',
      places,
    ),
    ...tenants.flatMap((tenant) => checkTenant(tenant, outline, places)),
    ...checkRoutes(tenants, places),
  ];
}

function checkTenant(tenant: TenantOutline, outline: Outline, places: Places): readonly Finding[] {
  const findings: Finding[] = [
    ...taken(tenant.services, 'the name {value} is taken by the service', places),
    ...taken(tenant.domains, 'the host {value} is named twice, first', places),
    ...checkTimeout(tenant, places),
    ...tenant.srvUrls.flatMap(checkSrv),
    ...crossCheckHealth(tenant.check, outline.allowsExecChecks),
  ];
  if (!tenant.hasMatch) {
    const lacks = ['domains', 'path_prefix'].map((key) => [...tenant.path, key]);
    findings.push({ path: tenant.path, message: 'must specify either domains or path_prefix', lacks });
  }
  const { prefix } = tenant;
  const isBelowAdmin =
    prefix !== null && outline.adminBasePath !== null && prefix.value.startsWith(`${outline.adminBasePath}/`);
  if (isBelowAdmin) {
    const message = '{value} lies below admin_base_path, where the gateway answers for itself';
    findings.push({ path: prefix.path, message, expected: 'another prefix, or another admin_base_path' });
  }
  return findings;
}

function checkTimeout(tenant: TenantOutline, places: Places): readonly Finding[] {
  const { timeout, interval, downInterval } = tenant;
  if (timeout === null) return [];
  const limit = interval?.value ?? millis(5000);
  if (timeout.value > limit) {
    const shown = (interval === null ? null : places.shown(interval.path)) ?? formatDuration(limit);
    return [overlap(timeout, `interval ${shown}`, 'a timeout up to the interval')];
  }
  if (downInterval === null || timeout.value <= downInterval.value) return [];
  const shown = places.shown(downInterval.path) ?? formatDuration(downInterval.value);
  return [overlap(timeout, `down_interval ${shown}`, 'a timeout up to the down_interval')];
}

function overlap(timeout: Placed<Millis>, than: string, expected: string): Finding {
  const message = `the timeout {value} is longer than the ${than}: probes of a backend would overlap`;
  return { path: timeout.path, message, expected };
}

function checkTtls({ minTtl, maxTtl }: Outline, places: Places): readonly Finding[] {
  if (minTtl === null || maxTtl === null || minTtl.value <= maxTtl.value) return [];
  const isMaxGiven = places.shown(maxTtl.path) !== null;
  const [wrong, other, word] = isMaxGiven ? [maxTtl, minTtl, 'below min_ttl'] : [minTtl, maxTtl, 'above max_ttl'];
  const message = `{value} is ${word}, which is ${places.shown(other.path) ?? formatDuration(other.value)}`;
  return [{ path: wrong.path, message, expected: 'min_ttl up to max_ttl' }];
}

function checkSrv({ path, value: url }: Placed<BackendUrl>): readonly Finding[] {
  const expected = 'a name with SRV records, such as http://_http._tcp.app.internal';
  if (isAddress(url.hostname)) return [{ path, message: 'the host of the URL is an address, not a name', expected }];
  // The default port of the scheme is not in `authority`, so that it cannot be told from no port.
  if (!url.authority.includes(':')) return [];
  return [{ path, message: 'the URL has a port, which only SRV records may name here', expected }];
}

/** A finding for every value that stands at an earlier place already. */
function taken(values: readonly Placed<string>[], message: string, places: Places): readonly Finding[] {
  const first = new Map<string, Path>();
  return values.flatMap(({ path, value }) => {
    const before = first.get(value);
    if (before === undefined) first.set(value, path);
    return before === undefined ? [] : [{ path, message: `${message} in line ${places.lineOf(before)}` }];
  });
}

// Finds routes of two tenants. `checkTenant` reports a host that one tenant names twice.
function checkRoutes(tenants: readonly TenantOutline[], places: Places): readonly Finding[] {
  const first = new Map<string, { readonly tenant: TenantOutline; readonly path: Path }>();
  const findings: Finding[] = [];
  for (const tenant of tenants) {
    if (tenant.hasBrokenPrefix) continue;
    for (const { key, path } of routesOf(tenant)) {
      const before = first.get(key);
      if (before === undefined) first.set(key, { tenant, path });
      else if (before.tenant !== tenant) findings.push({ path, message: explainTaken(tenant, before.path, places) });
    }
  }
  return findings;
}

function routesOf(tenant: TenantOutline): readonly { readonly key: string; readonly path: Path }[] {
  const { prefix, domains } = tenant;
  const below = prefix?.value ?? '';
  if (domains.length > 0) return domains.map(({ value, path }) => ({ key: `${value} ${below}`, path }));
  return prefix === null ? [] : [{ key: ` ${below}`, path: prefix.path }];
}

function explainTaken(tenant: TenantOutline, before: Path, places: Places): string {
  const { prefix, domains } = tenant;
  const shown = prefix === null ? '' : (places.shown(prefix.path) ?? 'its path_prefix');
  const what =
    domains.length === 0
      ? 'the prefix {value}'
      : prefix === null
        ? 'the host {value}'
        : `the host {value} with the prefix ${shown}`;
  return `${what} belongs to another tenant already (line ${places.lineOf(before)})`;
}
