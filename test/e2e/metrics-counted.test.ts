// What the metrics say of connections, bytes, probes, reloads, handshakes and lines of the log, beside what the other side has counted.
import { describe, expect, setDefaultTimeout, test } from 'bun:test';
import { once } from 'node:events';
import { connect } from 'node:tls';
import { CountingRelay } from '../support/counting-relay.ts';
import { GatewayProcess, keystone } from '../support/gateway-process.ts';
import { MadeCertificate } from '../support/made-certificate.ts';
import { NodeProgram, hasNode } from '../support/node-program.ts';
import { Origin } from '../support/origin.ts';
import { freePort } from '../support/ports.ts';
import { Scrape } from '../support/scrape.ts';
import { until } from '../support/until.ts';
import { pathTenant, services, uncheckedTenant } from '../support/yaml.ts';

setDefaultTimeout(60_000);

const BIG = 'x'.repeat(900_000);

async function answer(request: Request): Promise<Response> {
  const body = await request.text();
  return new Response(request.method === 'POST' ? body : 'hello');
}

/** Asks one after the other. */
async function ask(gateway: GatewayProcess, count: number): Promise<void> {
  for (let at = 0; at < count; at++) await (await fetch(`${gateway.url}/`)).text();
  const posted = await fetch(`${gateway.url}/`, { method: 'POST', body: BIG });
  expect((await posted.text()).length).toBe(BIG.length);
}

async function expectSame(gateway: GatewayProcess, relay: CountingRelay): Promise<Scrape> {
  const told = async (): Promise<readonly number[]> => {
    const scrape = await Scrape.of(gateway.admin);
    return ['opened_total', 'sent', 'received'].map((name) =>
      name === 'opened_total'
        ? scrape.sum('keystone_backend_connections_opened_total')
        : scrape.sum(`keystone_backend_${name}_bytes_total`),
    );
  };
  const isSame = async (): Promise<boolean> =>
    JSON.stringify(await told()) === JSON.stringify([relay.connections, relay.to, relay.from]);
  await until(isSame, 'both have counted the same').catch(() => undefined);
  expect(await told()).toEqual([relay.connections, relay.to, relay.from]);
  return await Scrape.of(gateway.admin);
}

describe('the metrics of a backend', () => {
  test('have the connections and bytes that it has seen', async () => {
    using origin = new Origin('a', answer);
    await using relay = await CountingRelay.before(origin.url);
    await using gateway = await GatewayProcess.start(uncheckedTenant('/', [{ name: 'a', url: relay.url }]));
    await ask(gateway, 20);
    const scrape = await expectSame(gateway, relay);
    expect(relay.connections).toBeGreaterThan(0);
    const requests = 21;
    expect(scrape.sum('keystone_backend_connections_reused_total')).toBe(requests - relay.connections);
    const labels = ['tenant="main"', 'backend="a"'];
    expect(scrape.sum('keystone_backend_connections', ...labels)).toBeGreaterThan(0);
  });

  test.if(hasNode)('have those of HTTP/2, where one connection carries many requests', async () => {
    await using origin = NodeProgram.start('h2-server.mjs', 'plain');
    const [, port] = await origin.said(/listening (\d+)/);
    await using relay = await CountingRelay.before(`http://127.0.0.1:${port}`);
    const service = `{ name: a, url: "${relay.url}", protocol: h2 }`;
    await using gateway = await GatewayProcess.start(
      `tenants:\n  - { name: main, path_prefix: /, services: [${service}] }\n`,
    );
    for (let at = 0; at < 10; at++) await (await fetch(`${gateway.url}/`)).text();
    expect((await (await fetch(`${gateway.url}/large`)).arrayBuffer()).byteLength).toBe(4 * 1024 * 1024);
    const echoed = await fetch(`${gateway.url}/echo`, { method: 'POST', body: BIG });
    expect((await echoed.text()).length).toBe(BIG.length);
    const scrape = await expectSame(gateway, relay);
    expect(scrape.sum('keystone_backend_connections_reused_total')).toBe(12 - relay.connections);
  });

  test('have connections that could not be opened, and requests that failed by that', async () => {
    const dead = freePort();
    const more = '    outlier_ejection: { enabled: false }\n    retry: { attempts: 0 }\n';
    const yaml = uncheckedTenant('/', [{ name: 'a', url: `http://127.0.0.1:${dead}` }], more);
    await using gateway = await GatewayProcess.start(yaml);
    for (let at = 0; at < 7; at++) expect((await fetch(gateway.url)).status).toBe(502);
    const read = async (): Promise<readonly number[]> => {
      const scrape = await Scrape.of(gateway.admin);
      return [
        scrape.sum('keystone_backend_connections_failed_total', 'tenant="main"', 'backend="a"'),
        scrape.sum('keystone_backend_connections_opened_total'),
        scrape.sum('keystone_failures_total', 'tenant="main"', 'code="connect-refused"'),
      ];
    };
    await until(async () => (await read())[2] === 7, 'all are counted');
    expect(await read()).toEqual([7, 0, 7]);
  });

  test('have the probes that it has answered, well or badly', async () => {
    let probes = 0;
    let isWell = true;
    using good = new Origin('a', (request) => {
      if (new URL(request.url).pathname === '/health') probes++;
      return new Response('', { status: isWell ? 200 : 503 });
    });
    using other = new Origin('b');
    const beside = `  - name: other\n    domains: [other.test]\n    health_interval: 1\n${services([other])}`;
    await using gateway = await GatewayProcess.start(`${pathTenant('/', [good])}${beside}`);
    const counted = async (result: string): Promise<number> =>
      (await Scrape.of(gateway.admin)).sum(
        'keystone_backend_probes_total',
        'tenant="main"',
        'backend="a"',
        `result="${result}"`,
      );
    await until(async () => (await counted('passed')) >= 2, 'two have passed');
    expect(await counted('failed')).toBe(0);
    isWell = false;
    await until(async () => (await counted('failed')) >= 2, 'two have failed');
    const scrape = await Scrape.of(gateway.admin);
    const all = scrape.sum('keystone_backend_probes_total', 'backend="a"');
    expect(all).toBeLessThanOrEqual(probes);
    expect(scrape.sum('keystone_backend_probe_duration_seconds_count', 'backend="a"')).toBe(all);
    expect(scrape.sum('keystone_backend_probe_duration_seconds_sum', 'backend="a"')).toBeGreaterThan(0);
    expect(scrape.sum('keystone_probe_duration_seconds_count')).toBe(scrape.sum('keystone_backend_probes_total'));
    expect(scrape.sum('keystone_probe_duration_seconds_bucket', 'le="+Inf"')).toBe(
      scrape.sum('keystone_backend_probes_total'),
    );
  });
});

