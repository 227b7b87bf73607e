// Makes load with wrk, and reads its report.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Stage } from './processes.ts';

/** One run of wrk. */
export type Load = {
  readonly url: string;
  readonly seconds: number;
  readonly connections: number;
  readonly core: number | null;
  /** Bytes of body to POST with each request; 0: GET. */
  readonly uploadBytes?: number;
  /** Fields of every request, beside `Host`. */
  readonly fields?: readonly Field[];
  /** Number of users; each request names the next one in `X-User`; 0: none. */
  readonly users?: number;
};

/** Name and value of a header field. */
export type Field = readonly [string, string];

/** The result of one run; latencies in microseconds. */
export type LoadResult = {
  readonly requests: number;
  readonly requestsPerSecond: number;
  readonly p50: number;
  readonly p99: number;
  /** NaN where nobody tells: wrk does not. */
  readonly p999: number;
  /** Socket errors and answers that were neither 2xx nor 3xx. */
  readonly errors: number;
};

const MICROS = { us: 1, ms: 1000, s: 1_000_000, m: 60_000_000, h: 3_600_000_000 } as const;

/** Runs wrk once. */
export async function runLoad(stage: Stage, load: Load): Promise<LoadResult> {
  const flags = ['-t1', `-c${load.connections}`, `-d${load.seconds}s`, '--latency'];
  const fields = (load.fields ?? []).flatMap(([name, value]) => ['-H', `${name}: ${value}`]);
  const argv = ['wrk', ...flags, ...fields, ...scriptOf(stage, load), load.url];
  const environment = { OPENSSL_CONF: writeTlsPreferences(stage) };
  return parseWrk(await stage.run({ argv, core: load.core, environment }));
}

/** Reads the report that `wrk --latency` prints. */
function parseWrk(report: string): LoadResult {
  const total = /(\d+) requests in ([\d.]+)(us|ms|s|m|h)/.exec(report);
  if (total === null) throw new Error(`not a report of wrk:\n${report}`);
  const requests = Number(total[1]);
  const seconds = microsOf(total[2], total[3]) / MICROS.s;
  const sockets = /Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)/.exec(report) ?? [];
  const statuses = /Non-2xx or 3xx responses: (\d+)/.exec(report) ?? [];
  const errors = [...sockets.slice(1), ...statuses.slice(1)].reduce((sum, count) => sum + Number(count), 0);
  return {
    requests,
    requestsPerSecond: requests / seconds,
    p50: percentile(report, 50),
    p99: percentile(report, 99),
    p999: Number.NaN,
    errors,
  };
}

function percentile(report: string, rank: number): number {
  const match = new RegExp(`^\\s+${rank}%\\s+([\\d.]+)(us|ms|s|m|h)$`, 'm').exec(report);
  return match === null ? Number.NaN : microsOf(match[1], match[2]);
}

function microsOf(amount: string, unit: string): number {
  const factor = Object.entries(MICROS).find(([name]) => name === unit)?.[1] ?? Number.NaN;
  return Number(amount) * factor;
}

function scriptOf(stage: Stage, { uploadBytes = 0, users = 0 }: Load): readonly string[] {
  if (uploadBytes > 0) return ['-s', writeScript(stage, `upload-${uploadBytes}`, uploadScript(uploadBytes))];
  return users > 0 ? ['-s', writeScript(stage, `users-${users}`, usersScript(users))] : [];
}

function uploadScript(size: number): string {
  return `wrk.method = 'POST'\nwrk.body = string.rep('x', ${size})\n`;
}

// All requests are made beforehand: wrk calls `request` each time it sends one.
function usersScript(users: number): string {
  return `local requests, at = {}, 0
function init()
  for user = 1, ${users} do requests[user] = wrk.format(nil, nil, { ['X-User'] = 'user-' .. user }) end
end
function request()
  at = at % ${users} + 1
  return requests[at]
end
`;
}

function writeScript(stage: Stage, name: string, text: string): string {
  const path = join(stage.directory, `${name}.lua`);
  writeFileSync(path, text);
  return path;
}

// TLS libraries choose different ciphers when a client offers several. wrk offers only one, so that all programs do the same
// work.
function writeTlsPreferences(stage: Stage): string {
  const path = join(stage.directory, 'openssl.cnf');
  writeFileSync(
    path,
    `openssl_conf = main
[main]
ssl_conf = ssl
[ssl]
system_default = defaults
[defaults]
MinProtocol = TLSv1.3
Ciphersuites = TLS_AES_128_GCM_SHA256
`,
  );
  return path;
}
