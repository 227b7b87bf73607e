// An API that is described in a file: real clients, and an origin that only sees what it has described.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, expect, setDefaultTimeout, test } from 'bun:test';
import { GatewayProcess, keystone } from '../support/gateway-process.ts';
import { Origin } from '../support/origin.ts';
import { until } from '../support/until.ts';

// The library that checks is loaded with the first request of each process.
setDefaultTimeout(20_000);

const SHOP = resolve(import.meta.dir, '../../examples/apis/shop.yaml');

function config({ url }: Pick<Origin, 'url'>, options: object): string {
  const cors = { cors: { origins: ['https://app.example.com'] } };
  const tenant = {
    name: 'shop',
    path_prefix: '/api/',
    strip_prefix: false,
    services: [{ name: 'a', url }],
    policies: [cors, { openapi: { file: SHOP, ...options } }],
  };
  return `tenants:\n  - ${JSON.stringify(tenant)}\n`;
}

const JSON_FIELDS = {
  'Content-Type': 'application/json',
  Accept: 'application/json',
  Origin: 'https://app.example.com',
};

function post(
  url: string,
  body: string | ReadableStream,
  headers: Record<string, string> = JSON_FIELDS,
): Promise<Response> {
  return fetch(`${url}/api/items`, { method: 'POST', body, headers });
}

describe('an API that is described', () => {
  test('gets what the description has, whole, and nothing else', async () => {
    using origin = new Origin('a');
    await using gateway = await GatewayProcess.start(config(origin, {}));
    const item = JSON.stringify({ name: 'chair', price: 10, tags: ['wood'] });
    const made = await post(gateway.url, item);
    expect(await made.json()).toMatchObject({ method: 'POST', url: '/api/items', body: item });
    const pieces = new Blob([item.slice(0, 5), item.slice(5)]).stream();
    expect(await (await post(gateway.url, pieces)).json()).toMatchObject({ body: item });
    expect((await fetch(`${gateway.url}/api/items?limit=7`)).status).toBe(200);
    expect(origin.requests).toBe(3);
    const statuses = await Promise.all([
      fetch(`${gateway.url}/api/items?limit=700`),
      fetch(`${gateway.url}/api/items/7`),
      fetch(`${gateway.url}/api/orders`),
      fetch(`${gateway.url}/api/items`, { method: 'PUT', body: item }),
      post(gateway.url, item, { 'Content-Type': 'text/plain' }),
      post(gateway.url, 'x'.repeat(1024 * 1024 + 1)),
    ]);
    expect(statuses.map(({ status }) => status)).toEqual([400, 400, 404, 405, 415, 413]);
    expect(statuses[3]?.headers.get('allow')).toBe('GET, POST, HEAD');
    expect(origin.requests).toBe(3);
  });

  test('has refusals that say what is wrong, and where, also to pages of other origins', async () => {
    using origin = new Origin('a');
    await using gateway = await GatewayProcess.start(config(origin, {}));
    const response = await post(
      gateway.url,
      JSON.stringify({ name: 'chair', price: 1, tags: ['wood', 'Secret 4711'] }),
    );
    expect([response.status, response.headers.get('content-type')]).toEqual([400, 'application/problem+json']);
    expect(response.headers.get('access-control-allow-origin')).toBe('https://app.example.com');
    const text = await response.text();
    expect(JSON.parse(text)).toMatchObject({
      code: 'request-invalid',
      errors: [{ pointer: '/body/tags/1', message: 'must match pattern "^[a-z-]+$"' }],
    });
    expect(text + gateway.errors + gateway.output).not.toContain('4711');
    const page = await post(gateway.url, '{}', { ...JSON_FIELDS, Accept: 'text/html' });
    expect(await page.text()).toContain("/body must have required property 'name'");
  });

  test('is left alone where only the log is to tell, also with bodies that are too large', async () => {
    using origin = new Origin('a');
    await using gateway = await GatewayProcess.start(config(origin, { mode: 'report', body_max: '1KiB' }));
    const large = `{"name":"${'x'.repeat(300_000)}"}`;
    const chunks = new Blob([large.slice(0, 100_000), large.slice(100_000)]).stream();
    for (const body of ['{"name":', large, chunks]) {
      const seen: unknown = await (await post(gateway.url, body)).json();
      expect(seen).toMatchObject({ method: 'POST', body: typeof body === 'string' ? body : large });
    }
    await until(() => gateway.errors.includes('would have refused a request'), 'the log says so');
    expect(gateway.errors).toContain('/body is not JSON');
  });

  test('may have its answers looked at, which pass as they are', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'keystone-test-'));
    try {
      const file = join(folder, 'api.json');
      const schema = {
        type: 'object',
        required: ['id', 'key'],
        properties: { id: { type: 'integer' }, key: { writeOnly: true } },
      };
      const responses = { 200: { description: 'a', content: { 'application/json': { schema } } } };
      const operation = { responses };
      const paths = { '/good': { get: operation }, '/bad': { get: operation }, '/gone': { get: operation } };
      await writeFile(file, JSON.stringify({ openapi: '3.1.0', info: { title: 'a', version: '1' }, paths }));
      using origin = new Origin('a', ({ url }) => {
        if (url.endsWith('/gone')) return new Response('gone', { status: 410 });
        return Response.json(url.endsWith('/good') ? { id: 1 } : { id: 'Secret 4711' });
      });
      const options = { file, base_path: '/api', responses: 'report' };
      await using gateway = await GatewayProcess.start(config(origin, options));
      const answers = await Promise.all(['good', 'bad', 'gone'].map((path) => fetch(`${gateway.url}/api/${path}`)));
      expect(answers.map(({ status }) => status)).toEqual([200, 200, 410]);
      expect(answers.map(({ headers }) => headers.get('content-length'))).toEqual(['8', '20', '4']);
      expect(await answers[1]?.json()).toEqual({ id: 'Secret 4711' });
      await until(() => gateway.errors.includes('/status 410 is not described'), 'it tells of the status');
      await until(() => gateway.errors.includes('/body/id must be integer'), 'it tells of the body');
      expect(gateway.errors).not.toMatch(/4711|GET \/good/);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  test('is read again with the configuration, and refused with its line where it is none', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'keystone-test-'));
    try {
      const file = join(folder, 'api.yaml');
      const described = (type: string) =>
        `openapi: 3.1.0\npaths:\n  /a:\n    get:\n      parameters: [{ name: n, in: query, schema: { type: ${type} } }]\n`;
      await writeFile(file, described('integer'));
      using origin = new Origin('a');
      const text = config(origin, { file, base_path: '/api' });
      await using gateway = await GatewayProcess.start(text);
      const ask = async (n: string): Promise<number> => (await fetch(`${gateway.url}/api/a?n=${n}`)).status;
      expect([await ask('1'), await ask('true')]).toEqual([200, 400]);
      await writeFile(file, described('boolean'));
      gateway.signal('SIGHUP');
      await until(async () => (await ask('true')) === 200, 'it has been read again');
      expect(await ask('1')).toBe(400);
      await writeFile(file, described('text'));
      const checked = await keystone(['check', '-c', 'keystone.yaml'], { cwd: gateway.directory });
      expect([checked.code, checked.errors + checked.out]).toEqual([
        1,
        expect.stringContaining('cannot be used: GET /a: a schema is not valid: /type'),
      ]);
      expect(checked.errors + checked.out).toContain('keystone.yaml:2:');
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
