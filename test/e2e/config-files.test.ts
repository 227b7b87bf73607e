// Configurations of several files, and those that are programs, as the commands of a user meet them.
import { expect, test } from 'bun:test';
import { ConfigFolder } from '../support/config-folder.ts';
import { GatewayProcess, keystone } from '../support/gateway-process.ts';
import { Origin } from '../support/origin.ts';

const ADMIN = 'admin: { address: "127.0.0.1:0" }\n';

const tenantOf = (name: string, { url }: Origin) =>
  `tenants:\n  - name: ${name}\n    path_prefix: /${name}/\n    services: [{ name: a, url: "${url}" }]\n`;

test('tenants of included files are served, and come and go with a reload', async () => {
  using a = new Origin('a');
  using folder = new ConfigFolder({
    'keystone.yaml': `include: ["tenants.d/*.yaml"]\n${ADMIN}`,
    'tenants.d/one.yaml': tenantOf('one', a),
  });
  await using gateway = await GatewayProcess.startIn(folder.path, ['--addr', '127.0.0.1:0']);
  const reload = () => keystone(['reload', '--url', gateway.admin]);
  expect((await fetch(`${gateway.url}/one/`)).status).toBe(200);
  folder.write({ 'tenants.d/two.yaml': tenantOf('two', a) });
  expect((await reload()).out).toContain('two');
  expect((await fetch(`${gateway.url}/two/`)).status).toBe(200);
  folder.write({ 'tenants.d/two.yaml': 'tenants: [' });
  const refused = await reload();
  expect([refused.code, refused.errors]).toEqual([
    1,
    expect.stringMatching(/^tenants\.d\/two\.yaml:\d+:\d+: not valid YAML/),
  ]);
  expect((await fetch(`${gateway.url}/two/`)).status).toBe(200);
});

test('a program is taken by run, reload, check and explain', async () => {
  using a = new Origin('a');
  const program = (name: string) =>
    `import { defineConfig } from 'keystone-gateway';
export default defineConfig(async () => ({
  admin: { address: '127.0.0.1:0' },
  tenants: [{ name: '${name}', path_prefix: '/', services: [{ name: 'a', url: '${a.url}' }] }],
}));
`;
  using folder = new ConfigFolder({ 'keystone.config.ts': program('first') });
  const words = ['--config', 'keystone.config.ts'];
  const command = (...more: string[]) => keystone([...more], { cwd: folder.path });
  expect((await command('check', ...words)).out).toStartWith('keystone.config.ts is valid: 1 tenant');
  // Without a file of the usual name, the program is found.
  expect((await command('check')).out).toStartWith('./keystone.config.ts is valid: 1 tenant');
  expect((await command('explain', ...words, 'GET', 'http://x/')).out).toContain('tenant     first');
  await using gateway = await GatewayProcess.startIn(folder.path, [...words, '--addr', '127.0.0.1:0']);
  expect((await fetch(gateway.url)).status).toBe(200);
  folder.write({ 'keystone.config.ts': program('second') });
  expect((await command('reload', '--url', gateway.admin)).out).toContain('second');
  folder.write({ 'keystone.config.ts': "throw new Error('out of luck');" });
  const refused = await command('reload', '--url', gateway.admin);
  expect([refused.code, refused.errors]).toEqual([
    1,
    expect.stringMatching(/^keystone\.config\.ts:1:\d+: throws out of luck$/m),
  ]);
});

test('a broken tenant is shown as degraded and serves on, until it is mended', async () => {
  using a = new Origin('a');
  using folder = new ConfigFolder({
    'keystone.yaml': `log: { format: text }\non_invalid_tenant: keep_last_good\ninclude: ["tenants.d/*.yaml"]\n${ADMIN}`,
    'tenants.d/one.yaml': tenantOf('one', a),
    'tenants.d/two.yaml': 'tenants: [',
  });
  await using gateway = await GatewayProcess.startIn(folder.path, ['--addr', '127.0.0.1:0']);
  const command = (...words: string[]) => keystone([...words, '--url', gateway.admin]);
  expect(gateway.errors).toMatch(/^tenants\.d\/two\.yaml:1:\d+: not valid YAML/);
  expect((await command('status')).out).toMatch(
    /tenants of tenants\.d\/two\.yaml +left out: the configuration is broken/,
  );

  folder.write({ 'tenants.d/one.yaml': tenantOf('one', a).replace('services', 'servces') });
  folder.write({ 'tenants.d/two.yaml': tenantOf('two', a) });
  const reloaded = await command('reload');
  expect(reloaded.code).toBe(1);
  expect(reloaded.out).toStartWith('reloaded: 1 new (two)');
  expect(reloaded.errors).toMatch(/^tenants\.d\/one\.yaml:4:5 tenants\[0\]\.servces: unknown key/);
  expect(reloaded.errors).toContain('keystone: tenant one of tenants.d/one.yaml keeps its last good version\n');
  expect((await fetch(`${gateway.url}/one/`)).status).toBe(200);
  expect((await fetch(`${gateway.url}/two/`)).status).toBe(200);
  const status = (await command('status')).out;
  expect(status).toMatch(
    /^one .*degraded, 1 of 1\n +its last good version is served: the configuration is broken\n +tenants\.d\/one\.yaml:4:5 /m,
  );
  expect(status).toMatch(/^two .*healthy, 1 of 1$/m);

  folder.write({ 'tenants.d/one.yaml': tenantOf('one', a) });
  expect((await command('reload')).code).toBe(0);
  const events = (await command('events')).out;
  const about = Array.from(events.matchAll(/tenant_(?:degraded|restored) +\S+/g), ([text]) => text.replace(/ +/, ' '));
  expect(about).toEqual([
    'tenant_degraded tenants.d/two.yaml',
    'tenant_degraded one',
    'tenant_restored tenants.d/two.yaml',
    'tenant_restored one',
  ]);
});
