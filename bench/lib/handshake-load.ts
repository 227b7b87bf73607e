// Makes TLS handshakes with openssl, each for one request, one connection after the other.
import type { LoadResult } from './load.ts';
import type { Stage } from './processes.ts';

/** What the client of a handshake does. */
export type HandshakeKind = {
  readonly version: '1.2' | '1.3';
  /** It takes up its first session again. */
  readonly isResumed: boolean;
};

export type HandshakeLoad = HandshakeKind & {
  readonly url: string;
  readonly seconds: number;
  readonly core: number | null;
};

/** Runs `openssl s_time` once. It tells no latencies. */
export async function runHandshakes(stage: Stage, load: HandshakeLoad): Promise<LoadResult> {
  const { host, pathname } = new URL(load.url);
  const version = load.version === '1.2' ? ['-tls1_2'] : ['-tls1_3', '-ciphersuites', 'TLS_AES_128_GCM_SHA256'];
  const how = [load.isResumed ? '-reuse' : '-new', ...version, '-cipher', 'ECDHE-ECDSA-AES128-GCM-SHA256'];
  const argv = [
    'openssl',
    's_time',
    '-connect',
    host,
    '-www',
    requestOf(host, pathname),
    '-time',
    String(load.seconds),
    ...how,
  ];
  const report = await stage.run({ argv, core: load.core });
  const total = /^(\d+) connections in (\d+) real seconds/m.exec(report);
  if (total === null) throw new Error(`not a report of openssl s_time:\n${report}`);
  const requests = Number(total[1]);
  const unknown = { p50: Number.NaN, p99: Number.NaN, p999: Number.NaN };
  return { requests, requestsPerSecond: requests / Number(total[2]), ...unknown, errors: 0 };
}

// s_time puts `GET ` before it and ` HTTP/1.0` behind it, and names no host. Without one, nginx gets an error from the origin, which
// ends its connection then.
function requestOf(host: string, pathname: string): string {
  return `${pathname} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\nX-Rest:`;
}
