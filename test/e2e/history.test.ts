// The configurations that were in force, and the way back to one of them.
import { describe, expect, test } from 'bun:test';
import { mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { GatewayProcess, keystone } from '../support/gateway-process.ts';
import { Origin } from '../support/origin.ts';

const tenant = (name: string, { url }: Origin): string =>
  `  - { name: ${name}, path_prefix: /${name}/, services: [{ name: one, url: "${url}" }] }\n`;

type Version = { number: number; source: string; of: number | null; changes: string[]; texts: string };

async function versionsOf(gateway: GatewayProcess): Promise<{ current: number; versions: Version[] }> {
  return (await (await fetch(`${gateway.admin}/history`)).json()) as { current: number; versions: Version[] };
}

async function statusOf(gateway: GatewayProcess, path: string): Promise<number> {
  return (await fetch(gateway.url + path)).status;
}

describe('the history', () => {
  test('has each configuration that was in force, with what it changed and where it came from', async () => {
    using a = new Origin('a');
    await using gateway = await GatewayProcess.start(`tenants:\n${tenant('shop', a)}`);
    const reload = () => keystone(['reload', '--url', gateway.admin]);
    await gateway.rewrite(`tenants:\n${tenant('shop', a)}${tenant('blog', a)}`);
    await reload();
    await reload(); // nothing has changed, so that nothing is kept
    await gateway.rewrite('tenats: []\n');
    await reload(); // refused
    const { current, versions } = await versionsOf(gateway);
    expect(current).toBe(2);
    expect(versions).toMatchObject([
      { number: 1, source: 'start', of: null, changes: [] },
      {
        number: 2,
        source: 'admin',
        of: null,
        operator: { token: null, address: '127.0.0.1' },
        changes: ['+ tenant blog'],
      },
    ]);
    const { out } = await keystone(['history', '--url', gateway.admin]);
    const [newest, oldest] = out.split('\n');
    expect(newest).toMatch(/^\* {4}2 {2}\S+ {2}admin by an operator from 127\.0\.0\.1 {2}\+ tenant blog$/);
    expect(oldest).toMatch(/^ {5}1 {2}\S+ {2}start {2}1 tenant$/);
    const shown = await keystone(['history', 'show', '2', '--url', gateway.admin]);
    expect(shown.out).toContain(`# keystone.yaml\ntenants:\n${tenant('shop', a)}${tenant('blog', a)}`);
    expect((await keystone(['history', 'show', '9', '--url', gateway.admin])).errors).toContain(
      'there is no version 9',
    );
  });

  test('keeps all files that a configuration was made of, and no secrets that it names', async () => {
    using a = new Origin('a');
    await using first = await GatewayProcess.start('tenants: []\n');
    const { directory } = first;
    mkdirSync(join(directory, 'tenants.d'));
    writeFileSync(join(directory, 'tenants.d', 'shop.yaml'), `tenants:\n${tenant('shop', a)}`);
    writeFileSync(join(directory, 'token'), 'a-token-that-is-nobodys-business');
    await first.rewrite(
      `include: ["tenants.d/*.yaml"]\nadmin: { tokens: ["\${file:${join(directory, 'token')}}"], address: "127.0.0.1:0" }\n`,
    );
    await keystone(['reload', '--url', first.admin]);
    await using second = await first.restart('SIGTERM');
    const options = ['--url', second.admin, '--token-file', join(directory, 'token')];
    const { out } = await keystone(['history', 'show', '2', ...options, '--json']);
    const { files } = JSON.parse(out) as { files: { path: string; text: string }[] };
    expect(files.map(({ path }) => path)).toEqual(['keystone.yaml', 'tenants.d/shop.yaml']);
    expect(out).not.toContain('nobodys-business');
    const kept = join(directory, 'keystone');
    for (const name of readdirSync(kept, { recursive: true }).map(String)) {
      const found = statSync(join(kept, name));
      expect(found.mode & 0o777).toBe(found.isDirectory() ? (name.includes('/') ? 0 : 0o700) : 0o600);
    }
    // The include is taken as it was, though its file is gone.
    writeFileSync(join(directory, 'tenants.d', 'shop.yaml'), 'tenants: []\n');
    await keystone(['reload', ...options]);
    expect(await statusOf(second, '/shop/')).toBe(404);
    const back = await keystone(['rollback', '2', ...options]);
    expect(back).toMatchObject({ code: 0, out: expect.stringContaining('+ tenant shop') });
    expect(await statusOf(second, '/shop/')).toBe(200);
  });

  test('can be read where the gateway does not run', async () => {
    await using gateway = await GatewayProcess.start('state_dir: none\ntenants: []\n');
    const { directory } = gateway;
    await using kept = await GatewayProcess.start('admin: { address: "127.0.0.1:1" }\ntenants: []\n');
    kept.signal('SIGTERM');
    await kept.exited;
    const env = { XDG_STATE_HOME: kept.directory };
    const { code, out } = await keystone(['history', '--config', 'keystone.yaml'], { cwd: kept.directory, env });
    expect([code, out]).toEqual([0, expect.stringMatching(/^ {5}1 {2}\S+ {2}start/)]);
    const none = await keystone(['history', '--url', gateway.admin], { cwd: directory });
    expect([none.code, none.errors]).toEqual([1, expect.stringContaining('keeps no history')]);
  });
});

test('a start takes the last good version of a broken tenant from the history', async () => {
  using a = new Origin('a');
  const base = 'on_invalid_tenant: keep_last_good\n';
  await using first = await GatewayProcess.start(`${base}tenants:\n${tenant('shop', a)}`);
  const broken = `  - { name: shop, path_prefix: shop, services: [] }\n`;
  await first.rewrite(`${base}tenants:\n${broken}${tenant('blog', a)}`);
  await using second = await first.restart('SIGTERM');
  expect([await statusOf(second, '/shop/'), await statusOf(second, '/blog/')]).toEqual([200, 200]);
  expect(second.errors).toContain("path_prefix must start and end with '/'");
  // Over one more restart as well, though the latest version is one with a broken tenant.
  await using third = await second.crash();
  expect(await statusOf(third, '/shop/')).toBe(200);
});

test('a start takes it also where another tenant was never sound', async () => {
  using a = new Origin('a');
  const base = 'on_invalid_tenant: keep_last_good\n';
  const broken = (name: string): string => `  - { name: ${name}, path_prefix: ${name}, services: [] }\n`;
  await using first = await GatewayProcess.start(`${base}tenants:\n${broken('lost')}${tenant('shop', a)}`);
  expect([await statusOf(first, '/shop/'), await statusOf(first, '/lost/')]).toEqual([200, 404]);
  await first.rewrite(`${base}tenants:\n${broken('lost')}${broken('shop')}${tenant('blog', a)}`);
  await keystone(['reload', '--url', first.admin]);
  await using second = await first.restart('SIGTERM');
  expect([await statusOf(second, '/shop/'), await statusOf(second, '/blog/')]).toEqual([200, 200]);
  expect(await statusOf(second, '/lost/')).toBe(404);
});

describe('a rollback', () => {
  test('puts the configuration of before in force, and says that the file is as it was', async () => {
    using a = new Origin('a');
    await using gateway = await GatewayProcess.start(`tenants:\n${tenant('shop', a)}`);
    await gateway.rewrite(`tenants:\n${tenant('blog', a)}`);
    await keystone(['reload', '--url', gateway.admin]);
    expect(await statusOf(gateway, '/shop/')).toBe(404);
    const { code, out, errors } = await keystone(['rollback', '--url', gateway.admin]);
    expect([code, out]).toEqual([
      0,
      'version 1 is in force again: 1 new (shop); 1 gone (blog)\n  + tenant shop\n  - tenant blog\n',
    ]);
    expect(errors).toContain('the configuration file is as it was: the next reload or start takes it again');
    expect(await statusOf(gateway, '/shop/')).toBe(200);
    expect(readFileSync(gateway.file, 'utf8')).toContain('blog');
    expect((await versionsOf(gateway)).versions.at(-1)).toMatchObject({ number: 3, source: 'rollback', of: 1 });
    expect(gateway.errors).toMatch(
      /configuration reloaded" file=keystone\.yaml source=rollback version=1 operator=local/,
    );
    // There and back.
    await keystone(['rollback', '--url', gateway.admin]);
    expect(await statusOf(gateway, '/blog/')).toBe(200);
    await keystone(['rollback', '1', '--url', gateway.admin]);
    await keystone(['reload', '--url', gateway.admin]);
    expect(await statusOf(gateway, '/blog/')).toBe(200);
  });

  test('is checked like any other configuration', async () => {
    await using gateway = await GatewayProcess.start('tenants:\n  - { name: a, domains: ["a.test"] }\n');
    const before = await versionsOf(gateway);
    const file = before.versions[0]?.texts ?? '';
    await gateway.rewrite('tenants: []\n');
    await keystone(['reload', '--url', gateway.admin]);
    writeFileSync(file, Bun.gzipSync(JSON.stringify([{ path: 'keystone.yaml', content: btoa('tenats: []\n') }])));
    const { code, errors } = await keystone(['rollback', '1', '--url', gateway.admin]);
    expect(code).toBe(1);
    expect(errors).toContain('keystone.yaml:1:1 tenats: unknown key');
    expect(errors).toContain('not rolled back: the configuration has problems');
    expect((await versionsOf(gateway)).current).toBe(2);
    writeFileSync(file, 'no such thing');
    expect((await keystone(['rollback', '1', '--url', gateway.admin])).errors).toContain(
      'cannot read the configuration',
    );
  });

  test('says where there is nothing to go back to', async () => {
    await using gateway = await GatewayProcess.start('tenants: []\n');
    const rollBack = async (...words: string[]) =>
      (await keystone(['rollback', ...words, '--url', gateway.admin])).errors;
    expect(await rollBack()).toContain('not rolled back: there is no other version than the one in force');
    expect(await rollBack('7')).toContain('there is no version 7; 1 to 1 are kept');
    expect(await rollBack('x')).toContain('x is no version');
    await using without = await GatewayProcess.start('state_dir: none\ntenants: []\n');
    expect((await keystone(['rollback', '--url', without.admin])).errors).toContain('keeps no history');
  });
});
