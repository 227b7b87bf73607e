// TENANT/BACKEND, as operators name a backend.

export type BackendName = { readonly tenant: string; readonly backend: string };

/** Null: the text is not such a name. Neither part can hold a slash. */
export function parseBackendName(typed: string): BackendName | null {
  const match = /^([^/]+)\/([^/]+)$/.exec(typed);
  return match === null ? null : { tenant: match[1] ?? '', backend: match[2] ?? '' };
}
