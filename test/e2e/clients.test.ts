import { describe, expect, test } from 'bun:test';
import { curl } from '../support/curl.ts';
import { GatewayProcess } from '../support/gateway-process.ts';
import { Origin, type Seen } from '../support/origin.ts';
import { needs } from '../support/programs.ts';
import { pathTenant } from '../support/yaml.ts';

const seen = (body: string): Seen => JSON.parse(body) as Seen;

describe.if(needs('curl'))('the id of a request', () => {
  const ID = /^[0-9a-f]{24}$/;

  test('is on every answer, and is the one that the backend has got', async () => {
    using origin = new Origin('a');
    await using gateway = await GatewayProcess.start(pathTenant('/', [origin]));
    for (const words of [['-X', 'GET'], ['--http1.0'], ['-d', 'x=1']]) {
      const { body, headers } = await curl(...words, gateway.url);
      expect(headers.get('x-request-id')).toMatch(ID);
      expect(headers.get('x-request-id')).toBe(seen(body).headers['x-request-id'] ?? '');
    }
    expect((await curl(`${gateway.url}/%zz`)).headers.get('x-request-id')).toMatch(ID);
  });

  test('is kept from clients where that is configured', async () => {
    using origin = new Origin('a');
    await using gateway = await GatewayProcess.start(`request_id: requests\n${pathTenant('/', [origin])}`);
    const { body, headers } = await curl(gateway.url);
    expect([headers.get('x-request-id'), seen(body).headers['x-request-id']]).toEqual([
      null,
      expect.stringMatching(ID),
    ]);
  });
});

describe.if(needs('curl'))('who the client is', () => {
  test('is what a trusted proxy says, added to; and the answer carries the id of the request', async () => {
    using origin = new Origin('a');
    await using gateway = await GatewayProcess.start(`trusted_proxies: ["127.0.0.0/8"]\n${pathTenant('/', [origin])}`);
    const claims = [
      'X-Forwarded-For: 192.0.2.7',
      'X-Forwarded-Proto: https',
      'X-Forwarded-Host: shop.test',
      'X-Request-Id: abc',
    ];
    const { headers } = seen((await curl(...claims.flatMap((claim) => ['-H', claim]), gateway.url)).body);
    expect(headers).toMatchObject({
      'x-forwarded-for': '192.0.2.7, 127.0.0.1',
      'x-forwarded-proto': 'https',
      'x-forwarded-host': 'shop.test',
      'x-request-id': 'abc',
    });
    const refused = await curl('-H', 'X-Forwarded-For: 192.0.2.7', `${gateway.admin}/tenants`);
    expect(refused.status).toBe(403);
  });

  test('is what the PROXY protocol says, on a listener that asks for it, and nobody else is served there', async () => {
    using origin = new Origin('a');
    const listeners = 'listeners: [{ address: "127.0.0.1:0", proxy_protocol: { from: any } }]\n';
    await using gateway = await GatewayProcess.start(listeners + pathTenant('/', [origin]));
    const ports = [...gateway.output.matchAll(/:(\d+) \(/g)].map((match) => match[1]);
    const url = `http://127.0.0.1:${ports[1]}`;
    const { headers } = seen((await curl('--haproxy-protocol', url)).body);
    expect(headers['x-forwarded-for']).toBe('127.0.0.1');
    expect((await curl(url)).status).toBe(0);
  });

  test('decides the form of an answer of the gateway itself', async () => {
    await using gateway = await GatewayProcess.start('tenants: []');
    const ask = async (accept: string) => (await curl('-H', `Accept: ${accept}`, `${gateway.url}/x`)).headers;
    expect((await ask('*/*')).get('content-type')).toContain('text/plain');
    expect((await ask('application/json')).get('content-type')).toBe('application/problem+json');
    expect((await ask('text/html,application/xhtml+xml,*/*;q=0.8')).get('content-type')).toContain('text/html');
    const { body, headers } = await curl('-H', 'Accept: application/json', `${gateway.url}/x`);
    expect(JSON.parse(body)).toMatchObject({ status: 404, code: 'no-route', request_id: headers.get('x-request-id') });
  });
});
