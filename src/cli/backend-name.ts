// TENANT/BACKEND, as operators name a backend. One of a named pool is TENANT/POOL/SERVICE.

export type BackendName = { readonly tenant: string; readonly backend: string };

/** Null: the text is not such a name. */
export function parseBackendName(typed: string): BackendName | null {
  const match = /^([^/]+)\/([^/]+(?:\/[^/]+)?)$/.exec(typed);
  return match === null ? null : { tenant: match[1] ?? '', backend: match[2] ?? '' };
}
