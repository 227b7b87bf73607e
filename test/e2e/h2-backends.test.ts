// Backends that are spoken to in HTTP/2, against node:http2 in a Node.js process.
import { describe, expect, setDefaultTimeout, test } from 'bun:test';
import { curl } from '../support/curl.ts';
import { GatewayProcess } from '../support/gateway-process.ts';
import { MadeCertificate } from '../support/made-certificate.ts';
import { NodeProgram, hasNode } from '../support/node-program.ts';
import { until } from '../support/until.ts';

// A busy machine may take long for anything.
setDefaultTimeout(60_000);

const WORKERS = Number(process.env['KEYSTONE_TEST_WORKERS'] ?? 2);

type Origin = NodeProgram & { readonly url: string };

async function startOrigin(...words: readonly string[]): Promise<Origin> {
  const program = NodeProgram.start('h2-server.mjs', ...words);
  const [, port] = await program.said(/listening (\d+)/);
  return Object.assign(program, { url: `http://127.0.0.1:${port}` });
}

function tenantOf(service: string): string {
  return `tenants:\n  - name: main\n    path_prefix: "/"\n    services: [${service}]\n`;
}

function start(origin: Origin): Promise<GatewayProcess> {
  return GatewayProcess.start(tenantOf(`{ name: a, url: "${origin.url}", protocol: h2 }`));
}

