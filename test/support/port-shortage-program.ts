// Run in a network of its own (unshare -n), which has ten local ports: what a gateway does while all of them are taken by
// connections to its backend. Writes what it has seen as JSON.
import { dlopen } from 'bun:ffi';
import { writeFileSync } from 'node:fs';
import { createGateway } from '../../src/runtime/create-gateway.ts';
import { realWorld } from '../../src/world.ts';
import { config } from './configs.ts';
import { Origin } from './origin.ts';
import { RawClient } from './raw-client.ts';
import { until } from './until.ts';

const PORTS = 10;
const AF_INET = 2;
const SOCK_DGRAM = 2;
const SIOCSIFFLAGS = 0x8914;
const UP_AND_RUNNING = 0x41;
const FLAGS_AT = 16;

function bringUpLoopback(): void {
  const { symbols } = dlopen('libc.so.6', {
    socket: { args: ['i32', 'i32', 'i32'], returns: 'i32' },
    ioctl: { args: ['i32', 'u64', 'ptr'], returns: 'i32' },
  });
  const request = new Uint8Array(40);
  request.set(new TextEncoder().encode('lo'));
  new DataView(request.buffer).setUint16(FLAGS_AT, UP_AND_RUNNING, true);
  symbols.ioctl(symbols.socket(AF_INET, SOCK_DGRAM, 0), SIOCSIFFLAGS, request);
}

/** Takes every port for connections to `port`; returns the connections. */
async function takeAll(port: number): Promise<readonly RawClient[]> {
  const taken: RawClient[] = [];
  for (;;) {
    const next = await RawClient.open(port).catch(() => null);
    if (next === null) return taken;
    taken.push(next);
  }
}

bringUpLoopback();
writeFileSync('/proc/sys/net/ipv4/ip_local_port_range', `40000 ${40000 + PORTS - 1}`);
using origin = new Origin('a');
const lines: string[] = [];
const check = 'health_check: { type: http, path: /health, interval: 100ms, fast_interval: 100ms }';
const tenant = `{ name: t, path_prefix: /, ${check}, services: [{ name: a, url: "${origin.url}" }] }`;
const world = { ...realWorld(), writeLog: (line: string) => void lines.push(line) };
const started = await createGateway(config(`tenants: [${tenant}]\n`), { world });
if (!started.ok) throw new Error(started.error);
const gateway = started.value;
const url = `http://127.0.0.1:${gateway.address.port}/`;
const backend = () => gateway.status()[0]?.backends[0];
await until(() => backend()?.health === 'healthy', 'it is healthy');
const taken = await takeAll(origin.port);
const isTold = () => lines.some((line) => line.includes('out of ports'));
await until(isTold, 'a probe could not be made');
const answers = await Promise.all(Array.from({ length: 3 }, async () => (await fetch(url)).text()));
const { health, failures } = backend() ?? { health: 'none', failures: -1 };
for (const client of taken) client.reset();
await until(async () => (await fetch(url)).status === 200, 'it is served again');
await origin.stop();
await until(() => backend()?.health === 'unhealthy', 'a backend that refuses is found out');
console.log(JSON.stringify({ answers, health, failures, lines }));
process.exit(0);
