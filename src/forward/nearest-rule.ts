// For a request without a route: the rule that it most likely was meant for, and what keeps it from matching.
import { editDistance, nearest } from '../core/near-miss.ts';
import type { Site, Tenant } from './snapshot.ts';

type Asked = { readonly host: string; readonly path: string };

/** A sentence about the nearest rule. */
export function nearestRule(sites: readonly Site[], { host, path }: Asked): string {
  const tenants = sites.map(({ current }) => current);
  if (tenants.length === 0) return 'The configuration has no tenants.';
  const name = host.toLowerCase().replace(/:\d*$/, '').replace(/\.$/, '');
  return sameHost(tenants, name, path) ?? otherHost(tenants, name) ?? otherPath(tenants, path) ?? firstRule(tenants);
}

function sameHost(tenants: readonly Tenant[], name: string, path: string): string | null {
  const here = tenants.filter(({ domains }) => domains.some((one) => isOf(one, name)));
  const near = nearestPath(here.flatMap(pathsOf), path);
  const tenant = here.find((one) => near !== null && pathsOf(one).includes(near));
  if (near === null || tenant === undefined) return null;
  const why = tenant.prefixes.includes(near) ? `does not begin with ${near}` : `is not exactly ${near}`;
  return `The nearest rule is host ${name} and path ${near} (tenant ${tenant.name}), and the path ${why}.`;
}

function pathsOf({ prefixes, paths }: Tenant): readonly string[] {
  return [...prefixes, ...paths];
}

function isOf(domain: string, name: string): boolean {
  if (domain.endsWith('.*')) return name.startsWith(domain.slice(0, -1));
  if (!domain.startsWith('*.')) return domain === name;
  const dot = name.indexOf('.');
  return dot > 0 && name.slice(dot) === domain.slice(1);
}

function otherHost(tenants: readonly Tenant[], name: string): string | null {
  const hosts = tenants.flatMap(({ domains }) => domains);
  const near = nearest(name, hosts) ?? hosts.find((host) => isRelated(host, name)) ?? null;
  const tenant = near === null ? undefined : tenants.find(({ domains }) => domains.includes(near));
  if (near === null || tenant === undefined) return null;
  const depth = near.startsWith('*.') && name.endsWith(near.slice(1)) ? ': "*" stands for exactly one label' : '';
  return `The nearest rule is host ${near} (tenant ${tenant.name})${depth}.`;
}

// `www.example.com` and `example.com`, or two names below one.
function isRelated(host: string, name: string): boolean {
  const bare = host.replace(/^\*\.|\.\*$/g, '');
  return name.endsWith(`.${bare}`) || bare.endsWith(`.${name}`);
}

function otherPath(tenants: readonly Tenant[], path: string): string | null {
  const open = tenants.filter(({ domains }) => domains.length === 0);
  const near = nearestPath(open.flatMap(pathsOf), path);
  const tenant = open.find((one) => near !== null && pathsOf(one).includes(near));
  return near === null || tenant === undefined ? null : `The nearest rule is path ${near} (tenant ${tenant.name}).`;
}

// By as much of the path as the prefix has.
function nearestPath(paths: readonly string[], path: string): string | null {
  const distance = (prefix: string): number =>
    editDistance(prefix.toLowerCase(), path.slice(0, prefix.length).toLowerCase());
  return paths.filter(({ length }) => length <= 64).toSorted((a, b) => distance(a) - distance(b))[0] ?? null;
}

function firstRule(tenants: readonly Tenant[]): string {
  const hosts = tenants.flatMap(({ domains }) => domains);
  const more = hosts.length > 3 ? `, and ${hosts.length - 3} more` : '';
  return `No rule is near it; there are ${hosts.slice(0, 3).join(', ')}${more}.`;
}
