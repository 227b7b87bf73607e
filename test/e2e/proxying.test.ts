import { describe, expect, test } from 'bun:test';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { curl } from '../support/curl.ts';
import { GatewayProcess } from '../support/gateway-process.ts';
import { Origin, type Seen } from '../support/origin.ts';
import { needs } from '../support/programs.ts';
import { pathTenant, services } from '../support/yaml.ts';

const seen = (body: string): Seen => JSON.parse(body) as Seen;

describe.if(needs('curl'))('the gateway, asked by curl', () => {
  test('routes by host and path, then host, then path, and strips what the original strips', async () => {
    using shop = new Origin('shop');
    using api = new Origin('api');
    using hybrid = new Origin('hybrid');
    const yaml = `tenants:
  - name: shop
    domains: ["shop.test", "*.shop.test"]
${services([shop])}
  - name: api
    path_prefix: "/api/"
${services([api])}
  - name: hybrid
    domains: ["shop.test"]
    path_prefix: "/v1/"
${services([hybrid])}`;
    await using gateway = await GatewayProcess.start(yaml);
    const ask = async (host: string, target: string): Promise<string> => {
      const { body } = await curl('-H', `Host: ${host}`, '--path-as-is', gateway.url + target);
      return `${seen(body).origin} ${seen(body).url}`;
    };
    expect(await ask('shop.test', '/a/b?x=1')).toBe('shop /a/b?x=1');
    expect(await ask('SHOP.test.:80', '/v1/a?x=1')).toBe('hybrid /a?x=1');
    expect(await ask('eu.shop.test', '/v1/a')).toBe('shop /v1/a');
    expect(await ask('other.test', '/api/')).toBe('api /');
    // Not `//x`: origins would take that for the name of a host, and redirect there.
    expect(await ask('other.test', '/api//x%2Fy')).toBe('api /x%2Fy');
    expect((await curl('-H', 'Host: other.test', `${gateway.url}/x`)).status).toBe(404);
    expect((await curl('-H', 'Host: other.test', `${gateway.url}/apix`)).status).toBe(404);
    const redirect = await curl('-H', 'Host: other.test', `${gateway.url}/api?x=1`);
    expect([redirect.status, redirect.headers.get('location')]).toEqual([308, '/api/?x=1']);
  });

  test('joins path, query and credentials of the backend URL', async () => {
    using origin = new Origin('a');
    const url = origin.url.replace('http://', 'http://user:p%40ss@');
    await using gateway = await GatewayProcess.start(pathTenant('/api/', [{ name: 'a', url: `${url}/base/?own=1` }]));
    const answer = seen((await curl(`${gateway.url}/api/x?y=2`)).body);
    expect(answer.url).toBe('/base/x?own=1&y=2');
    expect(answer.headers['authorization']).toBe(`Basic ${btoa('user:p@ss')}`);
    const { body } = await curl(`${gateway.admin}/tenants`);
    expect(body).not.toContain('p%40ss');
    expect(body).not.toContain('p@ss');
  });

  test('tells the backend who asked, and drops what is hop by hop', async () => {
    using origin = new Origin('a');
    await using gateway = await GatewayProcess.start(pathTenant('/', [origin]));
    const fields = ['X-Forwarded-For: 6.6.6.6', 'Connection: X-Gone', 'X-Gone: 1', 'X-Kept: 2', 'Proxy-Connection: a'];
    const { headers } = seen(
      (await curl(...fields.flatMap((field) => ['-H', field]), '-H', 'Host: a.test', gateway.url)).body,
    );
    expect(headers).toMatchObject({
      host: 'a.test',
      'x-forwarded-for': '127.0.0.1',
      'x-forwarded-proto': 'http',
      'x-forwarded-host': 'a.test',
      'x-forwarded-port': '80',
      'x-real-ip': '127.0.0.1',
      'x-kept': '2',
    });
    expect(headers).not.toHaveProperty('x-gone');
    expect(headers).not.toHaveProperty('proxy-connection');
  });

  test('passes on what a client claims where the tenant lists it, and nothing else of it', async () => {
    using origin = new Origin('a');
    const list = '    allow_claims: [X-Forwarded-User, ssl_client_cert]\n';
    await using gateway = await GatewayProcess.start(pathTenant('/', [origin], list));
    const fields = ['x-forwarded-user: ada', 'SSL_Client_Cert: c', 'SSL-Client-Cert: d', 'Remote-User: eve'];
    const { headers } = seen((await curl(...fields.flatMap((field) => ['-H', field]), gateway.url)).body);
    expect(headers).toMatchObject({ 'x-forwarded-user': 'ada', ssl_client_cert: 'c' });
    expect(headers).not.toHaveProperty('remote-user');
    expect(headers).not.toHaveProperty('ssl-client-cert');
  });

  test('passes bodies of any size both ways, with a length and in chunks', async () => {
    using origin = new Origin('echo', (request) => new Response(request.body));
    await using gateway = await GatewayProcess.start(pathTenant('/', [origin]));
    const directory = await mkdtemp(join(tmpdir(), 'keystone-test-'));
    const file = join(directory, 'body');
    const back = join(directory, 'back');
    const bytes = crypto.getRandomValues(new Uint8Array(60_000));
    await Bun.write(file, new Blob(Array.from({ length: 100 }, () => bytes)));
    for (const more of [[], ['-H', 'Transfer-Encoding: chunked'], ['--http1.0']]) {
      await curl(...more, '--no-include', '-o', back, '--data-binary', `@${file}`, `${gateway.url}/echo`);
      expect(Bun.hash(await Bun.file(back).arrayBuffer())).toBe(Bun.hash(await Bun.file(file).arrayBuffer()));
    }
    await rm(directory, { recursive: true });
  });

  test('keeps the connection of a client and of a backend', async () => {
    using origin = new Origin('a');
    await using gateway = await GatewayProcess.start(pathTenant('/', [origin]));
    const words = ['--write-out', '%{num_connects} ', '--output', '/dev/null'];
    const { body } = await curl('--no-include', ...words, gateway.url, ...words, gateway.url, ...words, gateway.url);
    expect(body.trim()).toBe('1 0 0');
    const { tenants } = (await (await fetch(`${gateway.admin}/tenants`)).json()) as {
      tenants: { backends: { idle_connections: number }[] }[];
    };
    expect(tenants[0]?.backends[0]?.idle_connections).toBe(1);
  });

  test('answers for itself at any length', async () => {
    const tenants = Array.from({ length: 3000 }, (_, n) => `  - { name: t${n}, path_prefix: "/${n}/" }\n`);
    await using gateway = await GatewayProcess.start(`tenants:\n${tenants.join('')}`);
    const { body } = await curl(`${gateway.admin}/tenants`);
    expect((JSON.parse(body) as { tenants: unknown[] }).tenants.length).toBe(3000);
    expect(body.length).toBeGreaterThan(256 * 1024);
  });
});
