// What the gateway does when it has no descriptor or port left: it is never held against a backend, and takes no core.
import { describe, expect, test } from 'bun:test';
import { join } from 'node:path';
import { ALONE, GatewayProcess, keystone } from '../support/gateway-process.ts';
import { Origin } from '../support/origin.ts';
import { cpuOf } from '../support/processes.ts';
import { RawClient } from '../support/raw-client.ts';
import { until } from '../support/until.ts';
import { pathTenant } from '../support/yaml.ts';

const GET = 'GET / HTTP/1.1\r\nHost: a.test\r\n\r\n';
const BOUND = 10_000;
const MEASURED_MS = 1000;
const isLinux = process.platform === 'linux';

function limited(descriptors: number): readonly string[] {
  return ['prlimit', `--nofile=${descriptors}:${descriptors}`];
}

/** Connections that stay open and say nothing, until `count` were tried. */
async function crowd(port: number, count: number): Promise<readonly RawClient[]> {
  const clients: RawClient[] = [];
  for (let n = 0; n < count; n++) clients.push(await RawClient.open(port));
  return clients;
}

async function ask(client: RawClient): Promise<string> {
  client.received = '';
  await client.send(GET);
  await client.until(({ received, peer }) => received.includes('\r\n\r\n') || peer !== 'open', BOUND);
  return client.received.split('\r\n')[0] ?? '';
}

/** The share of a core that a process takes, over a second. */
async function loadOf(pid: number): Promise<number> {
  const [before, since] = [await cpuOf(pid), performance.now()];
  await until(() => performance.now() - since > MEASURED_MS, 'the time is over');
  return ((await cpuOf(pid)) - before) / (MEASURED_MS / 1000);
}

function setLimit(pid: number, soft: number, hard: number): void {
  Bun.spawnSync(['prlimit', '--pid', String(pid), `--nofile=${soft}:${hard}`]);
}

// Each process has the limit for itself, and the tests count the descriptors of one.
describe.if(isLinux)('a gateway whose clients take as many descriptors as they can', () => {
  test('keeps one half for its backends: those that it serves go on, and all backends stay healthy', async () => {
    using a = new Origin('a');
    using b = new Origin('b');
    const yaml = pathTenant('/', [a, b]);
    await using gateway = await GatewayProcess.start(yaml, ALONE, 0, limited(64));
    await until(async () => (await fetch(`${gateway.admin}/health`)).status === 200, 'it is healthy');
    using kept = await RawClient.open(gateway.port);
    expect(await ask(kept)).toBe('HTTP/1.1 200 OK');
    const clients = await crowd(gateway.port, 100);
    await until(() => clients.filter(({ peer }) => peer !== 'open').length > 60, 'the last ones are refused');
    expect(await loadOf(gateway.pid)).toBeLessThan(0.3);
    const accepted = clients.filter(({ peer }) => peer === 'open');
    expect(accepted.length).toBeGreaterThan(5);
    expect(accepted.length).toBeLessThan(32);
    expect(clients.find(({ peer }) => peer !== 'open')?.received).toContain('503 gateway-full');
    expect(new Set(await Promise.all([kept, ...accepted].map(ask)))).toEqual(new Set(['HTTP/1.1 200 OK']));
    await until(() => (gateway.errors.match(/connection refused/g) ?? []).length === 1, 'it is told');
    expect(gateway.errors).toContain('limit=64');
    expect(gateway.errors).not.toContain('unhealthy');
    for (const client of clients) client[Symbol.dispose]();
    await until(async () => (await fetch(gateway.url).catch(() => null))?.status === 200, 'others are served again');
  });

  test('takes no core while something else takes all of them, and goes on when they come free', async () => {
    using origin = new Origin('a');
    await using gateway = await GatewayProcess.start(pathTenant('/', [origin]), ALONE, 0, limited(64));
    await until(async () => (await fetch(`${gateway.admin}/health`)).status === 200, 'it is healthy');
    using kept = await RawClient.open(gateway.port);
    expect(await ask(kept)).toBe('HTTP/1.1 200 OK');
    setLimit(gateway.pid, 3, 64); // less than it has open already
    using late = await RawClient.open(gateway.port);
    await late.send(GET);
    await until(
      () => gateway.errors.includes('no connections are accepted: out of descriptors" limit=3'),
      'it is told',
    );
    expect(await loadOf(gateway.pid)).toBeLessThan(0.3);
    expect(await ask(kept)).toMatch(/^HTTP\/1\.1 (200|503)/);
    await until(() => gateway.errors.includes('the gateway is out of descriptors" limit=3'), 'a probe cannot be made');
    expect(late.received).toBe('');
    setLimit(gateway.pid, 64, 64);
    expect(await late.until(({ received }) => received.includes('200 OK'), BOUND)).toBe(true);
    expect(gateway.errors).not.toContain('unhealthy');
  });
});

describe.if(isLinux)('the limit of descriptors', () => {
  test('is raised as far as it may be, and compared with what is configured', async () => {
    const yaml = 'limits: { connections: 400 }\ntenants: []\n';
    await using enough = await GatewayProcess.start(yaml, {}, 0, ['prlimit', '--nofile=256:1024']);
    expect(await Bun.file(`/proc/${enough.pid}/limits`).text()).toMatch(/Max open files +1024 +1024/);
    expect(enough.errors).not.toMatch(/ (?:warn|error) /);
    await using few = await GatewayProcess.start(yaml, {}, 0, limited(512));
    await until(() => few.errors.includes('\n'), 'it warns');
    expect(few.errors).toContain('limit=512 needed=800 connections=400 possible=256');
  });

  test('is told by keystone check, too', async () => {
    const file = join(import.meta.dir, '../../examples/minimal.yaml');
    const { code, errors } = await keystone(['check', '--config', file], {}, limited(1024));
    expect([code, errors]).toEqual([0, expect.stringContaining('a process may have 1024 here (RLIMIT_NOFILE')]);
  });
});

const canUnshare = isLinux && Bun.spawnSync(['unshare', '-n', 'true']).exitCode === 0;

describe.if(canUnshare)('a gateway without a local port left for its backend', () => {
  test('calls it a lack of its own, and a backend that refuses one that refuses', async () => {
    const program = join(import.meta.dir, '../support/port-shortage-program.ts');
    const child = Bun.spawn(['unshare', '-n', process.execPath, program], { stdout: 'pipe' });
    const seen: unknown = JSON.parse(await new Response(child.stdout).text());
    expect(seen).toMatchObject({ health: 'healthy', failures: 0 });
    expect(seen).toHaveProperty(
      'answers',
      Array.from({ length: 3 }, () => expect.stringContaining('503 gateway-full')),
    );
    expect(seen).toHaveProperty(
      'lines.0',
      expect.stringContaining('"level":"warn","msg":"the gateway is out of ports"'),
    );
  });
});
