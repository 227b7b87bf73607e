// TENANT/BACKEND, as operators name a backend.

export type BackendName = { readonly tenant: string; readonly backend: string };

/** Null: it is no such name. Neither part can hold a slash. */
export function parseBackendName(typed: string): BackendName | null {
  const match = /^([^/]+)\/([^/]+)$/.exec(typed);
  return match === null ? null : { tenant: match[1] ?? '', backend: match[2] ?? '' };
}