describe.if(hasNode)('a backend that is spoken to in HTTP/2', () => {
  test('gets requests of all kinds, and its answers reach a client of HTTP/1.1', async () => {
    await using origin = await startOrigin('plain');
    await using gateway = await start(origin);
    const plain = await fetch(`${gateway.url}/`);
    expect([plain.status, await plain.text()]).toEqual([200, 'hello over 2.0']);
    const told = (await (await fetch(`${gateway.url}/head?a=b`, { headers: { cookie: 'c=d' } })).json()) as {
      headers: Record<string, string>;
    };
    expect(told).toMatchObject({ method: 'GET', version: '2.0', authority: new URL(gateway.url).host });
    expect(told.headers).toMatchObject({ ':path': '/head?a=b', cookie: 'c=d' });
    expect(told.headers).not.toHaveProperty('connection');
    const empty = await fetch(`${gateway.url}/empty`);
    expect([empty.status, await empty.text()]).toEqual([204, '']);
    const length = await fetch(`${gateway.url}/length`);
    expect([length.headers.get('content-length'), await length.text()]).toEqual(['5', '12345']);
    const head = await fetch(`${gateway.url}/length`, { method: 'HEAD' });
    expect([head.headers.get('content-length'), await head.text()]).toEqual(['5', '']);
    const large = await fetch(`${gateway.url}/large`);
    expect((await large.arrayBuffer()).byteLength).toBe(4 * 1024 * 1024);
  });

  test('gets bodies of known and of unknown length, larger than its windows', async () => {
    await using origin = await startOrigin('plain');
    await using gateway = await start(origin);
    const body = 'abcdefgh'.repeat(100_000);
    const known = await fetch(`${gateway.url}/echo`, { method: 'POST', body });
    expect(await known.text()).toBe(body);
    const pieces = async function* (): AsyncGenerator<Uint8Array> {
      for (let n = 0; n < 10; n++) yield await Promise.resolve(new TextEncoder().encode(body.slice(0, 80_000)));
    };
    const unknown = await fetch(`${gateway.url}/echo`, { method: 'POST', body: pieces() });
    expect(await unknown.text()).toBe(body);
  });

  test('is asked for its health in HTTP/2 as well', async () => {
    await using origin = await startOrigin('plain');
    const service = `{ name: a, url: "${origin.url}", protocol: h2, health: "/head" }`;
    await using gateway = await GatewayProcess.start(tenantOf(service));
    expect((await fetch(gateway.url)).status).toBe(200);
    const report = async (): Promise<string> => await (await fetch(`${gateway.admin}/backends/main/a`)).text();
    await until(async () => (await report()).includes('"health":"healthy"'), 'it is healthy');
  });

  test('carries many requests over one connection', async () => {
    await using origin = await startOrigin('plain');
    await using gateway = await start(origin);
    await (await fetch(gateway.url)).text();
    const answers = await Promise.all(Array.from({ length: 50 }, () => fetch(`${gateway.url}/slow`)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect(origin.output.match(/connection/g)?.length).toBeLessThanOrEqual(WORKERS);
  });

  test('gets another connection where it allows one request on each', async () => {
    await using origin = await startOrigin('plain', '1');
    await using gateway = await start(origin);
    const answers = await Promise.all(Array.from({ length: 8 }, () => fetch(`${gateway.url}/slow`)));
    expect(await Promise.all(answers.map((answer) => answer.text()))).toEqual(Array.from({ length: 8 }, () => 'slow'));
    expect(origin.output.match(/connection/g)?.length).toBeGreaterThanOrEqual(8);
  });

  test('gets no more connections than it may have, and requests wait for room on them', async () => {
    await using origin = await startOrigin('plain', '1');
    const pool = '    pool: { max_connections: 2 }\n';
    const service = `{ name: a, url: "${origin.url}", protocol: h2 }`;
    await using gateway = await GatewayProcess.start(tenantOf(service) + pool);
    const answers = await Promise.all(Array.from({ length: 8 }, () => fetch(`${gateway.url}/slow`)));
    expect(await Promise.all(answers.map((answer) => answer.text()))).toEqual(Array.from({ length: 8 }, () => 'slow'));
    // A process that has none opens one in any case.
    expect(origin.output.match(/connection/g)?.length).toBeLessThanOrEqual(1 + WORKERS);
  });

  test('may send trailers and early hints', async () => {
    await using origin = await startOrigin('plain');
    await using gateway = await start(origin);
    const { body } = await curl('-i', '--raw', '-H', 'TE: trailers', '-H', 'Connection: TE', `${gateway.url}/trailers`);
    expect(body).toContain('4\r\nbody\r\n0\r\nx-sum: 1\r\n\r\n');
    const hints = await curl(`${gateway.url}/hints`);
    expect([hints.interim, hints.body]).toEqual([[103], 'hinted']);
  });

  test('may refuse a request before it looks at it: it is sent again, whatever its method', async () => {
    await using origin = await startOrigin('plain');
    await using gateway = await start(origin);
    const small = await fetch(`${gateway.url}/refused?small`, { method: 'POST', body: 'once' });
    expect([small.status, await small.text()]).toEqual([200, 'once']);
    const body = 'x'.repeat(40_000);
    const larger = await fetch(`${gateway.url}/refused?larger`, { method: 'POST', body });
    expect([larger.status, await larger.text()]).toEqual([200, body]);
  });

  test('may end a connection: what it has not looked at goes over another', async () => {
    await using origin = await startOrigin('plain');
    await using gateway = await start(origin);
    await (await fetch(gateway.url)).text();
    const posts = Array.from({ length: 20 }, () => fetch(`${gateway.url}/leave`, { method: 'POST', body: 'a' }));
    const answers = await Promise.all(posts);
    expect(await Promise.all(answers.map((answer) => answer.text()))).toEqual(Array.from({ length: 20 }, () => 'left'));
  });

  test('may break a response off, and the client sees that', async () => {
    await using origin = await startOrigin('plain');
    await using gateway = await start(origin);
    expect((await curl(`${gateway.url}/cut`)).code).not.toBe(0);
    const reset = await fetch(`${gateway.url}/reset`, { method: 'POST', body: 'a' });
    expect([reset.status, await reset.text()]).toEqual([502, expect.stringContaining('reset')]);
    expect((await fetch(gateway.url)).status).toBe(200);
  });

  test('may answer before it has read the request', async () => {
    await using origin = await startOrigin('plain');
    await using gateway = await start(origin);
    const answer = await fetch(`${gateway.url}/early`, { method: 'POST', body: 'x'.repeat(1_000_000) });
    expect([answer.status, await answer.text()]).toEqual([200, 'enough']);
  });

  test('does not hold up other requests of its connection where one client does not read', async () => {
    await using origin = await startOrigin('plain');
    await using gateway = await start(origin);
    const slow = await Promise.all(Array.from({ length: 5 }, () => fetch(`${gateway.url}/large`)));
    for (let n = 0; n < 20; n++) expect(await (await fetch(gateway.url)).text()).toBe('hello over 2.0');
    for (const answer of slow) expect((await answer.arrayBuffer()).byteLength).toBe(4 * 1024 * 1024);
  });

  test('that is gone and comes back loses no request that can be saved', async () => {
    await using origin = await startOrigin('plain');
    await using gateway = await start(origin);
    const answers: Promise<Response>[] = [];
    for (let n = 0; n < 40; n++) {
      answers.push(fetch(`${gateway.url}/slow`));
      if (n === 20) await Promise.all(answers.slice(0, 1));
      if (n === 20) origin.tell('drop');
    }
    const statuses = (await Promise.all(answers)).map(({ status }) => status);
    expect(statuses).toEqual(Array.from({ length: 40 }, () => 200));
  });

  test('may be asked for its protocol: HTTP/2 where it offers that, and HTTP/1.1 for what changes the protocol', async () => {
    await using certificate = await MadeCertificate.make('localhost', 2);
    const { cert, key } = certificate;
    await using origin = await startOrigin('tls', cert, key);
    const url = origin.url.replace('http://127.0.0.1', 'https://localhost');
    const service = `{ name: a, url: "${url}", protocol: auto, tls: { ca_file: "${cert}" } }`;
    await using gateway = await GatewayProcess.start(tenantOf(service));
    const answers = await Promise.all(Array.from({ length: 20 }, () => fetch(gateway.url)));
    const texts = await Promise.all(answers.map((answer) => answer.text()));
    expect(new Set(texts)).toEqual(new Set(['hello over 2.0']));
    expect(origin.output.match(/connection/g)?.length).toBeLessThanOrEqual(WORKERS);
    const upgrade = ['-H', 'Connection: Upgrade', '-H', 'Upgrade: echo', '--max-time', '1'];
    expect((await curl(...upgrade, gateway.url)).status).toBe(101);
  });

  test('may be asked for its protocol where it speaks HTTP/1.1 only', async () => {
    await using certificate = await MadeCertificate.make('localhost', 2);
    const { cert, key } = certificate;
    const tls = { cert: Bun.file(cert), key: Bun.file(key) };
    const server = Bun.serve({ hostname: '127.0.0.1', port: 0, tls, fetch: () => new Response('old') });
    const service = (protocol: string): string =>
      `{ name: a, url: "https://localhost:${server.port}", protocol: ${protocol}, tls: { ca_file: "${cert}" } }`;
    await using gateway = await GatewayProcess.start(tenantOf(service('auto')));
    const answers = await Promise.all(Array.from({ length: 20 }, () => fetch(gateway.url)));
    expect(await Promise.all(answers.map((answer) => answer.text()))).toEqual(Array.from({ length: 20 }, () => 'old'));
    await using strict = await GatewayProcess.start(`timeouts: { queue: 100ms }\n${tenantOf(service('h2'))}`);
    expect(await (await fetch(strict.url)).text()).toContain('tls-failed');
    await server.stop(true);
  });
});
