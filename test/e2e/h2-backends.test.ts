// Backends that are spoken to in HTTP/2, against node:http2 in a Node.js process.
import { describe, expect, test } from 'bun:test';
import { curl } from '../support/curl.ts';
import { GatewayProcess } from '../support/gateway-process.ts';
import { NodeProgram, hasNode } from '../support/node-program.ts';

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

  test('carries many requests over one connection', async () => {
    await using origin = await startOrigin('plain');
    await using gateway = await start(origin);
    await (await fetch(gateway.url)).text();
    const answers = await Promise.all(Array.from({ length: 50 }, () => fetch(`${gateway.url}/slow`)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect(origin.output.match(/connection/g)).toHaveLength(1);
  });

  test('gets another connection where it allows one request on each', async () => {
    await using origin = await startOrigin('plain', '1');
    await using gateway = await start(origin);
    const answers = await Promise.all(Array.from({ length: 8 }, () => fetch(`${gateway.url}/slow`)));
    expect(await Promise.all(answers.map((answer) => answer.text()))).toEqual(Array.from({ length: 8 }, () => 'slow'));
    expect(origin.output.match(/connection/g)).toHaveLength(8);
  });

  test('may send trailers and early hints', async () => {
    await using origin = await startOrigin('plain');
    await using gateway = await start(origin);
    const { body } = await curl('-i', '--raw', '-H', 'TE: trailers', '-H', 'Connection: TE', `${gateway.url}/trailers`);
    expect(body).toContain('4\r\nbody\r\n0\r\nx-sum: 1\r\n\r\n');
    const hints = await curl(`${gateway.url}/hints`);
    expect([hints.interim, hints.body]).toEqual([[103], 'hinted']);
  });
});
