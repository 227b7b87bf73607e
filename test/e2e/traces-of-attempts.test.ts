// What traces have of requests that are more than one: several attempts, copies, and what the cache asks for.
import { describe, expect, test } from 'bun:test';
import { CLIENT, type CollectedSpan, Collector, INTERNAL, SERVER } from '../support/collector.ts';
import { EmbeddedGateway } from '../support/embedded-gateway.ts';
import { Origin } from '../support/origin.ts';
import { RawOrigin } from '../support/raw-origin.ts';
import { until } from '../support/until.ts';
import { SPAN, TRACE, type Told, TracedOrigin, ask, config, spansOf, toldBy } from '../support/traced.ts';

describe('several attempts', () => {
  test('are siblings, each told to its backend as its own', async () => {
    using collector = new Collector();
    const told: (Told | null)[] = [];
    const statuses = [503, 503, 200];
    const answer = (request: Request): Response => {
      told.push(toldBy(request.headers));
      return new Response(null, { status: statuses[told.length - 1] ?? 500 });
    };
    using first = new Origin('a', answer);
    using second = new Origin('b', answer);
    using third = new Origin('c', answer);
    const retry = '    retry: { attempts: 3, on: [503], back_off: 1ms }\n';
    using gateway = await EmbeddedGateway.start(config(collector, [first, second, third], '', retry));
    expect(await ask(gateway)).toBe(200);
    await spansOf(collector, 4);
    const [server] = collector.of(SERVER);
    const clients = collector.of(CLIENT);
    expect(clients.map(({ parentId }) => parentId)).toEqual(clients.map(() => server?.spanId ?? '-'));
    expect(clients.map(({ attributes }) => attributes['http.response.status_code'])).toEqual([503, 503, 200]);
    expect(clients.map(({ attributes }) => attributes['http.request.resend_count'] ?? 0)).toEqual([0, 1, 2]);
    expect(clients.map(({ status }) => status.code)).toEqual([2, 2, 0]);
    expect(new Set(clients.map(({ spanId }) => spanId)).size).toBe(3);
    expect(told.map((one) => one?.span ?? '-')).toEqual(clients.map(({ spanId }) => spanId));
    expect(server?.attributes).toMatchObject({ 'keystone.attempts': 3 });
  });

  test('of which one is a hedge are siblings as well', async () => {
    using collector = new Collector();
    let count = 0;
    const release = Promise.withResolvers<undefined>();
    using origin = new TracedOrigin('a', async () => {
      if (++count === 121) await release.promise;
      return new Response('well');
    });
    using other = new TracedOrigin('b', async () => {
      if (++count === 121) await release.promise;
      return new Response('well');
    });
    const retry = '    retry: { hedge_after: 90% }\n';
    using gateway = await EmbeddedGateway.start(config(collector, [origin, other], '', retry));
    for (let n = 0; n < 120; n++) await ask(gateway, '/', { traceparent: `00-${TRACE}-${SPAN}-00` });
    expect(collector.spans).toEqual([]);
    expect(await ask(gateway, '/slow')).toBe(200);
    release.resolve(undefined);
    await spansOf(collector, 3);
    const [server] = collector.of(SERVER);
    const [first, second] = collector.of(CLIENT);
    expect(first).toMatchObject({ parentId: server?.spanId ?? '-', attributes: { 'keystone.reason': 'superseded' } });
    expect(second).toMatchObject({
      parentId: server?.spanId ?? '-',
      attributes: { 'keystone.hedge': true, 'http.response.status_code': 200 },
    });
    const told = [...origin.told, ...other.told].filter((one) => one?.trace === server?.traceId);
    expect(told.map((one) => one?.span ?? '-').toSorted()).toEqual(
      [first, second].map((one) => one?.spanId ?? '').toSorted(),
    );
  });

  test('of which the first one found its connection dead are siblings', async () => {
    using collector = new Collector();
    await using origin = await RawOrigin.start('a');
    using gateway = await EmbeddedGateway.start(config(collector, [origin]));
    const first = ask(gateway);
    await (await origin.asked(0)).send('HTTP/1.1 204 No Content\r\n\r\n');
    await first;
    const second = ask(gateway);
    const kept = origin.connections[0];
    await until(() => kept?.received.match(/\r\n\r\n/g)?.length === 2, 'the second has come');
    kept?.endSending();
    await (await origin.asked(1)).send('HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n');
    expect(await second).toBe(204);
    await spansOf(collector, 5);
    const server = collector.of(SERVER)[1];
    const clients = collector.of(CLIENT).filter(({ traceId }) => traceId === server?.traceId);
    expect(clients.map(({ parentId }) => parentId)).toEqual([server?.spanId ?? '-', server?.spanId ?? '-']);
    const told = origin.connections.map(
      ({ received }) => /traceparent: 00-\w+-(\w+)-\w+\r\n[^]*$/i.exec(received)?.[1],
    );
    expect(told[1]).toBe(clients[1]?.spanId ?? '-');
  });
});

describe('what policies ask for beside a request', () => {
  test('names the exchange that has caused it: a copy to another pool', async () => {
    using collector = new Collector();
    using origin = new TracedOrigin();
    using other = new TracedOrigin('next');
    const pools = `    pools: { next: { services: [{ name: n, url: "${other.url}" }] } }\n`;
    const policies = '    policies: [{ mirror: { to: next } }]\n';
    using gateway = await EmbeddedGateway.start(config(collector, [origin], '', pools + policies));
    // The next request has the same objects.
    await Promise.all(['/1', '/2', '/3', '/4'].map((path) => ask(gateway, path, { tracestate: 'a=1' })));
    await spansOf(collector, 8);
    await until(() => other.told.length === 4, 'all copies have come');
    const expected = collector.of(SERVER).map(({ traceId: trace, spanId: span }) => ({ trace, span }));
    const told = other.told.map((one) => ({ trace: one?.trace ?? '', span: one?.span ?? '' }));
    const byTrace = (a: { trace: string }, b: { trace: string }): number => a.trace.localeCompare(b.trace);
    expect(told.toSorted(byTrace)).toEqual(expected.toSorted(byTrace));
    expect(other.told.map((one) => one?.state)).toEqual([null, null, null, null]);
  });

  test('has a span of its own below it: what the cache renews', async () => {
    using collector = new Collector();
    const fields = { 'Cache-Control': 'max-age=1, stale-while-revalidate=60' };
    using origin = new TracedOrigin('a', () => new Response('well', { headers: fields }));
    const policies = '    policies: [{ cache: {} }]\n';
    using gateway = await EmbeddedGateway.start(config(collector, [origin], '', policies));
    await until(async () => {
      await ask(gateway);
      return origin.requests === 2;
    }, 'it is renewed');
    const renewed = (): CollectedSpan | undefined => collector.of(INTERNAL).at(-1);
    const below = (): CollectedSpan | undefined =>
      collector.of(CLIENT).find((one) => one.parentId === renewed()?.spanId);
    await until(() => below() !== undefined && origin.told[1]?.span === below()?.spanId, 'its spans have come');
    const cause = collector.of(SERVER).find(({ spanId }) => spanId === renewed()?.parentId);
    expect(cause?.traceId).toBe(renewed()?.traceId ?? '-');
  });
});
