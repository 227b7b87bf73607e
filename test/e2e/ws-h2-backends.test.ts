// WebSockets to a backend that is spoken to in HTTP/2 (RFC 8441): the npm package `ws` at both ends, over node:http2.
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import { GatewayProcess } from '../support/gateway-process.ts';
import { NodeProgram, hasNode } from '../support/node-program.ts';
import { until } from '../support/until.ts';

// A busy machine may take long for anything.
setDefaultTimeout(60_000);

const LISTENER = 'listeners: [{ address: "127.0.0.1:0", h2c: true }]\n';

type Counts = { readonly tunnels: number; readonly in_flight: number };
type Tenants = { readonly tenants: readonly { readonly backends: readonly Counts[] }[] };

const startOrigin = (mode: 'h2' | 'h2-none') => NodeProgram.listening('ws-origin.mjs', mode);

function startGateway(port: string, timeouts = 'shutdown: 5s'): Promise<GatewayProcess> {
  const service = `{ name: ws, url: "http://127.0.0.1:${port}", protocol: h2 }`;
  const tenant = `tenants:\n  - name: main\n    path_prefix: "/"\n    services: [${service}]\n`;
  return GatewayProcess.start(`${LISTENER}timeouts: { ${timeouts} }\n${tenant}`);
}

async function play(
  gateway: GatewayProcess,
  scheme: 'ws' | 'h2c',
  path: string,
  scenario: string,
): Promise<NodeProgram> {
  const port = scheme === 'ws' ? gateway.port : await gateway.configuredPort();
  return NodeProgram.start('ws-client.mjs', `${scheme}://127.0.0.1:${port}${path}`, scenario);
}

async function reportOf(...words: Parameters<typeof play>): Promise<unknown> {
  await using client = await play(...words);
  return await client.report();
}

async function counts(gateway: GatewayProcess): Promise<Counts> {
  const { tenants } = (await (await fetch(`${gateway.admin}/tenants`)).json()) as Tenants;
  const backend = tenants[0]?.backends[0];
  if (backend === undefined) throw new Error('there is no backend');
  return backend;
}

describe.if(hasNode)('a WebSocket to a backend of HTTP/2', () => {
  let origin: NodeProgram & { readonly port: string };
  let gateway: GatewayProcess;

  beforeAll(async () => {
    origin = await startOrigin('h2');
    gateway = await startGateway(origin.port);
  });

  afterAll(async () => {
    await gateway[Symbol.asyncDispose]();
    await origin[Symbol.asyncDispose]();
  });

  for (const scheme of ['ws', 'h2c'] as const) {
    const from = scheme === 'ws' ? 'HTTP/1.1' : 'HTTP/2';

    test(`carries text and bytes larger than its windows, from a client of ${from}`, async () => {
      expect(await reportOf(gateway, scheme, '/chat', 'echo')).toEqual({ results: new Array(14).fill(true) });
      await origin.said(/CONNECT websocket \/chat undefined/);
    });

    test(`carries fragments and pings, from a client of ${from}`, async () => {
      expect(await reportOf(gateway, scheme, '/', 'fragments')).toEqual({ message: 'fragmented', pong: 'between' });
    });

    test(`closes with the code and reason of whoever closes, to a client of ${from}`, async () => {
      expect(await reportOf(gateway, scheme, '/', 'closedByClient')).toEqual({ code: 4001, reason: 'enough' });
      await origin.said(/closed 4001 enough/);
      expect(await reportOf(gateway, scheme, '/', 'closedByOrigin')).toEqual({ code: 4002, reason: 'too much' });
      await origin.said(/closed 4002 too much/);
    });

    test(`may be declined, and a client of ${from} hears the status`, async () => {
      expect(await reportOf(gateway, scheme, '/declined', 'declined')).toBe('Unexpected server response: 403');
    });
  }

  test('is counted as a tunnel, and ends when nothing passes for too long', async () => {
    await using other = await startGateway(origin.port, 'tunnel_idle: 1s');
    await using client = await play(other, 'ws', '/', 'wait');
    await client.said(/open/);
    await until(async () => (await counts(other)).tunnels === 1, 'it is a tunnel');
    expect(await client.report()).toEqual({ code: 1006, reason: '' });
    await until(async () => (await counts(other)).tunnels === 0, 'it has ended');
    expect((await counts(other)).in_flight).toBe(0);
  });

  test('breaks off where its backend does, and nothing else does', async () => {
    await using lost = await startOrigin('h2');
    await using other = await startGateway(lost.port);
    await using client = await play(other, 'h2c', '/', 'wait');
    await client.said(/open/);
    await lost[Symbol.asyncDispose]();
    expect(await client.report()).toMatchObject({ code: 1006 });
  });

  test('is told 1001 at both ends when the gateway goes away', async () => {
    await using first = await play(gateway, 'ws', '/', 'wait');
    await using second = await play(gateway, 'h2c', '/', 'wait');
    const clients = [first, second];
    for (const client of clients) await client.said(/open/);
    gateway.signal('SIGTERM');
    for (const client of clients) expect(await client.report()).toEqual({ code: 1001, reason: '' });
    await until(() => (origin.output.match(/closed 1001/g)?.length ?? 0) === 2, 'the origin has been told');
    expect(await gateway.exited).toBe(0);
  });
});

describe.if(hasNode)('a backend of HTTP/2 that takes no WebSockets', () => {
  test('gets an ordinary request, and its answer opens nothing', async () => {
    await using origin = await startOrigin('h2-none');
    await using gateway = await startGateway(origin.port);
    expect(await reportOf(gateway, 'ws', '/', 'declined')).toBe('Unexpected server response: 200');
    expect(await reportOf(gateway, 'h2c', '/', 'declined')).toBe('Unexpected server response: 502');
    await origin.said(/GET undefined \//);
  });
});
