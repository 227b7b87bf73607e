// The audit log: what is written down, what is not, and that it outlives the gateway.
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { appendFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AuditEntry } from '../../src/admin/shapes/audit.ts';
import { AuditFile } from '../../src/state/audit-file.ts';
import { FolderFiles } from '../../src/world/state-folder.ts';
import { ConfigFolder } from '../support/config-folder.ts';
import { GatewayProcess, keystone } from '../support/gateway-process.ts';
import { Origin } from '../support/origin.ts';
import { until } from '../support/until.ts';

const CHIEF = 'the-token-of-the-chief';
const READER = 'the-token-of-a-reader';
const SHOP = 'the-token-of-the-shop';

let origin: Origin;
beforeAll(() => {
  origin = new Origin('a');
});
afterAll(() => origin[Symbol.dispose]());

const yaml = (stateDir: string): string => `log: { format: text }
state_dir: ${stateDir}
admin:
  address: "127.0.0.1:0"
  tokens:
    - { name: chief, token: ${CHIEF} }
    - { name: reader, token: ${READER}, scope: read }
    - { name: shop, token: ${SHOP}, tenants: [shop] }
tenants:
  - { name: shop, path_prefix: /, services: [{ name: a, url: "${origin.url}" }] }
`;

type Gateway = Pick<GatewayProcess, 'admin'>;

async function ask(
  gateway: Gateway,
  token: string | null,
  path: string,
  method = 'POST',
  body?: string,
): Promise<{ readonly status: number; readonly told: unknown }> {
  const headers: Record<string, string> = token === null ? {} : { authorization: `Bearer ${token}` };
  const response = await fetch(gateway.admin + path, { method, headers, ...(body === undefined ? {} : { body }) });
  return { status: response.status, told: await response.json() };
}

async function entriesOf(gateway: Gateway, query = '', token = CHIEF): Promise<readonly AuditEntry[]> {
  const { told } = await ask(gateway, token, `/audit${query}`, 'GET');
  return (told as { entries: readonly AuditEntry[] }).entries;
}

const short = ({ by, method, path, outcome }: AuditEntry): string =>
  `${by.token ?? '-'} ${method} ${path.replace(/^\/admin/, '')} ${outcome}`;

/** What everybody does in these tests. */
async function actAll(gateway: Gateway): Promise<void> {
  await ask(gateway, CHIEF, '/backends/shop/a/weight?weight=3');
  await ask(gateway, READER, '/reload');
  await ask(gateway, null, '/backends/shop/a/drain');
  await ask(gateway, 'a-guess-of-somebody', '/reload');
  await ask(gateway, SHOP, '/backends/shop/a/weight?weight=nonsense');
  await ask(gateway, null, '/login', 'POST', JSON.stringify({ token: READER }));
  await ask(gateway, null, '/login', 'POST', JSON.stringify({ token: 'another-guess' }));
  await ask(gateway, CHIEF, '/tenants', 'GET');
  await ask(gateway, null, '/tenants', 'GET');
  await ask(gateway, CHIEF, '/explain', 'POST', JSON.stringify({ method: 'GET', url: 'http://a/' }));
}

const ALL = [
  'chief POST /backends/shop/a/weight done',
  'reader POST /reload refused',
  '- POST /backends/shop/a/drain refused',
  '- POST /reload refused',
  'shop POST /backends/shop/a/weight refused',
  'reader POST /login done',
  '- POST /login refused',
];

const auditFiles = (folder: string): readonly string[] =>
  readdirSync(folder).filter((name) => name.startsWith('audit-'));

