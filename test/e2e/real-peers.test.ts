// The gateway between real programs: clients get the same through it as directly from the servers.
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FIRST } from '../support/certificates.ts';
import { LARGE } from '../support/content.ts';
import { type CurlAnswer, curl } from '../support/curl.ts';
import { GatewayProcess } from '../support/gateway-process.ts';
import { h2load } from '../support/h2load.ts';
import { Origin } from '../support/origin.ts';
import { needs } from '../support/programs.ts';
import { type RealServer, startBun, startHaproxy, startNginx, startNode } from '../support/real-servers.ts';
import { SLOW, slowhttptest } from '../support/slowhttptest.ts';
import { wrk } from '../support/wrk.ts';
import { uncheckedTenant } from '../support/yaml.ts';

let directory = '';
const file = (name: string): string => join(directory, name);

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'keystone-test-'));
  await writeFile(file('large'), LARGE);
  await writeFile(file('certificate.pem'), FIRST.certificate);
  await writeFile(file('key.pem'), FIRST.key);
});

afterAll(() => rm(directory, { recursive: true }));

const SERVERS = [
  { name: 'nginx', start: startNginx, isThere: needs('curl', 'nginx') },
  { name: 'HAProxy', start: startHaproxy, isThere: needs('curl', 'haproxy') },
  { name: 'Node', start: startNode, isThere: needs('curl') },
  { name: 'Bun', start: startBun, isThere: needs('curl') },
];

type Ask = { readonly words: (etag: string) => string[]; readonly path: string; readonly wanted: Partial<CurlAnswer> };

const upload = (...more: string[]): string[] => [...more, '--data-binary', `@${file('large')}`];
const ASKS: Record<string, Ask> = {
  GET: { words: () => [], path: '/hello', wanted: { status: 200, body: 'hello\n' } },
  'GET of 100 KiB': { words: () => [], path: '/large', wanted: { status: 200, body: LARGE } },
  HEAD: { words: () => ['--head'], path: '/hello', wanted: { status: 200, body: '' } },
  'GET of nothing': { words: () => [], path: '/nothing', wanted: { status: 204, body: '' } },
  'GET of what is known': {
    words: (etag) => ['-H', `If-None-Match: ${etag}`],
    path: '/hello',
    wanted: { status: 304, body: '' },
  },
  'POST with a length': { words: () => ['--data', 'a=1'], path: '/echo', wanted: { status: 200, body: 'a=1' } },
  'POST of 100 KiB': { words: () => upload('-H', 'Expect:'), path: '/echo', wanted: { status: 200, body: LARGE } },
  'POST in chunks': {
    words: () => upload('-H', 'Expect:', '-H', 'Transfer-Encoding: chunked'),
    path: '/echo',
    wanted: { status: 200, body: LARGE },
  },
  'Expect: 100-continue': {
    words: () => upload('-H', 'Expect: 100-continue'),
    path: '/echo',
    wanted: { interim: [100], status: 200, body: LARGE },
  },
};

/** What must be the same with and without the gateway in between. */
function essence({ code, status, headers, body, interim }: CurlAnswer): unknown {
  const names = ['content-type', 'content-length', 'transfer-encoding', 'etag', 'last-modified', 'accept-ranges'];
  return { code, interim, status, body, fields: names.map((name) => `${name}: ${headers.get(name)}`) };
}

/** Runs the body with a gateway before a server. */
async function between(
  start: () => Promise<RealServer>,
  run: (gateway: GatewayProcess, server: RealServer) => Promise<void>,
): Promise<void> {
  await using server = await start();
  await using gateway = await GatewayProcess.start(uncheckedTenant('/', [server]));
  await run(gateway, server);
}

