// bin/keystone of a clone starts what set-up has compiled of the sources, as long as they are what they were.
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { cp, mkdtemp, readlink, rename, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GatewayProcess } from '../support/gateway-process.ts';
import { Origin } from '../support/origin.ts';
import { ROOT, ran } from '../support/packed.ts';
import { Serving } from '../support/serving.ts';
import { uncheckedTenant } from '../support/yaml.ts';

const MADE_OF = ['src', 'tools', 'dashboard', 'licences', 'LICENSE', 'package.json', 'bin', 'scripts', 'tsconfig.json'];
const PRINTED = 'keystone: compiling the sources, so that it starts sooner\n';

let clone: string;
let program: string;
let config: string;

beforeAll(async () => {
  clone = await mkdtemp(join(tmpdir(), 'keystone-clone-'));
  for (const name of MADE_OF) await cp(join(ROOT, name), join(clone, name), { recursive: true });
  await symlink(join(ROOT, 'node_modules'), join(clone, 'node_modules'));
  program = join(clone, 'bin/keystone');
  config = join(clone, 'keystone.yaml');
  await writeFile(config, 'admin: { address: none }\nstate_dir: none\n');
}, 60_000);

afterAll(() => rm(clone, { recursive: true }));

const compile = () => ran(['node', 'scripts/compile.mjs'], clone);
// What the suite has set for itself is not set where people start it.
const AS_PEOPLE_DO = { KEYSTONE_FROM_SOURCES: '' };

async function runs(environment: Record<string, string> = AS_PEOPLE_DO): Promise<'executable' | 'sources'> {
  await using serving = await Serving.start([program], config, environment, ['--workers', '1']);
  const path = await readlink(`/proc/${serving.child.pid}/exe`);
  return path === join(clone, 'dist/checkout/keystone') ? 'executable' : 'sources';
}

describe.if(process.platform === 'linux')('a checkout', () => {
  test('runs its sources until they are compiled, and then what was compiled', async () => {
    expect(await runs()).toBe('sources');
    expect(await compile()).toEqual({ code: 0, out: '', errors: PRINTED });
    expect(await compile()).toEqual({ code: 0, out: '', errors: '' });
    expect(await runs()).toBe('executable');
    expect(await runs({ KEYSTONE_FROM_SOURCES: '1' })).toBe('sources');
  });

  const file = (name = 'src/core/version.ts'): string => join(clone, name);
  test.each([
    ['a source is newer', () => utimes(file(), new Date(), new Date())],
    ['a source has another content and an old date', () => utimes(file(), new Date(0), new Date(0))],
    ['a source is new', () => writeFile(file('src/core/new.ts'), '')],
    ['a source is gone', () => rm(file('src/core/new.ts'))],
  ])('is compiled anew where %s', async (_, change) => {
    await compile();
    expect((await ran(['scripts/is-compiled.sh'], clone)).code).toBe(0);
    await change();
    expect((await ran(['scripts/is-compiled.sh'], clone)).code).toBe(1);
  });

  test('that cannot be compiled says so, and runs as it is', async () => {
    await compile();
    await rename(file('licences'), file('elsewhere'));
    const { code, errors } = await compile();
    expect(code).toBe(0);
    expect(errors).toEndWith('keystone: the sources could not be compiled; they run as they are\n');
    await rename(file('elsewhere'), file('licences'));
    expect(await runs()).toBe('sources');
  });

  test('is upgraded to what is there then', async () => {
    await compile();
    using origin = new Origin('a');
    const folder = await mkdtemp(join(clone, 'config-'));
    const yaml = `${uncheckedTenant('/', [origin])}admin: { address: "127.0.0.1:0" }\n`;
    await writeFile(join(folder, 'keystone.yaml'), yaml);
    const words = ['--config', 'keystone.yaml', '--addr', '127.0.0.1:0', '--workers', '1'];
    await using gateway = await GatewayProcess.startIn(folder, words, AS_PEOPLE_DO, { program });
    expect(await readlink(`/proc/${gateway.pid}/exe`)).toEndWith('/dist/checkout/keystone');
    await utimes(file(), new Date(), new Date());
    gateway.signal('SIGUSR2');
    const successor = await gateway.replaced(1);
    expect(await readlink(`/proc/${successor}/exe`)).not.toEndWith('/dist/checkout/keystone');
    expect((await fetch(gateway.url)).status).toBe(200);
  });
});
