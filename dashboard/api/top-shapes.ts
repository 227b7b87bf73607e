// What the pages know of the busiest tenants, paths and clients.
import type { Fields } from './fields.ts';

export type Busy = { readonly label: string; readonly tenant: string | null; readonly rate: number };

export type Top = {
  /** For how long it has been counted. */
  readonly seconds: number;
  readonly tenants: readonly Busy[];
  readonly paths: readonly Busy[];
  readonly clients: readonly Busy[];
};

export function readTop(fields: Fields): Top {
  const seconds = fields.count('seconds');
  const busy =
    (name: string, isOfTenants = true) =>
    (one: Fields): Busy => ({
      label: one.text(name),
      tenant: isOfTenants ? one.maybeText('tenant') : null,
      rate: one.count('requests') / Math.max(1, seconds),
    });
  return {
    seconds,
    tenants: fields.list('tenants', busy('tenant')),
    paths: fields.list('paths', busy('path')),
    clients: fields.list('clients', busy('client', false)),
  };
}