for (const { name, start, isThere } of SERVERS) {
  describe.if(isThere)(`${name} behind the gateway`, () => {
    test('answers curl as it does without the gateway', () =>
      between(start, async (gateway, server) => {
        const etag = (await curl(`${server.url}/hello`)).headers.get('etag') ?? '';
        for (const [ask, { words, path, wanted }] of Object.entries(ASKS)) {
          const direct = await curl(...words(etag), server.url + path);
          const through = await curl(...words(etag), gateway.url + path);
          expect([ask, through]).toMatchObject([ask, { code: 0, ...wanted }]);
          expect([ask, essence(through)]).toEqual([ask, essence(direct)]);
        }
      }));

    test('keeps its connection, and curl keeps its own, over all of it', () =>
      between(start, async (gateway) => {
        const words = Object.values(ASKS).flatMap(({ words: more, path }, place) => [
          ...(place === 0 ? [] : ['--next']),
          '--silent',
          '--output',
          '/dev/null',
          '--write-out',
          '%{http_code} %{num_connects}\n',
          ...more('none'),
          gateway.url + path,
        ]);
        const { body } = await curl('--no-include', ...words);
        const lines = body.trim().split('\n');
        expect(lines).toEqual(['200 1', '200 0', '200 0', '204 0', ...new Array<string>(5).fill('200 0')]);
        const { tenants } = (await (await fetch(`${gateway.admin}/tenants`)).json()) as {
          tenants: { backends: { idle_connections: number; requests: number }[] }[];
        };
        expect(tenants[0]?.backends[0]).toMatchObject({ idle_connections: 1, requests: lines.length });
      }));

    test.if(needs('wrk', 'h2load'))('serves wrk and h2load without a failure', () =>
      between(start, async (gateway) => {
        const loaded = await h2load(`${gateway.url}/large`, { requests: 2000, connections: 20 });
        expect(loaded).toEqual({ succeeded: 2000, failed: 0, statuses: '2000 2xx, 0 3xx, 0 4xx, 0 5xx' });
        const result = await wrk(`${gateway.url}/hello`, { connections: 50, seconds: 1 });
        expect(result).toMatchObject({ socketErrors: 0, badStatuses: 0 });
        expect(result.requests).toBeGreaterThan(0);
      }),
    );
  });
}

const BODY = 'x'.repeat(2 * 1024 * 1024);
const CONNECTIONS = 300;

describe.if(needs('slowhttptest'))('hundreds of clients that are slow with', () => {
  test.each(Object.keys(SLOW) as (keyof typeof SLOW)[])('%s harm no other client', async (what) => {
    using origin = new Origin('a', async (request) => {
      await request.arrayBuffer();
      return new Response(request.url.endsWith('/large') ? BODY : 'hello');
    });
    await using gateway = await GatewayProcess.start(
      uncheckedTenant('/', [origin], '    pool: { max_connections: 1000 }\n'),
    );
    const attack = slowhttptest(`${gateway.url}/large`, { what, connections: CONNECTIONS, seconds: 4 });
    const state = { isOver: false };
    void attack.finally(() => {
      state.isOver = true;
    });
    const answers = new Map<string, number>();
    for (let n = 0; !state.isOver; n++) {
      const response = await fetch(`${gateway.url}/hello`, { keepalive: n % 2 === 0 });
      const answer = `${response.status} ${await response.text()}`;
      answers.set(answer, (answers.get(answer) ?? 0) + 1);
    }
    expect([...answers.keys()]).toEqual(['200 hello']);
    expect(await attack).toBeGreaterThan(CONNECTIONS / 2);
  });
});

describe.if(needs('curl'))('a TLS listener', () => {
  const tls = (): string => `tls: { cert_file: ${file('certificate.pem')}, key_file: ${file('key.pem')} }\n`;

  test('with a certificate of its own answers curl that trusts it, and curl that does not care', async () => {
    using origin = new Origin('echo', (request) =>
      request.method === 'POST' ? new Response(request.body) : Response.json(Object.fromEntries(request.headers)),
    );
    await using gateway = await GatewayProcess.start(tls() + uncheckedTenant('/', [origin]));
    const careless = await curl('-k', `https://127.0.0.1:${gateway.port}/`);
    expect(careless.status).toBe(200);
    expect(JSON.parse(careless.body)).toMatchObject({ 'x-forwarded-proto': 'https' });
    const named = `https://a.example.com:${gateway.port}/`;
    const trusting = ['--cacert', file('certificate.pem'), '--resolve', `a.example.com:${gateway.port}:127.0.0.1`];
    expect((await curl(...trusting, named)).status).toBe(200);
    expect(await curl(...trusting, ...upload(), named)).toMatchObject({ status: 200, body: LARGE });
    for (const version of ['1.2', '1.3'])
      expect((await curl(...trusting, `--tlsv${version}`, '--tls-max', version, named)).status).toBe(200);
    expect((await curl(named.replace('a.example.com', '127.0.0.1'))).code).toBe(60); // not to be trusted
    expect((await curl(`http://127.0.0.1:${gateway.port}/`)).status).not.toBe(200);
    expect((await curl('-k', `https://127.0.0.1:${gateway.port}/`)).status).toBe(200);
  });
});
