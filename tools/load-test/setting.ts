// The gateway that the load test brings along: its hosts, its origins, its configuration, and what is asked of it.
import { type Millis, millis } from '../../src/core/units.ts';
import type { CertificateNames } from './certificate.ts';
import type { Stage } from './plan.ts';

export const ORIGINS = ['a', 'b', 'c'] as const;
/** It serves both hosts, so that what its end does to each of them can be seen. */
export const VICTIM = 'b';

const HOSTS = { api: 'api.localhost', shop: 'shop.localhost' } as const;

export const CERTIFICATE_NAMES: CertificateNames = {
  domains: ['localhost', ...Object.values(HOSTS)],
  addresses: ['127.0.0.1'],
};

const CHECK = { interval: 500, fast_interval: 100, timeout: 500, rise: 2, fall: 3 };

/** How long health may be wrong: until the next probe, and until enough of them in a row have failed (or succeeded),
 * which may take each of them its whole timeout. */
export const ALLOWANCE = {
  down: allowance(CHECK.fall),
  up: allowance(CHECK.rise),
};

function allowance(probes: number): Millis {
  return millis(CHECK.interval + (probes - 1) * CHECK.fast_interval + probes * CHECK.timeout);
}

/** As it could stand in keystone.yaml. */
export function configText(origins: readonly { readonly name: string; readonly port: number }[]): string {
  const { interval, fast_interval, timeout, rise, fall } = CHECK;
  const check = `{ interval: ${interval}ms, fast_interval: ${fast_interval}ms, timeout: ${timeout}ms, rise: ${rise}, fall: ${fall} }`;
  const services = (names: readonly string[]): string =>
    origins
      .filter(({ name }) => names.includes(name))
      .map(({ name, port }) => `      - { name: ${name}, url: "http://127.0.0.1:${port}", health: /health }\n`)
      .join('');
  // A backend that may be full passes its turn on; shares are to show the balancer alone.
  const pool = '{ max_connections: 100000 }';
  return `tls: { enabled: true, cert_file: certificate.pem, key_file: key.pem }
tenants:
  - name: api
    domains: [${HOSTS.api}]
    health_check: ${check}
    pool: ${pool}
    services:
${services(['a', 'b'])}
  - name: shop
    domains: [${HOSTS.shop}]
    path_prefix: /balanced/
    health_check: ${check}
    pool: ${pool}
    services:
${services(ORIGINS)}`;
}

/** The stages of the original's script. `base`: the gateway's URL, without a slash at its end. */
export function ownStages(base: string): readonly Pick<Stage, 'name' | 'target' | 'isDrill'>[] {
  const balanced = { url: `${base}/balanced/`, host: HOSTS.shop };
  return [
    { name: 'admin health', target: { url: `${base}/admin/health`, host: null }, isDrill: false },
    { name: 'API host', target: { url: `${base}/orders`, host: HOSTS.api }, isDrill: false },
    { name: 'balanced path', target: balanced, isDrill: true },
    { name: 'long run', target: balanced, isDrill: false },
  ];
}
