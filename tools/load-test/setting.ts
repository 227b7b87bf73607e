// The gateway that the load test starts: its hosts, origins and configuration, and the requests to it.
import { type Millis, millis } from '../../src/core/units.ts';
import type { CertificateNames } from './certificate.ts';
import type { Stage } from './plan.ts';

export const ORIGINS = ['a', 'b', 'c'] as const;
/** The origin that is killed. It serves both hosts, so that the effect on both can be seen. */
export const VICTIM = 'b';

const HOSTS = { api: 'api.localhost', shop: 'shop.localhost' } as const;

export const CERTIFICATE_NAMES: CertificateNames = {
  domains: ['localhost', ...Object.values(HOSTS)],
  addresses: ['127.0.0.1'],
};

const CHECK = { interval: 500, fast_interval: 100, timeout: 500, rise: 2, fall: 3 };

/** How long the reported health may be wrong: until the next probe, and until enough probes in a row have failed (or
 * succeeded), each of which may take its whole timeout. */
export const ALLOWANCE = {
  down: allowance(CHECK.fall),
  up: allowance(CHECK.rise),
};

function allowance(probes: number): Millis {
  return millis(CHECK.interval + (probes - 1) * CHECK.fast_interval + probes * CHECK.timeout);
}

type Place = { readonly name: string; readonly port: number };

/** The configuration, as keystone.yaml could have it. `token`: of the test, which watches the gateway as an operator. */
export function configText(origins: readonly Place[], token: string): string {
  const { interval, fast_interval, timeout, rise, fall } = CHECK;
  const check = `{ interval: ${interval}ms, fast_interval: ${fast_interval}ms, timeout: ${timeout}ms, rise: ${rise}, fall: ${fall} }`;
  const services = (names: readonly string[]): string =>
    origins
      .filter(({ name }) => names.includes(name))
      .map(({ name, port }) => `      - { name: ${name}, url: "http://127.0.0.1:${port}", health: /health }\n`)
      .join('');
  // A full backend would pass its turn on, but shares are meant to show the balancer alone.
  const pool = '{ max_connections: 100000 }';
  return `admin_base_path: /admin
admin: { address: none, tokens: ["${token}"] }
tls: { enabled: true, cert_file: certificate.pem, key_file: key.pem }
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
export function ownStages(base: string): readonly Omit<Stage, 'connections' | 'duration'>[] {
  const headers: Stage['target']['headers'] = [];
  const balanced = { url: `${base}/balanced/`, host: HOSTS.shop, headers };
  const health = { url: `${base}/admin/health`, host: null, headers };
  return [
    { name: 'admin health', target: health, isDrill: false, isProxied: false },
    { name: 'API host', target: { url: `${base}/orders`, host: HOSTS.api, headers }, isDrill: false, isProxied: true },
    { name: 'balanced path', target: balanced, isDrill: true, isProxied: true },
    { name: 'long run', target: balanced, isDrill: false, isProxied: true },
  ];
}
