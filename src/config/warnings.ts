// Warnings: what a configuration may contain, but hardly means.
import type { Finding } from './finding.ts';
import type { Outline } from './outline.ts';
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
    ...unserved.map(({ path }) => ({
      path,
      message: 'warning: the tenant has no services: its requests are answered with 503',
    })),
  ];
}
