// Traces from end to end: real gateways and origins, and a collector that reads what is exported.
import { describe, expect, test } from 'bun:test';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CLIENT, Collector, SERVER } from '../support/collector.ts';
import { EmbeddedGateway } from '../support/embedded-gateway.ts';
import { until } from '../support/until.ts';
import { SPAN, TRACE, type Told, TracedOrigin, ask, config, spansOf, toldBy, urlOf } from '../support/traced.ts';

describe('an exchange', () => {
  test('is one span, and its attempt another below it, whose id the backend is told', async () => {
    using collector = new Collector();
    using origin = new TracedOrigin();
    using gateway = await EmbeddedGateway.start(config(collector, [origin], 'service_name: edge'));
    const before = BigInt(Date.now() - 1000) * 1_000_000n;
    expect(await ask(gateway, '/cart/7?item=3&token=hush', { 'User-Agent': 'tester/1' })).toBe(200);
    await spansOf(collector, 2);
    const [[server], [client]] = [collector.of(SERVER), collector.of(CLIENT)];
    const { port } = new URL(urlOf(gateway));
    expect(server).toMatchObject({
      name: 'GET main',
      parentId: '',
      status: { code: 0 },
      resource: { 'service.name': 'edge' },
      attributes: {
        'http.request.method': 'GET',
        'url.path': '/cart/7',
        'url.query': 'item=3&token=***',
        'url.scheme': 'http',
        'server.address': '127.0.0.1',
        'server.port': Number(port),
        'http.response.status_code': 200,
        'network.protocol.version': '1.1',
        'client.address': '127.0.0.1',
        'user_agent.original': 'tester/1',
        'keystone.tenant': 'main',
        'keystone.backend': 'a',
      },
    });
    expect(client).toMatchObject({
      name: 'GET a',
      parentId: server?.spanId ?? '-',
      traceId: server?.traceId ?? '-',
      attributes: {
        'http.request.method': 'GET',
        'server.address': '127.0.0.1',
        'server.port': origin.port,
        'http.response.status_code': 200,
        'network.protocol.version': '1.1',
        'keystone.backend': 'a',
        'keystone.tenant': 'main',
      },
    });
    expect(client?.attributes).not.toHaveProperty(['http.request.resend_count']);
    expect(origin.told).toEqual([
      { trace: server?.traceId ?? '-', span: client?.spanId ?? '-', flags: 3, state: null },
    ]);
    const times = [before, server?.start, client?.start, client?.end, server?.end].map((at) => at ?? 0n);
    expect(times).toEqual(times.toSorted((a, b) => Number(a - b)));
  });

  test('goes on with the trace of its client, and keeps its tracestate', async () => {
    using collector = new Collector();
    using origin = new TracedOrigin();
    using gateway = await EmbeddedGateway.start(config(collector, [origin], 'sample: 0%'.replace('sample: 0%', '')));
    await ask(gateway, '/', { traceparent: `00-${TRACE}-${SPAN}-01`, tracestate: 'a=1,b=2' });
    await spansOf(collector, 2);
    const [[server], [client]] = [collector.of(SERVER), collector.of(CLIENT)];
    expect(server).toMatchObject({ traceId: TRACE, parentId: SPAN, traceState: 'a=1,b=2' });
    expect(origin.told).toEqual([{ trace: TRACE, span: client?.spanId ?? '-', flags: 1, state: 'a=1,b=2' }]);
  });

  test.each([
    ['is not valid', { traceparent: `00-${TRACE}-${SPAN}-0x`, tracestate: 'a=1' }],
    ['is missing beside a tracestate', { tracestate: 'a=1' }],
  ])('begins a trace where that of its client %s', async (_, headers) => {
    using collector = new Collector();
    using origin = new TracedOrigin();
    using gateway = await EmbeddedGateway.start(config(collector, [origin]));
    await ask(gateway, '/', headers);
    const [server] = await spansOf(collector, 2);
    expect(server).toMatchObject({ parentId: '', traceState: '' });
    expect(server?.traceId).not.toBe(TRACE);
    expect(origin.told).toMatchObject([{ trace: server?.traceId ?? '-', state: null }]);
  });

  test('that fails says so, and why', async () => {
    using collector = new Collector();
    using origin = new TracedOrigin();
    using gateway = await EmbeddedGateway.start(config(collector, [origin]));
    await origin.stop();
    expect(await ask(gateway)).toBe(502);
    await spansOf(collector, 2);
    const [[server], [client]] = [collector.of(SERVER), collector.of(CLIENT)];
    const failure = { 'error.type': 'connect-refused', 'keystone.reason': 'connect-refused' };
    expect(server).toMatchObject({ status: { code: 2 }, attributes: { ...failure, 'http.response.status_code': 502 } });
    expect(client).toMatchObject({ status: { code: 2 }, attributes: failure });
    expect(client?.attributes).not.toHaveProperty(['network.protocol.version']);
  });

  test('that finds no tenant is a span alone, and no fault of the gateway', async () => {
    using collector = new Collector();
    using origin = new TracedOrigin();
    const text = config(collector, [origin]).replace('path_prefix: "/"', 'path_prefix: "/shop/"');
    using gateway = await EmbeddedGateway.start(text);
    expect(await ask(gateway, '/other')).toBe(404);
    const [server] = await spansOf(collector, 1);
    expect(server).toMatchObject({ name: 'GET', status: { code: 0 }, attributes: { 'keystone.reason': 'no-route' } });
    expect(collector.of(CLIENT)).toEqual([]);
  });

  test('leaves to a policy what backends are told', async () => {
    using collector = new Collector();
    using origin = new TracedOrigin();
    const policies = '    policies: [{ headers: { request: { remove: [traceparent] } } }]\n';
    using gateway = await EmbeddedGateway.start(config(collector, [origin], '', policies));
    await ask(gateway, '/', { traceparent: `00-${TRACE}-${SPAN}-01` });
    await spansOf(collector, 2);
    expect(origin.told).toEqual([null]);
  });
});

