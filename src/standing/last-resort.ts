// What may happen to a request when no backend is eligible.

/** fail: it is refused. any: the least bad backends are tried. last_known: those that were eligible last. */
export const lastResorts = ['fail', 'any', 'last_known'] as const;
export type LastResort = (typeof lastResorts)[number];
