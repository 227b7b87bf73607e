// Warnings: what a configuration may contain, but hardly means.
import { DEFAULT_ADMIN_ADDRESS } from './admin.ts';
import type { Finding } from './finding.ts';
import { formatListenAddress, isTakenBy } from './listen-address.ts';
import type { ListenerOutline, Outline } from './outline.ts';
import type { Path } from './problems.ts';

/** The warnings. `compareKeys`: which of two keys stands first. */
export function warn(outline: Outline, compareKeys: (one: Path, other: Path) => number): readonly Finding[] {
  const scripts = [outline.luaRouting, ...outline.tenants.map((tenant) => tenant.luaRoutes)].filter(
    (path) => path !== null,
  );
  const [firstScript] = scripts.toSorted(compareKeys);
  const unserved = outline.tenants.filter(
    ({ hasServices, hasRoutes, pools }) => !hasServices && !hasRoutes && pools.length === 0,
  );
  const empty = outline.tenants.flatMap(({ pools }) => pools.filter(({ hasServices }) => !hasServices));
  return [
    ...(firstScript === undefined
      ? []
      : [{ path: firstScript, isKey: true, message: 'warning: Lua scripts are not run' }]),
    ...warnOfTls(outline),
    ...warnOfAdminAddress(outline),
    ...outline.tenants.flatMap((tenant) =>
      [tenant, ...tenant.pools]
        .flatMap(({ unchecked }) => unchecked)
        .map((path) => ({
          path,
          message:
            'warning: the service is not checked, but others of the tenant are; `health: ""` says that it is meant',
        })),
    ),
    ...outline.listeners.flatMap((listener) => warnOfProxies(listener, outline.trustsProxies)),
    ...empty.map(({ path }) => ({
      path,
      isKey: true,
      message: 'warning: the pool has no services: requests to it are answered with 503',
    })),
    ...unserved.map(({ path }) => ({
      path,
      message: 'warning: the tenant has no services: its requests are answered with 503',
    })),
  ];
}

// Without listeners, the address of the command line speaks TLS.
function warnOfTls({ tls, listeners }: Outline): readonly Finding[] {
  if (tls !== 'on' || listeners.length === 0 || listeners.some(({ speaksTls }) => speaksTls)) return [];
  const message = 'warning: no listener has "tls: true": only an address of the command line would speak TLS';
  return [{ path: ['tls'], isKey: true, message }];
}

function warnOfAdminAddress({ isAdminAddressGiven, listeners }: Outline): readonly Finding[] {
  if (isAdminAddressGiven || DEFAULT_ADMIN_ADDRESS.kind !== 'tcp') return [];
  const usual = DEFAULT_ADMIN_ADDRESS;
  const taken = listeners.find(({ address }) => address !== null && isTakenBy(usual, address.value))?.address;
  if (taken === undefined || taken === null) return [];
  const message = `warning: {value} takes ${formatListenAddress(usual)} from the admin API, which will have no address of its own; admin.address says where it is to be`;
  return [{ path: taken.path, message }];
}

function warnOfProxies({ path, proxyProtocol }: ListenerOutline, trustsProxies: boolean): readonly Finding[] {
  const place = { path: [...path, 'proxy_protocol'], isKey: true };
  if (proxyProtocol === 'any') {
    const message = 'warning: every client that can connect here is believed to be whoever its header says';
    return [{ ...place, message }];
  }
  if (proxyProtocol !== 'trusted' || trustsProxies) return [];
  const message =
    'warning: nobody is believed here, since there are no trusted_proxies: headers are read and left aside';
  return [{ ...place, message }];
}