describe('the audit log', () => {
  test('has every attempt to change something, done or refused, and none to look', async () => {
    using folder = new ConfigFolder({ 'keystone.yaml': yaml('none') });
    await using gateway = await GatewayProcess.startIn(folder.path, ['--addr', '127.0.0.1:0']);
    await actAll(gateway);
    const entries = await entriesOf(gateway);
    expect(entries.map(short)).toEqual(ALL);
    expect(entries[0]).toMatchObject({ by: { address: '127.0.0.1' }, query: 'weight=3', tenant: 'shop', status: 200 });
    expect(entries[1]).toMatchObject({
      tenant: null,
      status: 403,
      error: 'the token reader allows read only; admin is needed',
    });
    expect(JSON.stringify(entries)).not.toContain('guess');
    expect(JSON.stringify(entries)).not.toContain(READER);
  });

  test('is filtered, and a token for a tenant sees nothing of others', async () => {
    using folder = new ConfigFolder({ 'keystone.yaml': yaml('none') });
    await using gateway = await GatewayProcess.startIn(folder.path, ['--addr', '127.0.0.1:0']);
    await actAll(gateway);
    const found = async (query: string, token = CHIEF) => (await entriesOf(gateway, query, token)).map(short);
    expect(await found('?by=chief')).toEqual(ALL.slice(0, 1));
    expect(await found('?outcome=refused&limit=2')).toEqual([ALL[4], ALL[6]]);
    expect(await found('?path=login&since=1h')).toEqual(ALL.slice(5));
    expect(await found('?tenant=shop')).toEqual([ALL[0], ALL[2], ALL[4]]);
    expect(await found('', SHOP)).toEqual([ALL[0], ALL[2], ALL[4]]);
    const { out } = await keystone(['audit', '--outcome', 'done', '--url', gateway.admin], {
      env: { KEYSTONE_ADMIN_TOKEN: CHIEF },
    });
    expect(out.trim().split('\n')).toEqual([
      expect.stringMatching(
        /^\S+Z  done     chief from 127\.0\.0\.1  POST \/admin\/backends\/shop\/a\/weight\?weight=3$/,
      ),
      expect.stringMatching(/  done     reader from 127\.0\.0\.1  POST \/admin\/login$/),
    ]);
    const wrong = await keystone(['audit', '--since', 'yesterday', '--url', gateway.admin], {
      env: { KEYSTONE_ADMIN_TOKEN: CHIEF },
    });
    expect([wrong.code, wrong.errors]).toEqual([2, expect.stringContaining('since must be a duration')]);
  });

  test('outlives the gateway, and is for its user alone', async () => {
    using folder = new ConfigFolder();
    const state = join(folder.path, 'state');
    folder.write({ 'keystone.yaml': yaml(state) });
    const first = await GatewayProcess.startIn(folder.path, ['--addr', '127.0.0.1:0']);
    await actAll(first);
    first.signal('SIGTERM');
    await first.exited;
    const [name = ''] = auditFiles(state);
    expect((statSync(join(state, name)).mode & 0o777).toString(8)).toBe('600');
    // As a machine that loses its power leaves it.
    appendFileSync(join(state, name), '{"at":"2026-01-01T00:0');
    await using second = await GatewayProcess.startIn(folder.path, ['--addr', '127.0.0.1:0']);
    await ask(second, CHIEF, '/backends/shop/a/enable');
    expect((await entriesOf(second)).map(short)).toEqual([...ALL, 'chief POST /backends/shop/a/enable done']);
    second.signal('SIGKILL');
    await second.exited;
    await using third = await GatewayProcess.startIn(folder.path, ['--addr', '127.0.0.1:0']);
    expect((await entriesOf(third)).at(-1)?.path).toBe('/admin/backends/shop/a/enable');
    await first[Symbol.asyncDispose]();
  });

  test('goes on where another process takes the place of this one', async () => {
    using folder = new ConfigFolder();
    folder.write({ 'keystone.yaml': yaml(join(folder.path, 'state')) });
    await using gateway = await GatewayProcess.startIn(folder.path, ['--addr', '127.0.0.1:0']);
    await ask(gateway, CHIEF, '/backends/shop/a/weight?weight=3');
    expect((await ask(gateway, CHIEF, '/upgrade')).told).toMatchObject({ kind: 'upgraded' });
    await gateway.replaced(1);
    await ask(gateway, CHIEF, '/backends/shop/a/enable');
    await until(async () => (await entriesOf(gateway)).length === 3, 'all three are there');
    expect((await entriesOf(gateway)).map(({ path, outcome }) => [path.split('/').at(-1), outcome])).toEqual([
      ['weight', 'done'],
      ['upgrade', 'done'],
      ['enable', 'done'],
    ]);
  });

  test('does not grow by those who are refused again and again, and says how many were left out', async () => {
    using folder = new ConfigFolder({ 'keystone.yaml': yaml('none') });
    await using gateway = await GatewayProcess.startIn(folder.path, ['--addr', '127.0.0.1:0']);
    for (let n = 0; n < 60; n++) await ask(gateway, READER, '/reload');
    await ask(gateway, CHIEF, '/backends/shop/a/enable');
    const entries = await entriesOf(gateway);
    const last = entries.at(-1);
    expect(short(last as AuditEntry)).toBe('chief POST /backends/shop/a/enable done');
    expect(entries.length).toBeLessThan(30);
    expect(entries.length - 1 + entries.reduce((sum, one) => sum + one.left_out, 0)).toBe(60);
  });
});

describe('its files', () => {
  const entry = (n: number): AuditEntry => ({
    at: new Date(n).toISOString(),
    by: { token: 'ci', address: '127.0.0.1' },
    method: 'POST',
    path: `/reload/${'x'.repeat(400)}`,
    query: String(n),
    tenant: null,
    status: 200,
    outcome: 'done',
    error: null,
    left_out: 0,
  });
  const fileIn = (path: string, unkept: (why: string) => void = () => undefined) =>
    new AuditFile(new FolderFiles(path), { unkept, rest: () => Bun.sleep(0) });
  async function allIn(file: AuditFile): Promise<readonly string[]> {
    const batches = await Array.fromAsync(file.read());
    return batches.toReversed().flatMap((batch) => batch.map(({ query }) => query));
  }

  test('are bounded in size and number, and keep the latest', async () => {
    using folder = new ConfigFolder();
    writeFileSync(join(folder.path, 'audit-000001.jsonl'), `${JSON.stringify(entry(1))}\n`);
    const file = fileIn(folder.path);
    for (let n = 2; n <= 9000; n++) file.append(entry(n));
    await file.settled();
    const files = auditFiles(folder.path);
    expect(files.length).toBeLessThanOrEqual(32);
    for (const name of files) expect(statSync(join(folder.path, name)).size).toBeLessThan(130 * 1024);
    const kept = await allIn(fileIn(folder.path));
    expect(kept.at(-1)).toBe('9000');
    expect(kept.length).toBeGreaterThan(6000);
    expect(kept).toEqual(kept.map((_, at) => String(9000 - kept.length + 1 + at)));
  });

  test('that cannot be written cost nothing but that, and say so once', async () => {
    using folder = new ConfigFolder();
    const problems: string[] = [];
    const place = join(folder.path, 'later');
    const file = fileIn(place, (why) => problems.push(why));
    file.append(entry(1));
    file.append(entry(2));
    expect(await allIn(file)).toEqual(['1', '2']);
    expect(problems).toEqual([expect.stringContaining('ENOENT')]);
    folder.write({ 'later/other': '' });
    file.append(entry(3));
    expect(await allIn(file)).toEqual(['1', '2', '3']);
    expect(await allIn(fileIn(place))).toEqual(['1', '2', '3']);
  });
});
