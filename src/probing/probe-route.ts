// Where a probe goes: to its backend, unless the check says otherwise. Shared by the checks that connect.
import { z } from 'zod';
import { type ConnectAddress, isSocketPath, tlsOptions } from '../core/connector.ts';
import { err, ok } from '../core/result.ts';
import { count, flag, text } from '../core/settings.ts';
import type { ProbeTarget } from './contract.ts';

/** A host, and a port where one is named. */
export type Authority = {
  /** Without brackets. */
  readonly hostname: string;
  readonly port: number | null;
  /** As it is written. */
  readonly text: string;
};

/** Reads `HOST`, `HOST:PORT` and `[IPv6]:PORT`; null: none of these. */
function parseAuthority(value: string): Authority | null {
  const match = /^(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::([1-9]\d{0,4}))?$/.exec(value);
  if (match === null || URL.parse(`http://${value}/`) === null) return null;
  const [, host = '', digits] = match;
  return {
    hostname: host.replace(/^\[(.*)\]$/, '$1'),
    port: digits === undefined ? null : Number(digits),
    text: value,
  };
}

const address = text<Authority>({
  type: 'HOST:PORT',
  expected: 'HOST:PORT such as 10.0.0.1:9000, health.internal:9000 or [fd00::1]:9000',
  parse(value) {
    const authority = parseAuthority(value);
    if (authority === null) return err({ message: '{value} is not an address to connect to' });
    return authority.port === null ? err({ message: '{value} has no port' }) : ok(authority);
  },
});

/** A Host to ask for. */
export const hostToAsk = text<Authority>({
  type: 'HOST or HOST:PORT',
  expected: 'a host such as example.com, 10.0.0.1 or [fd00::1], with a port if need be',
  parse(value) {
    const authority = parseAuthority(value);
    return authority === null ? err({ message: '{value} is not a host' }) : ok(authority);
  },
});

const serverNameSetting = text<string>({
  type: 'host name',
  expected: 'the name of a host, without a port',
  parse(value) {
    const authority = parseAuthority(value);
    const isName = authority !== null && authority.port === null && !value.startsWith('[');
    return isName ? ok(value) : err({ message: '{value} is not the name of a host' });
  },
});

const tls = z.strictObject({
  enabled: z.exactOptional(flag).meta({
    description: 'Whether probes speak TLS. Absent: as the URL of the service has it.',
  }),
  server_name: z.exactOptional(serverNameSetting).meta({
    description:
      'The name that a probe asks for (SNI) and that the certificate must be for. Absent: the `host` or `authority` of the check, or else the host that the probe goes to.',
  }),
  verify: z.prefault(flag, true).meta({
    description:
      'Whether the certificate must be valid. If not, any program may have answered in the place of the backend.',
    'x-reason': 'traffic is never sent to a backend whose certificate is not valid.',
  }),
});

/** The options of a check that connects. */
export const routeOptions = {
  port: z.exactOptional(count({ min: 1, max: 65_535 })).meta({
    description: 'Port that probes go to. Absent: the port of the service.',
  }),
  address: z.exactOptional(address).meta({
    description:
      "Host and port that probes go to, the same for every service. Probes then do not send the credentials of the service's URL. Absent: host and port of the service.",
  }),
  tls: z.exactOptional(tls).meta({ description: 'How probes speak TLS. Absent: as the URL of the service has it.' }),
};

const routeSchema = z.strictObject(routeOptions);
type RouteOptions = z.output<typeof routeSchema>;

/** Where a probe connects to, and what it asks for there. */
export type ProbeRoute = {
  readonly address: ConnectAddress;
  /** The Host to ask for. */
  readonly authority: string;
  /** `Authorization` value, or null. */
  readonly authorization: string | null;
};

/** The route of a probe. `host`: the Host to ask for; null: the check names none. */
export function routeOf(options: RouteOptions, target: ProbeTarget, host: Authority | null = null): ProbeRoute {
  const { hostname, port } = options.address ?? target;
  const isTls = options.tls?.enabled ?? target.tls;
  const wanted = options.port ?? port ?? target.port;
  const { trust } = target;
  const ownName = options.address === undefined ? (trust.serverName ?? target.serverName) : hostname;
  const serverName = options.tls?.server_name ?? host?.hostname ?? ownName;
  const isVerified = trust.isVerified && (options.tls?.verify ?? true);
  // Another host has another key, and must not be shown who the gateway is.
  const proofs = options.address === undefined ? trust : { ...trust, pins: [], own: null };
  return {
    address: {
      hostname,
      port: wanted,
      tls: isTls ? tlsOptions({ ...proofs, serverName, isVerified }, serverName) : null,
    },
    authority: host?.text ?? options.address?.text ?? withPort(target, wanted, isTls),
    // The credentials are for the host of the URL; another host must not get them.
    authorization: options.address === undefined ? target.authorization : null,
  };
}

function withPort(target: ProbeTarget, port: number, isTls: boolean): string {
  if ((port === target.port && isTls === target.tls) || isSocketPath(target.hostname)) return target.authority;
  const host = target.authority.replace(/:\d+$/, '');
  return port === (isTls ? 443 : 80) ? host : `${host}:${port}`;
}
