// Backends on Unix sockets: traffic and probes.
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { curl } from '../support/curl.ts';
import { GatewayProcess } from '../support/gateway-process.ts';
import { until } from '../support/until.ts';

type Seen = { readonly url: string; readonly host: string | null };

describe('a backend on a Unix socket', () => {
  let folder = '';
  let socket = '';
  let server: ReturnType<typeof serve>;
  const probes: string[] = [];

  function serve() {
    return Bun.serve({
      unix: socket,
      fetch(request) {
        const { pathname, search } = new URL(request.url);
        if (pathname === '/health') probes.push(request.headers.get('host') ?? '');
        return Response.json({ url: pathname + search, host: request.headers.get('host') });
      },
    });
  }

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'keystone-'));
    socket = join(folder, 'app.sock');
    server = serve();
  });

  afterAll(async () => {
    await server.stop(true);
    await rm(folder, { recursive: true });
  });

  test('gets requests and probes, and is out while nobody listens there', async () => {
    const text = `tenants:
  - name: app
    path_prefix: /
    health_check: { interval: 200ms, timeout: 200ms, fast_interval: 50ms, down_interval: 200ms }
    services: [{ name: only, url: "unix:${socket}", health: /health }]
  - { name: base, domains: [base.test], pass_host_header: false, services: [{ name: only, url: "http://unix:${socket}:/base?a=1" }] }
  - { name: none, domains: [none.test], services: [{ name: only, url: "unix:${folder}/none.sock" }] }
`;
    await using gateway = await GatewayProcess.start(text);
    const ask = async (host: string): Promise<Seen | number> => {
      const { status, body } = await curl('-H', `Host: ${host}`, `${gateway.url}/x?q=1`);
      return status === 200 ? (JSON.parse(body) as Seen) : status;
    };
    await until(async () => typeof (await ask('a.test')) !== 'number', 'the first probe has passed');
    expect(await ask('a.test')).toEqual({ url: '/x?q=1', host: 'a.test' });
    expect(await ask('base.test')).toEqual({ url: '/base/x?a=1&q=1', host: 'localhost' });
    expect(await ask('none.test')).toBe(502);
    expect(probes[0]).toBe('localhost');
    await server.stop(true);
    const report = async () => await (await fetch(`${gateway.admin}/backends/app/only`)).text();
    await until(async () => (await report()).includes('"health":"unhealthy"'), 'it is down');
    expect(await report()).toContain(`"url":"unix:${socket}"`);
    expect(await report()).toContain('The socket of the backend does not exist');
    server = serve();
    await until(async () => typeof (await ask('a.test')) !== 'number', 'it is back');
  });
});
