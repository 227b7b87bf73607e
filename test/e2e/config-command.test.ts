// keystone config: the configuration of a running gateway on the command line.
import { describe, expect, test } from 'bun:test';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { shownBy, statusOf, tenant } from '../support/config-api.ts';
import { GatewayProcess, keystone } from '../support/gateway-process.ts';
import { Origin } from '../support/origin.ts';
import { PROGRAM } from '../support/program.ts';
import { until } from '../support/until.ts';

const SECRET = 'the-secret-of-affinity';

const base = (origin: Origin): string =>
  `tenants:\n${tenant('shop', origin)}  - name: b\n    path_prefix: /b/\n    affinity: { secret: ${SECRET} }\n    services: [{ name: one, url: "${origin.url}" }]\n`;

const config = (gateway: GatewayProcess, ...words: string[]) =>
  keystone(['config', ...words, '--url', gateway.admin], { cwd: gateway.directory });

describe('keystone config', () => {
  test('shows a text that can be changed and applied', async () => {
    using a = new Origin('a');
    await using gateway = await GatewayProcess.start(base(a));
    const shown = await config(gateway, 'show');
    expect([shown.code, shown.errors]).toEqual([0, '']);
    expect(shown.out).toContain('affinity: { secret: "***" }');
    const file = join(gateway.directory, 'new.yaml');
    await writeFile(file, shown.out.replace('/shop/', '/store/'));
    const checked = await config(gateway, 'check', 'new.yaml');
    expect(checked).toEqual({
      code: 0,
      out: 'it is right, and would give: 1 changed (shop)\n  shop path_prefix + /store/, - /shop/\n',
      errors: '',
    });
    const applied = await config(gateway, 'apply', 'new.yaml', '--if-version', '1');
    expect([applied.code, applied.errors]).toEqual([0, '']);
    expect(applied.out).toStartWith('in force and written to its file, as version 2: 1 changed (shop)\n');
    await until(async () => (await statusOf(gateway, '/store/')) === 200, 'it is served');
    expect(await readFile(gateway.file, 'utf8')).toContain(SECRET);
    const late = await config(gateway, 'apply', 'new.yaml', '--if-version', '1');
    expect([late.code, late.errors]).toEqual([1, 'keystone: version 2 is in force, not 1; nothing was changed\n']);
  });

  test('takes a text from a pipe, and says on the lines of it what is wrong', async () => {
    using a = new Origin('a');
    await using gateway = await GatewayProcess.start(base(a));
    const before = await readFile(gateway.file, 'utf8');
    for (const word of ['check', 'apply']) {
      const command = `"${PROGRAM}" config show --url ${gateway.admin} | sed 's/path_prefix: .shop./pth_prefix: x/' | "${PROGRAM}" config ${word} - --url ${gateway.admin}`;
      const shell = Bun.spawn(['sh', '-c', command], { stdout: 'pipe', stderr: 'pipe' });
      const [out, errors] = await Promise.all([new Response(shell.stdout).text(), new Response(shell.stderr).text()]);
      expect([await shell.exited, out]).toEqual([1, '']);
      expect(errors).toMatch(
        /^keystone\.yaml:2:\d+ tenants\[0\]\.pth_prefix: unknown key .*did you mean path_prefix\?/,
      );
      expect(errors).toContain('the gateway serves as before');
    }
    expect(await readFile(gateway.file, 'utf8')).toBe(before);
  });

  test('tells how the file differs from what is in force, with lines and without secrets', async () => {
    using a = new Origin('a');
    await using gateway = await GatewayProcess.start(base(a));
    const same = await config(gateway, 'diff', '--exit-code');
    expect(same).toEqual({ code: 0, out: '', errors: 'keystone: the files on disk are what is in force\n' });
    await gateway.rewrite(base(a).replace(SECRET, 'another-secret-of-it').replace('/shop/', '/store/'));
    const told = await config(gateway, 'diff');
    expect([told.code, told.errors]).toEqual([0, '']);
    expect(told.out).toStartWith('--- keystone.yaml (in force)\n+++ keystone.yaml (on disk)\n@@ -1,');
    expect(told.out).toContain('+    affinity: { secret: "*** (another one)" }\n');
    expect(told.out).not.toMatch(/another-secret|the-secret/);
    expect((await config(gateway, 'diff', '--exit-code')).code).toBe(1);
    const json = JSON.parse((await config(gateway, 'diff', '--json')).out) as { files: { file: string }[] };
    expect(json.files.map(({ file }) => file)).toEqual(['keystone.yaml']);
    const refused = await config(gateway, 'apply');
    expect([refused.code, refused.errors]).toEqual([1, expect.stringContaining('keystone.yaml on disk is no longer')]);
    expect((await config(gateway, 'apply', '--overwrite')).code).toBe(0);
    expect((await shownBy(gateway)).strayed).toEqual([]);
  });

  test('takes several files, and puts all of them in force or none', async () => {
    using a = new Origin('a');
    await using gateway = await GatewayProcess.start('include: ["tenants.d/*.yaml"]\n');
    const folder = join(gateway.directory, 'tenants.d');
    const next = join(gateway.directory, 'next', 'tenants.d');
    for (const path of [folder, next]) await mkdir(path, { recursive: true });
    const shop = (prefix: string) => `tenants:\n${tenant('shop', a).replace('/shop/', prefix)}`;
    await writeFile(join(folder, 'shop.yaml'), shop('/shop/'));
    await writeFile(join(folder, 'news.yaml'), 'tenants: []\n');
    await keystone(['reload', '--url', gateway.admin]);
    // The tenant moves from one file to the other: neither text could be put in force alone.
    await writeFile(join(next, 'shop.yaml'), 'tenants: []\n');
    await writeFile(join(next, 'news.yaml'), shop('/store/'));
    const both = ['next/tenants.d/news.yaml', 'next/tenants.d/shop.yaml'];
    const alone = await config(gateway, 'apply', 'next/tenants.d/news.yaml', '--as', 'tenants.d/news.yaml');
    expect([alone.code, alone.out]).toEqual([1, '']);
    expect((await config(gateway, 'check', ...both)).out).toStartWith(
      'it is right, and would give: 1 changed (shop)\n',
    );
    const applied = await config(gateway, 'apply', ...both);
    expect([applied.code, applied.errors]).toEqual([0, '']);
    expect(applied.out).toStartWith('in force and written to their files, as version 3: 1 changed (shop)\n');
    await until(async () => (await statusOf(gateway, '/store/')) === 200, 'it is served');
    expect(await readFile(join(folder, 'news.yaml'), 'utf8')).toBe(shop('/store/'));
    expect(await readFile(join(folder, 'shop.yaml'), 'utf8')).toBe('tenants: []\n');
    await writeFile(join(next, 'news.yaml'), 'tenants: []\n');
    await writeFile(join(next, 'shop.yaml'), shop('/shop/').replace('path_prefix', 'pth_prefix'));
    const refused = await config(gateway, 'apply', ...both);
    expect([refused.code, refused.errors]).toEqual([1, expect.stringContaining('pth_prefix: unknown key')]);
    expect(await readFile(join(folder, 'news.yaml'), 'utf8')).toBe(shop('/store/'));
    const unknown = await config(gateway, 'apply', ...both, 'next/other.yaml');
    expect([unknown.code, unknown.errors]).toEqual([
      1,
      expect.stringContaining('next/other.yaml is like no file of the configuration'),
    ]);
    const twice = await config(gateway, 'check', ...both, 'tenants.d/shop.yaml');
    expect([twice.code, twice.errors]).toEqual([1, expect.stringContaining('are both for')]);
    expect((await config(gateway, 'apply', ...both, '--as', 'tenants.d/shop.yaml')).code).toBe(2);
  }, 30_000);

  test('has the history, and the way back', async () => {
    using a = new Origin('a');
    await using gateway = await GatewayProcess.start(base(a));
    await gateway.rewrite(base(a).replace('/shop/', '/store/'));
    await keystone(['reload', '--url', gateway.admin]);
    const own = await config(gateway, 'history');
    expect(own).toEqual(await keystone(['history', '--url', gateway.admin]));
    expect(own.out.split('\n').length).toBe(3);
    expect((await config(gateway, 'history', 'show', '1')).out).toContain('path_prefix: /shop/');
    const back = await config(gateway, 'rollback', '1');
    expect([back.code, back.out]).toEqual([0, expect.stringContaining('version 1 is in force again')]);
    expect(await statusOf(gateway, '/shop/')).toBe(200);
  });

  test('says what it does not understand, and that there is no gateway or no file', async () => {
    await using gateway = await GatewayProcess.start('tenants: []\n');
    expect((await config(gateway, 'shw')).code).toBe(2);
    expect((await config(gateway, 'show', 'more')).code).toBe(2);
    expect((await config(gateway, 'apply', 'x', '--if-version', 'new')).code).toBe(2);
    const gone = await config(gateway, 'check', 'gone.yaml');
    expect([gone.code, gone.errors]).toEqual([1, expect.stringContaining('gone.yaml does not exist')]);
    const nobody = await keystone(['config', 'show', '--url', 'http://127.0.0.1:1/admin']);
    expect([nobody.code, nobody.errors]).toEqual([1, expect.stringContaining('cannot reach the gateway')]);
  });
});
