// The configuration by the admin API: shown without secrets, checked, and replaced.
import { describe, expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { chmod, chown, lstat, mkdir, readFile, readdir, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Shown, check, put, shownBy, statusOf, tenant } from '../support/config-api.ts';
import { GatewayProcess } from '../support/gateway-process.ts';
import { Origin } from '../support/origin.ts';
import { childrenOf } from '../support/processes.ts';
import { until } from '../support/until.ts';

const TOKEN = 'the-token-of-these-tests';
const BEARER = { authorization: `Bearer ${TOKEN}` };

describe('PUT /config', () => {
  test('writes a text to its file and puts it in force, and is told of as whose it was', async () => {
    using a = new Origin('a');
    const tokens = `admin: { tokens: [{ name: chief, token: ${TOKEN} }] }\n`;
    await using gateway = await GatewayProcess.start(`${tokens}tenants:\n${tenant('shop', a)}`);
    const before = await readFile(gateway.file, 'utf8');
    const { etag, version, files } = await shownBy(gateway, BEARER);
    const text = files[0]?.text.replace('tenants:\n', `tenants:\n${tenant('blog', a)}`) ?? '';
    expect(text).not.toContain(TOKEN);
    const done = await put(gateway, { text }, { tag: etag, headers: BEARER });
    expect(done).toMatchObject({ status: 200, kind: 'reloaded', version: version + 1, changes: ['+ tenant blog'] });
    await until(async () => (await statusOf(gateway, '/blog/')) === 200, 'it is served');
    expect(await readFile(gateway.file, 'utf8')).toBe(before.replace('tenants:\n', `tenants:\n${tenant('blog', a)}`));
    const again = await shownBy(gateway, BEARER);
    expect([again.etag, again.version, again.strayed]).toEqual([done.etag, version + 1, []]);
    const audit = await (await fetch(`${gateway.admin}/audit`, { headers: BEARER })).json();
    expect(audit).toMatchObject({ entries: [{ method: 'PUT', by: { token: 'chief' }, status: 200 }] });
    const events = await (await fetch(`${gateway.admin}/events`, { headers: BEARER })).json();
    expect(events).toMatchObject({
      events: expect.arrayContaining([
        expect.objectContaining({ kind: 'configuration_changed', detail: 'by chief from 127.0.0.1: + tenant blog' }),
      ]),
    });
    expect(gateway.errors).toContain('operator=chief');
    // The file says the same, so that a reload has nothing to do.
    const dry = await fetch(`${gateway.admin}/reload?dry_run=true`, { method: 'POST', headers: BEARER });
    expect(await dry.json()).toMatchObject({ kind: 'would_reload', changes: [] });
  });

  test('of two at a time is carried out for one, and refused to the other', async () => {
    using a = new Origin('a');
    await using gateway = await GatewayProcess.start(`tenants:\n${tenant('shop', a)}`);
    for (let round = 0; round < 3; round++) {
      const { etag, files } = await shownBy(gateway);
      const text = files[0]?.text ?? '';
      const names = [`left${round}`, `right${round}`];
      const outcomes = await Promise.all(
        names.map((name) =>
          put(gateway, { text: text.replace('tenants:\n', `tenants:\n${tenant(name, a)}`) }, { tag: etag }),
        ),
      );
      expect(outcomes.map(({ status }) => status).toSorted((one, other) => one - other)).toEqual([200, 412]);
      const winner = names[outcomes.findIndex(({ status }) => status === 200)];
      const loser = outcomes.find(({ status }) => status === 412);
      const now = await shownBy(gateway);
      expect(loser?.etag).toBe(now.etag);
      expect(now.files[0]?.text).toContain(`name: ${winner}`);
      expect(names.filter((name) => now.files[0]?.text.includes(`name: ${name},`))).toEqual([winner ?? '']);
    }
    expect(await leftBeside(gateway)).toEqual([]);
  });

  test('needs the tag of what is in force', async () => {
    await using gateway = await GatewayProcess.start('tenants: []\n');
    const { etag, files } = await shownBy(gateway);
    const body = { text: files[0]?.text ?? '' };
    expect(await put(gateway, body)).toMatchObject({ status: 428, error: 'If-Match is missing' });
    expect(await put(gateway, body, { tag: '"another"' })).toMatchObject({ status: 412, etag });
    expect(await put(gateway, body, { tag: `"another", ${etag}` })).toMatchObject({ status: 200 });
    expect(await put(gateway, body, { tag: '*' })).toMatchObject({ status: 200, changes: [] });
  });

  test.each([
    ['no YAML', 'tenants: [\n', { line: 1, column: 10 }],
    ['an unknown key', 'tenants: []\ntenats: []\n', { line: 2, column: 1, path: 'tenats' }],
    ['a value of another kind', 'timeouts: { idle: soon }\ntenants: []\n', { line: 1, path: 'timeouts.idle' }],
    ['settings that contradict each other', 'admin: { address: "0.0.0.0:0" }\ntenants: []\n', { line: 1 }],
    ['a file that is not there', 'tls: { cert_file: gone.crt, key_file: gone.key }\ntenants: []\n', { line: 1 }],
    ['what only a restart can change', 'user: nobody\ntenants: []\n', { path: 'user' }],
    [
      'a program as an included file',
      'include: ["more.ts"]\ntenants: []\n',
      { message: expect.stringContaining('program') },
    ],
    ['a mask that stands for nothing', 'admin: { tokens: ["***"] }\ntenants: []\n', { line: 1, column: 19 }],
    ['nothing', '', { message: expect.stringContaining('empty') }],
    ['a variable that is not set', 'tenants: []\nvia: "${NOBODY_HAS_THIS}"\n', { line: 2 }],
  ])('refuses %s with its place, and neither the gateway nor the file is another one', async (_, text, problem) => {
    using a = new Origin('a');
    await using gateway = await GatewayProcess.start(`tenants:\n${tenant('shop', a)}`);
    await writeFile(join(gateway.directory, 'more.ts'), `require('node:fs').writeFileSync('ran', '')`);
    const before = await stat(gateway.file);
    const checked = await check(gateway, { text });
    expect(checked).toMatchObject({ kind: 'refused', valid: false });
    expect(checked.problems).toContainEqual(expect.objectContaining(problem));
    const { etag } = await shownBy(gateway);
    const refused = await put(gateway, { text }, { tag: etag });
    expect([refused.status, refused.problems]).toEqual([422, checked.problems]);
    const after = await stat(gateway.file);
    expect([after.ino, after.mtimeMs]).toEqual([before.ino, before.mtimeMs]);
    expect(await statusOf(gateway, '/shop/')).toBe(200);
    expect((await readdir(gateway.directory)).filter((name) => name === 'ran' || name.endsWith('.new'))).toEqual([]);
  });

  test('that could not be put in force leaves the old file where it was', async () => {
    using a = new Origin('a');
    await using other = await GatewayProcess.start('tenants: []\n');
    await using gateway = await GatewayProcess.start(`tenants:\n${tenant('shop', a)}`);
    const { etag, files } = await shownBy(gateway);
    const before = await stat(gateway.file);
    // The port has another program.
    const listener = `listeners: [{ name: more, address: "127.0.0.1:${other.port}" }]\n`;
    const failed = await put(gateway, { text: `${listener}${files[0]?.text}` }, { tag: etag });
    expect([failed.status, failed.kind]).toEqual([409, 'failed']);
    expect(failed.error).toContain('all files are as they were');
    expect((await stat(gateway.file)).ino).toBe(before.ino);
    expect(await statusOf(gateway, '/shop/')).toBe(200);
    expect((await shownBy(gateway)).etag).toBe(etag);
    expect(await leftBeside(gateway)).toEqual([]);
  });

  test('breaks no tenant that is whole, whatever on_invalid_tenant says', async () => {
    using a = new Origin('a');
    await using gateway = await GatewayProcess.start(
      `on_invalid_tenant: keep_last_good\ntenants:\n${tenant('shop', a)}`,
    );
    const { etag, files } = await shownBy(gateway);
    const text = files[0]?.text.replace('path_prefix: /shop/', 'path_prefix: shop') ?? '';
    expect(await put(gateway, { text }, { tag: etag })).toMatchObject({ status: 422, problems: [{ line: 3 }] });
  });

  test('keeps the mode and the owner of a file, and a link as one', async () => {
    await using gateway = await GatewayProcess.start('tenants: []\n');
    const real = join(gateway.directory, 'real');
    await mkdir(real);
    await rename(gateway.file, join(real, 'it.yaml'));
    await symlink('real/it.yaml', gateway.file);
    await chmod(join(real, 'it.yaml'), 0o640);
    const isRoot = process.getuid?.() === 0;
    if (isRoot) await chown(join(real, 'it.yaml'), 1234, 2345);
    const { etag, files } = await shownBy(gateway);
    expect(await put(gateway, { text: `# new\n${files[0]?.text}` }, { tag: etag })).toMatchObject({ status: 200 });
    expect((await lstat(gateway.file)).isSymbolicLink()).toBe(true);
    const { mode, uid, gid } = await stat(gateway.file);
    expect([mode & 0o7777, ...(isRoot ? [uid, gid] : [])]).toEqual([0o640, ...(isRoot ? [1234, 2345] : [])]);
    expect(await readFile(join(real, 'it.yaml'), 'utf8')).toStartWith('# new\n');
    expect(await readdir(real)).toEqual(['it.yaml']);
  });

  test('is refused where the file is no longer what is in force, until it is to be replaced', async () => {
    using a = new Origin('a');
    await using gateway = await GatewayProcess.start(`tenants:\n${tenant('shop', a)}`);
    const { etag, files } = await shownBy(gateway);
    await gateway.rewrite(`tenants:\n${tenant('other', a)}`);
    expect((await shownBy(gateway)).strayed).toEqual(['keystone.yaml']);
    const body = { text: files[0]?.text.replace('tenants:\n', `tenants:\n${tenant('blog', a)}`) ?? '' };
    const refused = await put(gateway, body, { tag: etag });
    expect([refused.status, refused.error]).toEqual([
      409,
      expect.stringContaining('keystone.yaml on disk is no longer'),
    ]);
    expect(await readFile(gateway.file, 'utf8')).toContain('other');
    expect(await put(gateway, body, { tag: etag, query: '?overwrite=true' })).toMatchObject({ status: 200 });
    expect(await readFile(gateway.file, 'utf8')).not.toContain('other');
    expect((await shownBy(gateway)).strayed).toEqual([]);
  });

  test('makes a rollback last, by the text of it', async () => {
    using a = new Origin('a');
    await using gateway = await GatewayProcess.start(`tenants:\n${tenant('shop', a)}`);
    const first = await shownBy(gateway);
    await put(gateway, { text: `${first.files[0]?.text}# changed\n` }, { tag: first.etag });
    await fetch(`${gateway.admin}/rollback`, { method: 'POST' });
    const back = await shownBy(gateway);
    expect([back.etag, back.strayed]).toEqual([first.etag, ['keystone.yaml']]);
    const body = { text: back.files[0]?.text ?? '' };
    expect(await put(gateway, body, { tag: back.etag })).toMatchObject({ status: 409 });
    expect(await put(gateway, body, { tag: back.etag, query: '?overwrite=true' })).toMatchObject({ status: 200 });
    expect(await readFile(gateway.file, 'utf8')).not.toContain('# changed');
  });

  test('changes one of the included files, and looks at the others', async () => {
    using a = new Origin('a');
    await using gateway = await GatewayProcess.start('tenants: []\n');
    const folder = join(gateway.directory, 'tenants.d');
    await mkdir(folder);
    await writeFile(join(folder, 'shop.yaml'), `tenants:\n${tenant('shop', a)}`);
    await writeFile(join(folder, 'blog.yaml'), `tenants:\n${tenant('blog', a)}`);
    await gateway.rewrite('include: ["tenants.d/*.yaml"]\ntenants: []\n');
    await fetch(`${gateway.admin}/reload`, { method: 'POST' });
    const shown = await shownBy(gateway);
    expect(shown.files.map(({ file }) => file)).toEqual([
      'keystone.yaml',
      'tenants.d/blog.yaml',
      'tenants.d/shop.yaml',
    ]);
    const changed = {
      file: 'tenants.d/shop.yaml',
      text: `tenants:\n${tenant('shop', a).replace('/shop/', '/store/')}`,
    };
    const nobody = await put(gateway, { files: [{ file: '/etc/passwd', text: '' }] }, { tag: shown.etag });
    expect([nobody.status, nobody.problems[0]?.message]).toEqual([422, 'is no file of the configuration in force']);
    await writeFile(join(folder, 'new.yaml'), `tenants:\n${tenant('new', a)}`);
    const strayed = await put(gateway, { files: [changed] }, { tag: shown.etag, query: '?overwrite=true' });
    expect([strayed.status, strayed.error]).toEqual([409, expect.stringContaining('tenants.d/new.yaml')]);
    await rm(join(folder, 'new.yaml'));
    expect(await put(gateway, { files: [changed] }, { tag: shown.etag })).toMatchObject({ status: 200 });
    await until(async () => (await statusOf(gateway, '/store/')) === 200, 'it is served');
    expect(await readFile(join(folder, 'shop.yaml'), 'utf8')).toBe(changed.text);
  });

  test('changes several files together, or none of them', async () => {
    using a = new Origin('a');
    await using gateway = await GatewayProcess.start('tenants: []\n');
    const folder = join(gateway.directory, 'tenants.d');
    await mkdir(folder);
    await writeFile(join(folder, 'one.yaml'), `tenants:\n${tenant('shop', a)}${tenant('blog', a)}`);
    await writeFile(join(folder, 'two.yaml'), `tenants:\n${tenant('news', a)}`);
    await gateway.rewrite('include: ["tenants.d/*.yaml"]\ntenants: []\n');
    await fetch(`${gateway.admin}/reload`, { method: 'POST' });
    const shown = await shownBy(gateway);
    const texts = async (): Promise<readonly string[]> =>
      await Promise.all(['one.yaml', 'two.yaml'].map((name) => readFile(join(folder, name), 'utf8')));
    const before = await texts();
    const without = { file: 'tenants.d/one.yaml', text: `tenants:\n${tenant('shop', a)}` };
    const taken = {
      file: 'tenants.d/two.yaml',
      text: `tenants:\n${tenant('news', a)}${tenant('blog', a).replace('/blog/', '/journal/')}`,
    };
    // Alone, the second would be a tenant that there are two of.
    expect(await put(gateway, { files: [taken] }, { tag: shown.etag })).toMatchObject({ status: 422 });
    const broken = { ...taken, text: 'tenants: [' };
    expect(await put(gateway, { files: [without, broken] }, { tag: shown.etag })).toMatchObject({ status: 422 });
    expect(await texts()).toEqual([...before]);
    const { etag, status, changes } = await put(gateway, { files: [without, taken] }, { tag: shown.etag });
    expect([status, await texts()]).toEqual([200, [without.text, taken.text]]);
    expect(changes.some((line) => line.includes('blog'))).toBe(true);
    for (const path of ['/shop/', '/journal/', '/news/'])
      expect([path, await statusOf(gateway, path)]).toEqual([path, 200]);
    const after = await shownBy(gateway);
    expect([after.etag, after.strayed, (await readdir(folder)).toSorted()]).toEqual([
      etag,
      [],
      ['one.yaml', 'two.yaml'],
    ]);
  });

  test('is refused with its reason where the user of the gateway may not write', async () => {
    if (process.getuid?.() !== 0) return;
    await using gateway = await GatewayProcess.start('user: nobody\ngroup: nogroup\nstate_dir: none\ntenants: []\n');
    await chmod(gateway.directory, 0o755);
    const { etag, files } = await shownBy(gateway);
    expect(files[0]?.read_only).toContain('may not write it');
    const refused = await put(gateway, { text: `# new\n${files[0]?.text}` }, { tag: etag });
    expect([refused.status, refused.error]).toEqual([409, 'keystone.yaml cannot be written: permission denied']);
  });

  test('is not at the service of a web page, nor of who may not change everything', async () => {
    const tokens = `admin: { max_body: 2KiB, tokens: [{ name: a, token: ${TOKEN} }, { name: b, token: another-token-of-these, scope: operate }] }\n`;
    await using gateway = await GatewayProcess.start(`${tokens}tenants: []\n`);
    await using open = await GatewayProcess.start('tenants: []\n');
    const { etag, files } = await shownBy(gateway, BEARER);
    const body = { text: files[0]?.text ?? '' };
    const operate = { authorization: 'Bearer another-token-of-these' };
    expect(await put(gateway, body, { tag: etag, headers: operate })).toMatchObject({ status: 403 });
    expect(await put(gateway, body, { tag: etag })).toMatchObject({ status: 401 });
    const own = await shownBy(open);
    const foreign = { tag: own.etag, headers: { origin: 'http://evil.example' } };
    expect(await put(open, { text: own.files[0]?.text }, foreign)).toMatchObject({ status: 403 });
    const long = { text: `${body.text}#${'x'.repeat(4096)}\n` };
    expect(await put(gateway, long, { tag: etag, headers: BEARER })).toMatchObject({ status: 413 });
    expect(await put(gateway, { text: 'a', files: [] }, { tag: etag, headers: BEARER })).toMatchObject({ status: 400 });
    for (const path of ['/config', '/config/difference'])
      expect((await fetch(`${gateway.admin}${path}`, { headers: operate })).status).toBe(403);
  });
});

describe('a configuration that is a program', () => {
  test('is neither shown nor changed', async () => {
    await using plain = await GatewayProcess.start('tenants: []\n');
    const file = join(plain.directory, 'keystone.config.ts');
    await writeFile(file, 'export default { admin: { address: "127.0.0.1:0" }, state_dir: "none", tenants: [] };\n');
    await using gateway = await GatewayProcess.startIn(plain.directory, ['--config', file, '--addr', '127.0.0.1:0']);
    const response = await fetch(`${gateway.admin}/config`);
    const shown = (await response.json()) as Shown;
    expect([shown.files, shown.read_only]).toEqual([[], expect.stringContaining('is the program')]);
    expect(await check(gateway, { text: 'tenants: []\n' })).toMatchObject({ error: shown.read_only ?? '' });
    expect(await put(gateway, { text: 'tenants: []\n' }, { tag: '*' })).toMatchObject({ status: 409 });
  });
});

test('checks are read one after another, beside what is served', async () => {
  using a = new Origin('a');
  await using gateway = await GatewayProcess.start(`tenants:\n${tenant('shop', a)}`);
  const state = { isOver: false };
  const asked = Promise.all(Array.from({ length: 6 }, () => check(gateway, { text: 'tenants: []\n' }))).finally(() => {
    state.isOver = true;
  });
  let most = 0;
  while (!state.isOver) {
    most = Math.max(most, (await childrenOf(gateway.pid)).filter(isReader).length);
    expect(await statusOf(gateway, '/shop/')).toBe(200);
  }
  expect((await asked).map(({ valid }) => valid)).toEqual(Array.from({ length: 6 }, () => true));
  // One that has just been ended may still be there when the next begins.
  expect([1, 2]).toContain(most);
});

test('who watches the files reads no second time what was put', async () => {
  using a = new Origin('a');
  await using plain = await GatewayProcess.start(`tenants:\n${tenant('shop', a)}`);
  const words = ['--config', 'keystone.yaml', '--addr', '127.0.0.1:0', '--watch'];
  await using gateway = await GatewayProcess.startIn(plain.directory, words);
  const { etag, files } = await shownBy(gateway);
  const text = files[0]?.text.replace('tenants:\n', `tenants:\n${tenant('blog', a)}`) ?? '';
  expect(await put(gateway, { text }, { tag: etag })).toMatchObject({ status: 200 });
  await gateway.rewrite(`tenants:\n${tenant('last', a)}`);
  await until(async () => (await statusOf(gateway, '/last/')) === 200, 'the file is watched still');
  const reloads = gateway.errors.match(/configuration reloaded"? .*/g) ?? [];
  expect(reloads.map((line) => /source=(\w+)/.exec(line)?.[1])).toEqual(['admin', 'watch']);
});

function isReader(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('config-reader');
  } catch {
    return false; // It has ended.
  }
}

/** What a change has left in the folder of a configuration. */
async function leftBeside({ directory }: GatewayProcess): Promise<readonly string[]> {
  return (await readdir(directory)).filter((name) => /\.(?:new|old)$/.test(name));
}