test('the access log has the trace that begins here', async () => {
  using collector = new Collector();
  using origin = new TracedOrigin();
  const folder = mkdtempSync(join(tmpdir(), 'traces-'));
  const file = join(folder, 'access.log');
  const text = `access_log: { output: ${file} }\n${config(collector, [origin])}`;
  using gateway = await EmbeddedGateway.start(text);
  await ask(gateway);
  await until(() => existsSync(file) && readFileSync(file, 'utf8').endsWith('\n'), 'it is written');
  expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ trace_id: origin.told[0]?.trace ?? '-' });
  rmSync(folder, { recursive: true });
});

test('a WebSocket is a span until it ends', async () => {
  using collector = new Collector();
  const told: (Told | null)[] = [];
  using server = Bun.serve({
    hostname: '127.0.0.1',
    port: 0,
    fetch(request, self) {
      told.push(toldBy(request.headers));
      return self.upgrade(request) ? undefined : new Response('no', { status: 400 });
    },
    websocket: { message: (socket, text) => void socket.send(text) },
  });
  const origin = { name: 'a', url: `http://127.0.0.1:${server.port}` };
  using gateway = await EmbeddedGateway.start(config(collector, [origin]));
  const socket = new WebSocket(urlOf(gateway).replace('http', 'ws'));
  let echoed = '';
  socket.addEventListener('open', () => socket.send('hello'));
  socket.addEventListener('message', ({ data }) => {
    echoed = String(data);
  });
  await until(() => echoed === 'hello', 'it is open');
  expect(collector.spans).toEqual([]);
  socket.close();
  await spansOf(collector, 2);
  const [[server101], [client]] = [collector.of(SERVER), collector.of(CLIENT)];
  expect(server101).toMatchObject({ status: { code: 0 }, attributes: { 'http.response.status_code': 101 } });
  expect(client).toMatchObject({ parentId: server101?.spanId ?? '-', status: { code: 0 } });
  expect(told).toMatchObject([{ span: client?.spanId ?? '-' }]);
});

