// What every endpoint of the admin API must do.
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { endpoints } from '../../src/admin/registry.ts';
import { GatewayProcess } from '../support/gateway-process.ts';
import { Origin } from '../support/origin.ts';
import { until } from '../support/until.ts';
import { pathTenant } from '../support/yaml.ts';

const TOKEN = 'a-token-of-the-tests';
let origin: Origin;
let gateway: GatewayProcess;
let guarded: GatewayProcess;

beforeAll(async () => {
  origin = new Origin('a');
  const yaml = pathTenant('/', [origin]);
  gateway = await GatewayProcess.start(yaml);
  guarded = await GatewayProcess.start(`admin_base_path: /ops\nadmin: { tokens: ["\${TOKEN}"] }\n${yaml}`, { TOKEN });
  for (const url of [`${gateway.url}/admin`, `${guarded.url}/ops`]) {
    await until(async () => (await fetch(`${url}/health`)).status === 200, 'it is healthy');
  }
});

afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  await guarded[Symbol.asyncDispose]();
  origin[Symbol.dispose]();
});

describe.each(endpoints.map((endpoint) => [endpoint.path, endpoint] as const))('the endpoint %s', (path, endpoint) => {
  test('answers GET with JSON that nobody may cache', async () => {
    const response = await fetch(`${gateway.url}/admin${path}`);
    expect([response.status, response.headers.get('cache-control')]).toEqual([200, 'no-store']);
    expect(response.headers.get('content-type')).toContain('application/json');
    expect(await response.json()).toBeObject();
  });

  test('answers HEAD like GET, without a body', async () => {
    const response = await fetch(`${gateway.url}/admin${path}`, { method: 'HEAD' });
    expect([response.status, await response.text()]).toEqual([200, '']);
    expect(Number(response.headers.get('content-length'))).toBeGreaterThan(2);
  });

  test.each(['POST', 'PUT', 'DELETE'])('refuses %s and says what it takes', async (method) => {
    const response = await fetch(`${gateway.url}/admin${path}`, { method });
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
  });

  test('shows operators what it shows nobody else', async () => {
    const ask = async (headers: Record<string, string>) =>
      (await fetch(`${guarded.url}/ops${path}`, { headers })).status;
    expect(await ask({})).toBe(endpoint.access === 'public' ? 200 : 401);
    expect(await ask({ authorization: 'Bearer a-token-of-somebody' })).toBe(endpoint.access === 'public' ? 200 : 401);
    expect(await ask({ authorization: `Bearer ${TOKEN}` })).toBe(200);
  });
});

test('what is below the admin path and no endpoint is a 404, and never proxied', async () => {
  const before = origin.requests;
  for (const path of ['/admin', '/admin/', '/admin/nothing', '/admin/health/x', '/admin//health']) {
    const { status } = await fetch(gateway.url + path);
    expect([path, status]).toEqual([path, 404]);
  }
  expect(origin.requests).toBe(before);
});
