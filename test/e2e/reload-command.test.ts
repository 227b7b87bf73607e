// keystone reload: by the admin API, which tells what has come of it, or by the number of the process in a file.
import { expect, test } from 'bun:test';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GatewayProcess, keystone } from '../support/gateway-process.ts';
import { Origin } from '../support/origin.ts';
import { until } from '../support/until.ts';
import { pathTenant } from '../support/yaml.ts';

test('says what is new, changed or gone, and what is wrong', async () => {
  using a = new Origin('a');
  using b = new Origin('b');
  await using gateway = await GatewayProcess.start(pathTenant('/', [a]));
  const reload = () => keystone(['reload', '--url', gateway.admin]);
  expect(await reload()).toEqual({ code: 0, out: 'reloaded: no tenant has changed\n', errors: '' });
  await gateway.rewrite(`${pathTenant('/', [a, b])}  - { name: blog, path_prefix: /blog/, services: [] }\n`);
  const foreseen = await keystone(['reload', '--dry-run', '--url', gateway.admin]);
  const lines = `1 new (blog); 1 changed (main)\n  + tenant blog\n  main + backend b ${b.url}\n`;
  expect(foreseen).toMatchObject({ code: 0, out: `a reload would give: ${lines}` });
  expect(await reload()).toMatchObject({ code: 0, out: `reloaded: ${lines}` });
  expect(gateway.errors).toContain(`changes="+ tenant blog; main + backend b ${b.url}"`);
  await gateway.rewrite('tenats: []\n');
  const refused = await reload();
  expect([refused.code, refused.out]).toEqual([1, '']);
  expect(refused.errors).toContain('keystone.yaml:1:1 tenats: unknown key (did you mean tenants?)\n');
  expect(refused.errors).toEndWith('not reloaded: the configuration has problems; the gateway serves as before\n');
  expect((await fetch(gateway.url)).status).toBe(200);
});

test('finds the process by its file, which is there as long as the process', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'keystone-test-'));
  const file = join(folder, 'keystone.pid');
  try {
    expect((await keystone(['reload', '--pid-file', file])).errors).toContain(
      'is the gateway running, with --pid-file?',
    );
    const launcher = ['sh', '-c', `exec "$@" --pid-file ${file}`, 'sh'];
    await using gateway = await GatewayProcess.start('tenants: []\n', {}, 0, launcher);
    expect(readFileSync(file, 'utf8')).toBe(`${gateway.pid}\n`);
    expect((await keystone(['reload', '--pid-file', file])).code).toBe(0);
    await until(() => gateway.errors.includes('configuration reloaded'), 'it is reloaded');
    gateway.signal('SIGTERM');
    expect(await gateway.exited).toBe(0);
    expect(existsSync(file)).toBe(false);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('does not start where the file cannot be written', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'keystone-test-'));
  try {
    const config = join(folder, 'keystone.yaml');
    await Bun.write(config, 'admin: { address: none }\n');
    const words = ['run', '-c', config, '--addr', '127.0.0.1:0', '--pid-file', join(folder, 'nowhere', 'k.pid')];
    const { code, errors } = await keystone(words);
    expect([code, errors]).toEqual([1, expect.stringContaining('cannot write')]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