describe('two gateways in a row', () => {
  test.each(['h1', 'h2'] as const)('are one trace, over %s between them', async (protocol) => {
    using collector = new Collector();
    using origin = new TracedOrigin();
    using inner = await EmbeddedGateway.start(
      config(collector, [origin], 'service_name: inner, sample: 0%')
        .replace('sample: 100%, ', '')
        .replace('"127.0.0.1:0" }', `"127.0.0.1:0", h2c: true }`),
    );
    const services = `services:\n      - { name: inner, url: "${urlOf(inner)}", protocol: ${protocol} }\n`;
    const text = config(collector, [origin], 'service_name: outer').replace(/services:[^]*$/, services);
    using outer = await EmbeddedGateway.start(text);
    expect(await ask(outer)).toBe(200);
    await spansOf(collector, 4);
    const of = (service: string, kind: number) =>
      collector.of(kind).find(({ resource }) => resource['service.name'] === service);
    const chain = [of('outer', SERVER), of('outer', CLIENT), of('inner', SERVER), of('inner', CLIENT)];
    expect(new Set(chain.map((one) => one?.traceId)).size).toBe(1);
    const [, ...below] = chain;
    expect(below.map((one) => one?.parentId ?? '')).toEqual(chain.slice(0, 3).map((one) => one?.spanId ?? '-'));
    expect(origin.told).toMatchObject([{ span: chain[3]?.spanId ?? '-', trace: chain[0]?.traceId ?? '-' }]);
    const version = protocol === 'h2' ? '2' : '1.1';
    expect(chain.map((one) => one?.attributes['network.protocol.version'])).toEqual(['1.1', version, version, '1.1']);
  });
});

describe('what is recorded', () => {
  test('is what clients have recorded, and nothing of what they have not', async () => {
    using collector = new Collector();
    using origin = new TracedOrigin();
    using gateway = await EmbeddedGateway.start(config(collector, [origin]).replace('sample: 100%', 'sample: 0%'));
    await ask(gateway, '/', { traceparent: `00-${TRACE}-${SPAN}-00`, tracestate: 'a=1' });
    await ask(gateway);
    await ask(gateway, '/', { traceparent: `00-${TRACE}-${SPAN}-01` });
    await spansOf(collector, 2);
    expect(collector.spans.map(({ traceId }) => traceId)).toEqual([TRACE, TRACE]);
    const [passed, own] = origin.told;
    expect(passed).toEqual({ trace: TRACE, span: SPAN, flags: 0, state: 'a=1' });
    // The backend is told what was decided.
    expect(own).toMatchObject({ flags: 2 });
    expect(own?.trace).not.toBe(TRACE);
  });

  test('is the share that was asked for, of traces that begin here', async () => {
    using collector = new Collector();
    using origin = new TracedOrigin();
    using gateway = await EmbeddedGateway.start(config(collector, [origin]).replace('sample: 100%', 'sample: 25%'));
    const count = 1200;
    for (let n = 0; n < count; n += 40) await Promise.all(Array.from({ length: 40 }, () => ask(gateway)));
    const sampled = origin.told.filter((told) => ((told?.flags ?? 0) & 1) === 1).map((told) => told?.trace ?? '-');
    // Ten standard deviations.
    expect(Math.abs(sampled.length - count / 4)).toBeLessThan(150);
    await spansOf(collector, 2 * sampled.length);
    expect(
      collector
        .of(SERVER)
        .map(({ traceId }) => traceId)
        .toSorted(),
    ).toEqual(sampled.toSorted());
    expect(new Set(origin.told.map((told) => told?.trace)).size).toBe(count);
    // By the digits of the trace, so that others who sample by the same share record the same ones.
    const isDrawn = (trace: string): boolean => Number.parseInt(trace.slice(18), 16) >= 0.75 * 2 ** 56;
    expect(origin.told.every((told) => ((told?.flags ?? 0) & 1) === (isDrawn(told?.trace ?? '') ? 1 : 0))).toBe(true);
  });

  test.each([
    ['none', '', false],
    ['trusted', '', false],
    ['trusted', 'trusted_proxies: [127.0.0.1]\n', true],
  ])('goes on with a trace where parents is %s (%p)', async (parents, proxies, isFollowed) => {
    using collector = new Collector();
    using origin = new TracedOrigin();
    using gateway = await EmbeddedGateway.start(proxies + config(collector, [origin], `parents: ${parents}`));
    await ask(gateway, '/', { traceparent: `00-${TRACE}-${SPAN}-01`, tracestate: 'a=1' });
    const [server] = await spansOf(collector, 2);
    expect(server?.traceId === TRACE).toBe(isFollowed);
    expect(origin.told).toMatchObject([{ trace: server?.traceId ?? '-', state: isFollowed ? 'a=1' : null }]);
  });
});
