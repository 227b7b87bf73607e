// Warnings: what a configuration may contain, but hardly means.
import type { Finding } from './finding.ts';
import type { ListenerOutline, Outline } from './outline.ts';
import type { Path } from './problems.ts';

/** The warnings. `offsetOf`: the place of a key in the file. */
export function warn(outline: Outline, offsetOf: (path: Path) => number): readonly Finding[] {
  const scripts = [outline.luaRouting, ...outline.tenants.map((tenant) => tenant.luaRoutes)].filter(
    (path) => path !== null,
  );
  const [firstScript] = scripts.toSorted((a, b) => offsetOf(a) - offsetOf(b));
  const unserved = outline.tenants.filter((tenant) => !tenant.hasServices);
  return [
    ...(firstScript === undefined
      ? []
      : [{ path: firstScript, isKey: true, message: 'warning: Lua scripts are not run' }]),
    ...outline.listeners.flatMap((listener) => warnOfProxies(listener, outline.trustsProxies)),
    ...unserved.map(({ path }) => ({
      path,
      message: 'warning: the tenant has no services: its requests are answered with 503',
    })),
  ];
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