describe('the metrics of the gateway', () => {
  test('say what has become of reloads', async () => {
    using origin = new Origin('a');
    const yaml = uncheckedTenant('/', [origin]);
    await using gateway = await GatewayProcess.start(yaml);
    const read = async (): Promise<readonly number[]> => {
      const scrape = await Scrape.of(gateway.admin);
      return ['reloads_total', 'reloads_failed_total', 'last_reload_successful'].map((name) =>
        scrape.sum(`keystone_config_${name}`),
      );
    };
    const at = async (): Promise<number> =>
      (await Scrape.of(gateway.admin)).sum('keystone_config_last_reload_timestamp_seconds');
    expect(await read()).toEqual([0, 0, 1]);
    const began = await at();
    await gateway.rewrite('tenats: []\n');
    await keystone(['reload', '--url', gateway.admin]);
    expect(await read()).toEqual([0, 1, 0]);
    expect(await at()).toBeGreaterThan(began);
    await gateway.rewrite(`${yaml}request_id: requests\n`);
    await keystone(['reload', '--url', gateway.admin]);
    expect(await read()).toEqual([1, 1, 1]);
  });

  test('have TLS handshakes by version, with those that have resumed a session', async () => {
    await using files = await MadeCertificate.make('a.test', 2);
    const tls = `tls: { cert_file: "${files.cert}", key_file: "${files.key}" }\n`;
    await using gateway = await GatewayProcess.start(`${tls}tenants: []\n`);
    const shake = async (version: 'TLSv1.2' | 'TLSv1.3', session?: Buffer): Promise<Buffer> => {
      const options = { port: gateway.port, host: '127.0.0.1', rejectUnauthorized: false };
      const bounds = { minVersion: version, maxVersion: version } as const;
      const socket = connect({ ...options, ...bounds, ...(session === undefined ? {} : { session }) });
      await once(socket, 'secureConnect');
      const got = socket.getSession() ?? Buffer.alloc(0);
      socket.end();
      return got;
    };
    await shake('TLSv1.3');
    await shake('TLSv1.3');
    const session = await shake('TLSv1.2');
    await shake('TLSv1.2', session);
    const shaken = async (version: string): Promise<number> =>
      (await Scrape.of(gateway.admin)).sum('keystone_tls_handshakes_total', `version="${version}"`);
    await until(async () => (await shaken('TLSv1.3')) + (await shaken('TLSv1.2')) === 4, 'all are counted');
    expect([await shaken('TLSv1.3'), await shaken('TLSv1.2')]).toEqual([2, 2]);
  });

  test('have the lines of the access log that were not written', async () => {
    using origin = new Origin('a', () => new Response('well'));
    const log = 'access_log: { output: /dev/full, buffer_bytes: 64KiB }\n';
    await using gateway = await GatewayProcess.start(log + uncheckedTenant('/', [origin]));
    for (let at = 0; at < 400; at++) await (await fetch(gateway.url)).text();
    const read = async (name: string): Promise<number> =>
      (await Scrape.of(gateway.admin)).sum(`keystone_access_log_${name}_total`);
    await until(async () => (await read('lines_dropped')) > 50, 'lines are dropped');
    await until(async () => (await read('write_failures')) > 0, 'a write has failed');
    expect(await read('lines')).toBe(0);
  });
});
