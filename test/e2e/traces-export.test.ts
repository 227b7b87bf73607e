// The real program and its collector of traces: which may be away, slow, or another one after a reload.
import { describe, expect, test } from 'bun:test';
import { Collector, SERVER } from '../support/collector.ts';
import { GatewayProcess } from '../support/gateway-process.ts';
import { Origin } from '../support/origin.ts';
import { freePort } from '../support/ports.ts';
import { Scrape } from '../support/scrape.ts';
import { until } from '../support/until.ts';
import { uncheckedTenant } from '../support/yaml.ts';

const SEVERAL = { KEYSTONE_TEST_WORKERS: '2' };

const well = (): Response => new Response('well');

function config(tracing: string, origin: Origin): string {
  return `tracing: { sample: 100%, ${tracing} }\n${uncheckedTenant('/', [origin])}`;
}

/** Asks on connections of their own, so that all processes have some. */
async function ask({ url }: GatewayProcess, count: number): Promise<void> {
  const one = async (): Promise<void> => {
    const response = await fetch(url, { keepalive: false });
    expect([response.status, await response.text()]).toEqual([200, 'well']);
  };
  for (let n = 0; n < count; n += 10) await Promise.all(Array.from({ length: Math.min(10, count - n) }, one));
}

async function counted({ admin }: GatewayProcess): Promise<readonly number[]> {
  const scrape = await Scrape.of(admin);
  return ['exported', 'dropped'].map((what) => scrape.sum(`keystone_trace_spans_${what}_total`));
}

describe('several processes', () => {
  test('each export their own spans, and count them together', async () => {
    using collector = new Collector();
    using origin = new Origin('a', well);
    const tracing = `otlp_endpoint: "${collector.url}", delay: 20ms, headers: { X-Token: "\${COLLECTOR}" }`;
    await using gateway = await GatewayProcess.start(config(tracing, origin), { ...SEVERAL, COLLECTOR: 'hush-hush' });
    await until(async () => {
      await ask(gateway, 20);
      return new Set(collector.spans.map(({ resource }) => resource['process.pid'])).size === 2;
    }, 'both have exported');
    await until(() => collector.of(SERVER).length === origin.requests, 'all have come');
    await until(async () => (await counted(gateway))[0] === collector.spans.length, 'all are counted');
    expect(new Set(collector.spans.map(({ spanId }) => spanId)).size).toBe(collector.spans.length);
    expect(collector.headers[0]).toMatchObject({ 'x-token': 'hush-hush', 'content-type': 'application/x-protobuf' });
    expect(gateway.errors + gateway.output).not.toContain('hush-hush');
  });

  test('send what they have when the gateway ends', async () => {
    using collector = new Collector();
    using origin = new Origin('a', well);
    await using gateway = await GatewayProcess.start(
      config(`otlp_endpoint: "${collector.url}", delay: 1h, batch: 50`, origin),
      SEVERAL,
    );
    await ask(gateway, 37);
    expect(collector.posts).toBe(0);
    gateway.signal('SIGTERM');
    expect(await gateway.exited).toBe(0);
    expect(collector.of(SERVER)).toHaveLength(37);
  });
});

describe('all processes', () => {
  test('tell once for all of them that the collector is away, and that it is back', async () => {
    const port = freePort();
    using origin = new Origin('a', well);
    await using gateway = await GatewayProcess.start(
      config(`otlp_endpoint: "http://127.0.0.1:${port}", delay: 20ms`, origin),
      SEVERAL,
    );
    // Each of them has failed by then: a connection of its own for each request.
    await until(async () => {
      await ask(gateway, 20);
      return (await Scrape.of(gateway.admin)).sum('keystone_trace_exports_failed_total') >= 4;
    }, 'posts are in vain');
    using collector = new Collector(() => null, port);
    await until(
      () => new Set(collector.spans.map(({ resource }) => resource['process.pid'])).size === 2,
      'both export',
      30_000,
    );
    await until(() => gateway.errors.includes('traces are exported again'), 'it is told');
    expect(gateway.errors.match(/traces cannot be exported/g)).toHaveLength(1);
    expect(gateway.errors.match(/traces are exported again/g)).toHaveLength(1);
  });

  test('tell of an exchange that was under way when traces were turned off', async () => {
    using collector = new Collector();
    const gate = Promise.withResolvers<undefined>();
    using origin = new Origin('a', async () => {
      await gate.promise;
      return well();
    });
    await using gateway = await GatewayProcess.start(
      config(`otlp_endpoint: "${collector.url}", delay: 20ms`, origin),
      SEVERAL,
    );
    const asked = fetch(gateway.url);
    await until(() => origin.requests === 1, 'it is under way');
    await gateway.rewrite(uncheckedTenant('/', [origin]));
    expect((await fetch(`${gateway.admin}/reload`, { method: 'POST' })).status).toBe(200);
    gate.resolve(undefined);
    expect(await (await asked).text()).toBe('well');
    await until(() => collector.of(SERVER).length === 1, 'its span has come');
    // What begins from now on is no part of a trace.
    expect((await fetch(gateway.url)).status).toBe(200);
    gateway.signal('SIGTERM');
    expect(await gateway.exited).toBe(0);
    expect(collector.of(SERVER)).toHaveLength(1);
  });
});

