// The gateway as a program under test, in the shapes that the scenarios compare.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { HTTP2_PORTS } from './origins.ts';
import { PREFIX, type Program, type Setup } from './proxies.ts';

/** How a scenario's gateway differs from the defaults. */
export type Shape = {
  /** How many tenants in all; only one of them gets requests. */
  readonly tenants?: number;
  /** Of each of the others; one, unless it says more. */
  readonly backends?: number;
  /** The value of `balance` of every tenant. */
  readonly balance?: string;
  /** The backends are spoken to in HTTP/2. */
  readonly isHttp2?: boolean;
  /** False: no health checks, no outlier ejection, no retries. */
  readonly caresForHealth?: boolean;
};

const DEFAULT_LIMIT = 10_000;

/** The gateway, or another build of it: a command line in which `{config}` and `{port}` are replaced. */
export function gateway(name: string, command: string, shape: Shape = {}): Program {
  return {
    name,
    prepare(setup) {
      const file = join(setup.directory, 'keystone.yaml');
      writeFileSync(file, configuration(setup, shape));
      const fill = (word: string): string => word.replaceAll('{config}', file).replaceAll('{port}', String(setup.port));
      return { argv: command.trim().split(/\s+/).map(fill) };
    },
  };
}

function configuration({ origins, certificate, clients, logsTo }: Setup, shape: Shape): string {
  const tls =
    certificate === null
      ? ''
      : `tls:
  enabled: true
  cert_file: "${certificate.certificateFile}"
  key_file: "${certificate.keyFile}"
`;
  const { tenants = 1, caresForHealth = true, isHttp2 = false } = shape;
  const health = caresForHealth ? ', health: "/health"' : '';
  const services = origins.map(
    (origin, index) =>
      `      - { name: "origin-${index}", ${isHttp2 ? http2Origin(origin) : `url: "http://127.0.0.1:${origin}"`}${health} }`,
  );
  const limits = clients > DEFAULT_LIMIT ? `limits: { connections: ${clients} }\n` : '';
  const log = logsTo === undefined ? '' : `access_log: { output: "${logsTo.file}" }\n`;
  return `${tls}${limits}${log}tenants:
  - name: "lb"
    path_prefix: "${PREFIX}"
${settings(shape)}    services:
${services.join('\n')}
${Array.from({ length: tenants - 1 }, (_, index) => otherTenant(index, origins[0], shape)).join('')}`;
}

function http2Origin(origin: number): string {
  return `url: "http://127.0.0.1:${HTTP2_PORTS.get(origin) ?? origin}", protocol: h2`;
}

// A tenant that gets no requests. Without a health path: the scenario measures what a large table costs a request, and
// thousands of probes would hide that.
function otherTenant(index: number, origin: number, shape: Shape): string {
  const services = Array.from(
    { length: shape.backends ?? 1 },
    (_, at) => `      - { name: "origin-${at}", url: "http://127.0.0.1:${origin}" }\n`,
  );
  return `  - name: "tenant-${index}"
    domains: ["tenant-${index}.example.com"]
    path_prefix: "/api-${index}/"
${settings(shape)}    services:
${services.join('')}`;
}

function settings({ balance, caresForHealth = true }: Shape): string {
  const lines = balance === undefined ? [] : [`    balance: ${balance}`];
  if (!caresForHealth) lines.push('    outlier_ejection: { enabled: false }', '    retry: { attempts: 0 }');
  return lines.map((line) => `${line}\n`).join('');
}
