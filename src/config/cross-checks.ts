// What no single value can tell: names and routes that are taken twice, settings that contradict each other.
import { type Millis, formatDuration, millis } from '../core/units.ts';
import type { BackendUrl } from './backend-url.ts';
import { isAddress } from './host-name.ts';
import { crossCheckHealth } from './health-cross-checks.ts';
import type { Finding } from './finding.ts';
import type { Outline, Placed, TenantOutline } from './outline.ts';
import type { Path } from './problems.ts';

/** What messages may say about other places of the file. */
export type Surroundings = {
  lineOf(path: Path): number;
  /** The value as the file has it; null: it is not there. */
  shown(path: Path): string | null;
};

export function crossCheck(outline: Outline, around: Surroundings): readonly Finding[] {
  const { tenants } = outline;
  return [
    ...outline.missingTlsFiles.map((path) => ({ path, message: 'is missing', expected: 'a file, since TLS is on' })),
    ...checkTtls(outline, around),
    ...taken(
      tenants.flatMap((tenant) => tenant.name ?? []),
      'the name {value} is taken by the tenant',
      around,
    ),
    ...tenants.flatMap((tenant) => checkTenant(tenant, outline, around)),
    ...checkRoutes(tenants, around),
  ];
}

function checkTenant(tenant: TenantOutline, outline: Outline, around: Surroundings): readonly Finding[] {
  const findings: Finding[] = [
    ...taken(tenant.services, 'the name {value} is taken by the service', around),
    ...taken(tenant.domains, 'the host {value} is named twice, first', around),
    ...checkTimeout(tenant, around),
    ...tenant.srvUrls.flatMap(checkSrv),
    ...crossCheckHealth(tenant.check, outline.allowsExecChecks),
  ];
  if (!tenant.hasMatch) findings.push({ path: tenant.path, message: 'must specify either domains or path_prefix' });
  const { prefix } = tenant;
  const isBelowAdmin =
    prefix !== null && outline.adminBasePath !== null && prefix.value.startsWith(`${outline.adminBasePath}/`);
  if (isBelowAdmin) {
    const message = '{value} lies below admin_base_path, where the gateway answers for itself';
    findings.push({ path: prefix.path, message, expected: 'another prefix, or another admin_base_path' });
  }
  return findings;
}

function checkTimeout(tenant: TenantOutline, around: Surroundings): readonly Finding[] {
  const { timeout, interval, downInterval } = tenant;
  if (timeout === null) return [];
  const limit = interval?.value ?? millis(5000);
  if (timeout.value > limit) {
    const shown = (interval === null ? null : around.shown(interval.path)) ?? formatDuration(limit);
    return [overlap(timeout, `interval ${shown}`, 'a timeout up to the interval')];
  }
  if (downInterval === null || timeout.value <= downInterval.value) return [];
  const shown = around.shown(downInterval.path) ?? formatDuration(downInterval.value);
  return [overlap(timeout, `down_interval ${shown}`, 'a timeout up to the down_interval')];
}

function overlap(timeout: Placed<Millis>, than: string, expected: string): Finding {
  const message = `the timeout {value} is longer than the ${than}: probes of a backend would overlap`;
  return { path: timeout.path, message, expected };
}

function checkTtls({ minTtl, maxTtl }: Outline, around: Surroundings): readonly Finding[] {
  if (minTtl === null || maxTtl === null || minTtl.value <= maxTtl.value) return [];
  const isMaxGiven = around.shown(maxTtl.path) !== null;
  const [wrong, other, word] = isMaxGiven ? [maxTtl, minTtl, 'below min_ttl'] : [minTtl, maxTtl, 'above max_ttl'];
  const message = `{value} is ${word}, which is ${around.shown(other.path) ?? formatDuration(other.value)}`;
  return [{ path: wrong.path, message, expected: 'min_ttl up to max_ttl' }];
}

function checkSrv({ path, value: url }: Placed<BackendUrl>): readonly Finding[] {
  const expected = 'a name with SRV records, such as http://_http._tcp.app.internal';
  if (isAddress(url.hostname)) return [{ path, message: 'the host of the URL is an address, not a name', expected }];
  // The scheme's own port cannot be told from none.
  if (!url.authority.includes(':')) return [];
  return [{ path, message: 'the URL has a port, which only SRV records may name here', expected }];
}

/** Every value after the first of its kind. */
function taken(values: readonly Placed<string>[], message: string, around: Surroundings): readonly Finding[] {
  const first = new Map<string, Path>();
  return values.flatMap(({ path, value }) => {
    const before = first.get(value);
    if (before === undefined) first.set(value, path);
    return before === undefined ? [] : [{ path, message: `${message} in line ${around.lineOf(before)}` }];
  });
}

// A host twice in one tenant is reported as that; here only what belongs to two.
function checkRoutes(tenants: readonly TenantOutline[], around: Surroundings): readonly Finding[] {
  const first = new Map<string, { readonly tenant: TenantOutline; readonly path: Path }>();
  const findings: Finding[] = [];
  for (const tenant of tenants) {
    if (tenant.hasBrokenPrefix) continue;
    for (const { key, path } of routesOf(tenant)) {
      const before = first.get(key);
      if (before === undefined) first.set(key, { tenant, path });
      else if (before.tenant !== tenant) findings.push({ path, message: explainTaken(tenant, before.path, around) });
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

function explainTaken(tenant: TenantOutline, before: Path, around: Surroundings): string {
  const { prefix, domains } = tenant;
  const shown = prefix === null ? '' : (around.shown(prefix.path) ?? 'its path_prefix');
  const what =
    domains.length === 0
      ? 'the prefix {value}'
      : prefix === null
        ? 'the host {value}'
        : `the host {value} with the prefix ${shown}`;
  return `${what} belongs to another tenant already (line ${around.lineOf(before)})`;
}