describe('a collector', () => {
  test('that is away gets what was kept when it is back, and nobody waits for it', async () => {
    const port = freePort();
    using origin = new Origin('a', well);
    await using gateway = await GatewayProcess.start(
      config(`otlp_endpoint: "http://127.0.0.1:${port}", delay: 20ms, queue: 40`, origin),
      { KEYSTONE_TEST_WORKERS: '1' },
    );
    await ask(gateway, 60);
    const line = /traces cannot be exported.*connect-refused/;
    await until(() => line.test(gateway.errors), 'it says so');
    await until(async () => (await counted(gateway))[1] === 80, 'what does not fit is counted');
    using collector = new Collector(() => null, port);
    await until(() => collector.spans.length === 40, 'it gets the rest', 30_000);
    await until(() => gateway.errors.includes('traces are exported again'), 'it says that as well');
    expect(gateway.errors.match(/traces cannot be exported/g)).toHaveLength(1);
    expect(await counted(gateway)).toEqual([40, 80]);
  });

  test('that does not answer holds up neither requests nor the end for long', async () => {
    using collector = new Collector(() => Promise.withResolvers<Response>().promise);
    using origin = new Origin('a', well);
    await using gateway = await GatewayProcess.start(
      config(`otlp_endpoint: "${collector.url}", delay: 20ms, queue: 10`, origin),
      { KEYSTONE_TEST_WORKERS: '1' },
    );
    await ask(gateway, 100);
    expect(collector.posts).toBe(1);
    await until(async () => (await counted(gateway))[1] === 190, 'what does not fit is counted');
    expect(gateway.errors).toContain('spans are dropped: the collector is too slow');
    gateway.signal('SIGTERM');
    expect(await gateway.exited).toBe(0);
  });

  test('that refuses gets each batch once', async () => {
    using collector = new Collector(() => new Response('who are you?', { status: 401 }));
    using origin = new Origin('a', well);
    await using gateway = await GatewayProcess.start(config(`otlp_endpoint: "${collector.url}", delay: 20ms`, origin), {
      KEYSTONE_TEST_WORKERS: '1',
    });
    await ask(gateway, 10);
    await until(async () => (await counted(gateway))[1] === 20, 'all are dropped');
    expect(gateway.errors.match(/the collector refuses traces/g)).toHaveLength(1);
    expect(gateway.errors).toContain('it has answered 401');
  });
});

describe('a reload', () => {
  test('turns traces on and off, and names another collector', async () => {
    using first = new Collector();
    using second = new Collector();
    using origin = new Origin('a', well);
    const plain = uncheckedTenant('/', [origin]);
    await using gateway = await GatewayProcess.start(plain, SEVERAL);
    let reloads = 0;
    const reload = async (text: string): Promise<void> => {
      await gateway.rewrite(text);
      gateway.signal('SIGHUP');
      reloads++;
      await until(() => gateway.errors.match(/ reloaded/g)?.length === reloads, 'it is in force');
    };
    await ask(gateway, 20);
    await reload(config(`otlp_endpoint: "${first.url}", delay: 1h`, origin));
    await ask(gateway, 20);
    expect(first.posts + second.posts).toBe(0);
    // What waits goes where it was to go.
    await reload(config(`otlp_endpoint: "${second.url}", delay: 20ms`, origin));
    await ask(gateway, 20);
    await until(() => second.of(SERVER).length === 20 && first.of(SERVER).length === 20, 'both have theirs');
    await reload(plain);
    await ask(gateway, 20);
    gateway.signal('SIGTERM');
    expect(await gateway.exited).toBe(0);
    expect([first.of(SERVER).length, second.of(SERVER).length]).toEqual([20, 20]);
  });
});
