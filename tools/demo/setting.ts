// The demo's origins, its configuration, and its visitors.

/** The names of the origins, and of their backends. */
export const ORIGINS = ['a', 'b', 'c'] as const;

/** How long an origin takes to answer: as a small program does, so that the screen has requests in flight to show. */
export const PAUSE = { least: 2, most: 10 };

/** The configuration, as it could stand in keystone.yaml. The origins' addresses come from the environment. */
export const CONFIG = `\
# Three tenants, found in three ways: by host, by path, and by both. Each has a pool of its own.
admin: { address: "127.0.0.1:0" }
tenants:
  - name: shop
    domains: [shop.localhost]
    health_check: { interval: 1s, fast_interval: 250ms, timeout: 500ms }
    services:
      - { name: a, url: "\${ORIGIN_A}", health: /health }
      - { name: b, url: "\${ORIGIN_B}", health: /health }
      - { name: c, url: "\${ORIGIN_C}", health: /health }

  - name: api
    path_prefix: /api/
    health_check: { interval: 1s, fast_interval: 250ms, timeout: 500ms }
    services:
      - { name: a, url: "\${ORIGIN_A}", health: /health }
      - { name: b, url: "\${ORIGIN_B}", health: /health, weight: 2 }

  - name: reports
    domains: [admin.localhost]
    path_prefix: /reports/
    health_check: { interval: 1s, fast_interval: 250ms, timeout: 500ms }
    services:
      - { name: b, url: "\${ORIGIN_B}", health: /health }
      - { name: c, url: "\${ORIGIN_C}", health: /health }
`;

/** The variables that CONFIG refers to. */
export function configEnvironment(origins: readonly { readonly name: string; readonly port: number }[]) {
  return Object.fromEntries(
    origins.map(({ name, port }) => [`ORIGIN_${name.toUpperCase()}`, `http://127.0.0.1:${port}`]),
  );
}

/** A kind of visitor: what it asks for, how many clients ask for that, and which origins may answer. */
export type Visit = {
  readonly tenant: string;
  readonly host: string;
  readonly path: string;
  readonly clients: number;
  readonly origins: readonly string[];
};

export const VISITS: readonly Visit[] = [
  { tenant: 'shop', host: 'shop.localhost', path: '/', clients: 5, origins: ['a', 'b', 'c'] },
  { tenant: 'api', host: 'localhost', path: '/api/orders', clients: 4, origins: ['a', 'b'] },
  { tenant: 'reports', host: 'admin.localhost', path: '/reports/today', clients: 3, origins: ['b', 'c'] },
];
