// Certificates that a gateway gets when a client asks for a name, beside pebble.
import { describe, expect, test } from 'bun:test';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { AcmeFront } from '../support/acme-front.ts';
import { AcmeStage, tenant } from '../support/acme-stage.ts';
import { AskedServer, answer } from '../support/asked-server.ts';
import { GatewayProcess } from '../support/gateway-process.ts';
import { needs } from '../support/programs.ts';
import { until } from '../support/until.ts';

const ANY = `  - name: any
    path_prefix: /
    services: []
    routes: [{ match: { path_prefix: / }, static: { body: "any\\n" } }]
`;

const times = (text: string, part: string): number => text.split(part).length - 1;

/** Allows names that begin with `good`. */
function judge(): AskedServer {
  return new AskedServer((request) => {
    const name = /[?&]domain=(\S+) /.exec(request)?.[1] ?? '';
    return name.startsWith('good') ? answer(200) : answer(404);
  });
}

describe.skipIf(!needs('pebble', 'pebble-challtestsrv', 'openssl'))('a certificate on demand', () => {
  test.each(['1', '2'])(
    'is there for the first client that asks for a host below a wildcard, by one order for all, with %s processes',
    async (workers) => {
      await using stage = await AcmeStage.open();
      await using gateway = await GatewayProcess.start(
        stage.config(tenant('shop', ['*.shop.test']), { acme: ', on_demand: {}' }),
        { KEYSTONE_TEST_WORKERS: workers },
      );
      const shown = await Promise.all(Array.from({ length: 8 }, () => stage.shown('one.shop.test')));
      expect(shown[0]).toBeString();
      expect(new Set(shown).size).toBe(1);
      await until(() => gateway.errors.includes('certificate_obtained'), 'it is told of');
      expect(times(gateway.errors, 'certificate_obtained')).toBe(1);
      // Neither two labels below it, nor another name, nor an address.
      for (const name of ['a.b.shop.test', 'other.test', 'shop.test']) expect(await stage.shown(name)).toBeNull();
      expect(times(gateway.errors, 'certificate_failed')).toBe(0);
    },
  );

  test('is there for names that the URL allows, which is asked once about a name, and kept over a restart', async () => {
    using asked = judge();
    await using stage = await AcmeStage.open();
    const acme = `, on_demand: { ask: "${asked.url}/allowed?key=1" }`;
    await using gateway = await GatewayProcess.start(stage.config(ANY, { acme }), { KEYSTONE_TEST_WORKERS: '1' });
    const good = await stage.shown('good.test');
    expect(good).toBeString();
    for (const name of ['bad.test', 'bad.test', 'localhost', 'bad_name.test'])
      expect(await stage.shown(name)).toBeNull();
    expect(asked.requests.map((request) => request.split(' ')[1])).toEqual([
      '/allowed?key=1&domain=good.test',
      '/allowed?key=1&domain=bad.test',
    ]);
    await using again = await gateway.restart('SIGTERM');
    expect(await stage.shown('good.test')).toBe(good);
    expect(asked.requests.length).toBe(2);
    expect(again.errors).not.toContain('certificate_obtained');
  });

  test('is not ordered beyond the bounds, nor where nobody answers, and handshakes do not wait for ever', async () => {
    using asked = new AskedServer(() => null);
    await using stage = await AcmeStage.open();
    const acme = `, on_demand: { names_per_minute: 1, wait: 1s }`;
    const silent = `, on_demand: { ask: "${asked.url}/", ask_timeout: 5s, wait: 1s }`;
    await using gateway = await GatewayProcess.start(stage.config(tenant('shop', ['*.shop.test']), { acme: silent }));
    const began = performance.now();
    expect(await stage.shown('one.shop.test')).toBeNull();
    expect(performance.now() - began).toBeLessThan(4000);
    await gateway.rewrite(stage.config(tenant('shop', ['*.shop.test']), { acme }));
    gateway.signal('SIGHUP');
    await stage.isShown('two.shop.test');
    expect(await stage.shown('three.shop.test')).toBeNull();
    await until(() => gateway.errors.includes('clients ask for many new names'), 'operators are told');
  });

  test('is renewed as long as its name is allowed, and otherwise served as long as it lasts', async () => {
    const names: string[] = [];
    using asked = new AskedServer((request) => {
      const name = /[?&]domain=(\S+) /.exec(request)?.[1] ?? '';
      names.push(name);
      return name === 'once.test' && times(names.join(' '), name) > 1 ? answer(404) : answer(200);
    });
    await using stage = await AcmeStage.open({ lifetime: 15 });
    const acme = `, on_demand: { ask: "${asked.url}/" }`;
    await using gateway = await GatewayProcess.start(stage.config(ANY, { acme }));
    const first = await stage.shown('once.test');
    expect(await stage.shown('always.test')).toBeString();
    await until(() => gateway.errors.includes('certificate_failed'), 'it is told', 30_000);
    expect(gateway.errors).toMatch(
      /certificate_failed.*once\.test: acme\.on_demand\.ask does not allow the name any more/,
    );
    expect(await stage.shown('once.test')).toBe(first);
    await until(() => gateway.errors.includes('certificate_renewed'), 'the other one is renewed', 30_000);
    await until(async () => (await stage.shown('once.test')) === null, 'it has ended', 30_000);
    expect(gateway.errors).not.toMatch(/certificate_renewed.*once\.test/);
    expect(names.toSorted()).toEqual(expect.arrayContaining(['always.test', 'always.test', 'once.test', 'once.test']));
  });

  test('holds up no certificate of a host in the configuration, however long its authority takes', async () => {
    await using stage = await AcmeStage.open();
    await using front = await AcmeFront.before(stage.pebble);
    front.says = ({ step, payload }) => (step === 'new order' && payload.includes('.shop.test') ? 'hang' : null);
    const config = { acme: ', on_demand: { wait: 1s }', only: front.directory };
    const shop = tenant('shop', ['*.shop.test']);
    await using gateway = await GatewayProcess.start(stage.config(shop, config));
    const names = ['a', 'b', 'c', 'd', 'e'].map((label) => `${label}.shop.test`);
    expect(await Promise.all(names.map((name) => stage.shown(name)))).toEqual(names.map(() => null));
    await gateway.rewrite(stage.config(shop + tenant('other', ['other.test']), config));
    gateway.signal('SIGHUP');
    await stage.isShown('other.test');
  });

  test('that cannot be had is not ordered again with every client, and leaves nothing', async () => {
    await using stage = await AcmeStage.open({ blocked: ['bad.shop.test'] });
    const acme = ', on_demand: {}';
    await using gateway = await GatewayProcess.start(
      stage.config(tenant('shop', ['*.shop.test']), { acme }).replace('retry_after: 1s', 'retry_after: 1h'),
    );
    for (let turn = 0; turn < 3; turn++) expect(await stage.shown('bad.shop.test')).toBeNull();
    expect(times(gateway.errors, 'certificate_failed')).toBe(1);
    const base = join(gateway.directory, 'keystone');
    const files = await readdir(join(base, (await readdir(base))[0] ?? ''));
    expect(files.filter((name) => name.startsWith('acme-host-'))).toEqual([]);
  });
});
