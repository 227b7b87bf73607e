// Certificates that a gateway gets and renews by itself, beside pebble: how hosts are proved, what clients are shown, and what
// becomes of it over a restart and with authorities that do not behave.
import { describe, expect, test } from 'bun:test';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { GatewayProcess } from '../support/gateway-process.ts';
import { AcmeStage, tenant } from '../support/acme-stage.ts';
import { freePort } from '../support/ports.ts';
import { needs } from '../support/programs.ts';
import { until } from '../support/until.ts';

const PATIENCE = 30_000;

describe.skipIf(!needs('pebble', 'pebble-challtestsrv', 'openssl'))('a gateway with acme', () => {
  test('gets a certificate for every host without files, keeps it to itself, and says when it comes to the next', async () => {
    await using stage = await AcmeStage.open();
    await using gateway = await GatewayProcess.start(
      stage.config(
        tenant('shop', ['shop.test', 'www.shop.test']) + tenant('out', ['out.test'], '    tls: { acme: false }\n'),
      ),
    );
    await stage.isShown('shop.test');
    await stage.isShown('www.shop.test');
    expect(await stage.shown('out.test')).toBeNull();
    const { certificates } = (await (await fetch(`${gateway.admin}/certificates`)).json()) as {
      certificates: Record<string, unknown>[];
    };
    expect(certificates.map(({ source, names, problem }) => [source, names, problem])).toEqual(
      expect.arrayContaining([
        ['acme', ['shop.test'], null],
        ['acme', ['www.shop.test'], null],
      ]),
    );
    for (const { next_renewal: next } of certificates) expect(Date.parse(String(next))).toBeGreaterThan(Date.now());
    expect(gateway.errors).toContain('certificate_obtained');
  });

  test('renews it while clients ask, and nobody notices', async () => {
    await using stage = await AcmeStage.open({ lifetime: 12 });
    await using gateway = await GatewayProcess.start(stage.config(tenant('shop', ['shop.test'])));
    await stage.isShown('shop.test');
    const first = await stage.shown('shop.test');
    const old = await stage.connect('shop.test');
    const refused: number[] = [];
    const over = new AbortController();
    const load = async (): Promise<void> => {
      while (!over.signal.aborted) if ((await stage.shown('shop.test')) === null) refused.push(Date.now());
    };
    const loads = [load(), load()];
    await until(async () => ![first, null].includes(await stage.shown('shop.test')), 'it is renewed', PATIENCE);
    await until(() => gateway.errors.includes('certificate_renewed'), 'it is told');
    over.abort();
    await Promise.all(loads);
    expect(refused).toEqual([]);
    expect(old?.closed).toBe(false);
    old?.destroy();
  });

  test('proves hosts by plain HTTP where every request there is led to HTTPS', async () => {
    await using stage = await AcmeStage.open();
    const plain = ', redirect_to_https: true';
    await using gateway = await GatewayProcess.start(
      stage.config(tenant('shop', ['shop.test']), { plain, acme: ', challenges: [http-01]' }),
    );
    await stage.isShown('shop.test');
    expect(gateway.errors).not.toContain('certificate_failed');
  });

  test('proves hosts by TLS, with several processes that serve', async () => {
    await using stage = await AcmeStage.open();
    await using gateway = await GatewayProcess.start(
      stage.config(tenant('shop', ['shop.test']), { acme: ', challenges: [tls-alpn-01]' }),
      { KEYSTONE_TEST_WORKERS: '2' },
    );
    await stage.isShown('shop.test');
    expect(gateway.errors).not.toContain('certificate_failed');
  });

  test('proves wildcards by a program that sets records of the DNS', async () => {
    await using stage = await AcmeStage.open();
    const script = `record='{"host":"'$2'.","value":"'$3'"}'; curl -sf -d "$record" ${stage.pebble.namesUrl}/$1-txt`;
    const dns = `, dns: { delay: 0, command: [sh, -c, ${JSON.stringify(script)}, dns] }`;
    await using gateway = await GatewayProcess.start(stage.config(tenant('shop', ['*.shop.test']), { acme: dns }));
    await stage.isShown('any.shop.test');
    expect(gateway.errors).not.toContain('certificate_failed');
  });

  test('goes on after a restart with what it has, in files that nobody else may read', async () => {
    await using stage = await AcmeStage.open();
    await using gateway = await GatewayProcess.start(stage.config(tenant('shop', ['shop.test'])));
    await stage.isShown('shop.test');
    const first = await stage.shown('shop.test');
    const base = join(gateway.directory, 'keystone');
    const state = join(base, (await readdir(base))[0] ?? '');
    const files = (await readdir(state)).filter((name) => name.startsWith('acme-'));
    expect(files.filter((name) => name === 'acme-host-shop.test.json')).toHaveLength(1);
    for (const name of files) expect((await stat(join(state, name))).mode & 0o777).toBe(0o600);
    await using again = await gateway.restart('SIGTERM');
    expect(await stage.shown('shop.test')).toBe(first);
    expect(again.errors).not.toContain('certificate_obtained');
  });

  test('asks the next authority where one is down, or answers nonsense', async () => {
    await using stage = await AcmeStage.open();
    const nobody = `{ url: "https://127.0.0.1:${freePort()}/dir" }, `;
    const other = `{ url: "https://127.0.0.1:${stage.https}/dir" }, `;
    await using gateway = await GatewayProcess.start(
      stage.config(tenant('shop', ['shop.test']), { before: nobody + other }),
    );
    await stage.isShown('shop.test');
    expect(gateway.errors).not.toContain('certificate_failed');
  });

  test('says what an authority has refused, and goes on to serve the others', async () => {
    await using stage = await AcmeStage.open({ blocked: ['bad.test'] });
    await using gateway = await GatewayProcess.start(stage.config(tenant('shop', ['bad.test', 'good.test'])));
    await stage.isShown('good.test');
    await until(() => gateway.errors.includes('certificate_failed'), 'the failure is told');
    expect(gateway.errors).toMatch(/certificate_failed.*bad\.test: .*next try at/);
  });

  test('orders nothing where another gateway has the state directory', async () => {
    await using stage = await AcmeStage.open();
    await using first = await GatewayProcess.start('tenants: []');
    const state = join(first.directory, 'keystone');
    const environment = { STATE_DIRECTORY: join(state, (await readdir(state))[0] ?? '') };
    await using second = await GatewayProcess.start(stage.config(tenant('shop', ['shop.test'])), environment);
    await until(() => second.errors.includes('acme gets no certificates'), 'it says so');
    expect(second.errors).not.toContain('certificate_obtained');
  });
});
