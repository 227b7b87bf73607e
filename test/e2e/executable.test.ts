// The executable, which has its runtime inside and needs nothing else.
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { copyFile, mkdtemp, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import manifest from '../../package.json' with { type: 'json' };
import { Origin } from '../support/origin.ts';
import { ROOT, builtExecutable, ran } from '../support/packed.ts';
import { isAlive } from '../support/processes.ts';
import { Serving } from '../support/serving.ts';
import { until } from '../support/until.ts';

const SLOW = 120_000;

let folder: string;
let program: string;
let file: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'keystone-executable-'));
  program = join(folder, 'keystone');
  await copyFile(await builtExecutable(), program);
  file = join(folder, 'keystone.yaml');
}, SLOW);

afterAll(() => rm(folder, { recursive: true }));

const EMPTY = { PATH: '/nowhere', HOME: '/nowhere' };
const tenants = (url: string, more = 0): string => {
  const spare = Array.from(
    { length: more },
    (_, at) => `  - { name: t${at}, path_prefix: "/t${at}/", services: [] }\n`,
  );
  const main = `  - { name: main, path_prefix: "/", services: [{ name: only, url: "${url}" }] }\n`;
  return `admin: { address: none }\ntenants:\n${main}${spare.join('')}`;
};

const PROGRAM = `import { defineConfig } from 'keystone-gateway';
import { names } from './names.ts';
export default defineConfig({ tenants: names.map((name) => ({ name, path_prefix: \`/\${name}/\`, services: [] })) });
`;

describe('the executable', () => {
  test('says its version and its licences, and reads nothing of the folder that it is started in', async () => {
    await writeFile(join(folder, 'bunfig.toml'), 'preload = ["./no-such-file.ts"]\n');
    await writeFile(join(folder, '.env'), 'KEYSTONE_CONFIG=from-env-file.yaml\n');
    expect(await ran([program, 'version'], folder, EMPTY)).toEqual({
      code: 0,
      out: `keystone ${manifest.version}\n`,
      errors: '',
    });
    expect((await ran([program, 'version', '--licences'], folder)).out).toContain('GNU Library General Public License');
    expect((await ran([program, 'check'], folder)).errors).toContain('keystone.yaml');
  });

  test('runs a configuration that is a program, with its types and its imports, and writes a first one', async () => {
    const own = await mkdtemp(join(folder, 'program-'));
    await writeFile(join(own, 'names.ts'), "export const names: readonly string[] = ['a', 'b'];\n");
    await writeFile(join(own, 'keystone.config.ts'), PROGRAM);
    const checked = await ran([program, 'check'], own, EMPTY);
    expect([checked.code, checked.out]).toEqual([0, expect.stringContaining('keystone.config.ts is valid: 2 tenants')]);
    expect(await ran([program, 'init', '--output', 'own.yaml'], own, EMPTY)).toMatchObject({ code: 0 });
    expect(await ran([program, 'check', '--config', 'own.yaml'], own, EMPTY)).toMatchObject({ code: 0, errors: '' });
  });

  test('serves with the settings of bin/keystone in force, as the process that was started', async () => {
    using origin = new Origin('a');
    await writeFile(file, tenants(origin.url));
    await using gateway = await Serving.start([program], file, { BUN_JSC_numberOfGCMarkers: '3' });
    expect((await fetch(`${gateway.url}/`)).status).toBe(200);
    const environment = (await readFile(`/proc/${gateway.child.pid}/environ`, 'utf8')).split('\0');
    const script = await readFile(join(ROOT, 'bin/keystone'), 'utf8');
    const settings = Array.from(script.matchAll(/^export (\w+)="\$\{\w+:-(.*)\}"$/gm), ([, name, value]) => {
      // What is set from outside stays as it is.
      return name === 'BUN_JSC_numberOfGCMarkers' ? `${name}=3` : `${name}=${value}`;
    });
    expect(settings.length).toBeGreaterThan(3);
    expect(environment).toEqual(expect.arrayContaining(settings));
  });

  test('has the collector as it was set: the runtime says so itself', async () => {
    const { errors } = await ran([program, 'run', '--config', '/nowhere.yaml'], folder, { BUN_JSC_dumpOptions: '1' });
    expect(errors).toContain('largeHeapSize=67108864');
    expect(errors).toContain('smallHeapGrowthFactor=1.4');
    expect(errors).toContain('numberOfGCMarkers=1');
  });

  test.each(['SIGHUP', 'SIGUSR1', 'SIGUSR2'] as const)('is not killed by %s while it starts', async (signal) => {
    using origin = new Origin('a');
    await writeFile(file, tenants(origin.url));
    const starting = Serving.start([program], file);
    const pid = await pidOf(program);
    await until(async () => isMinded(await status(pid), signal), 'it ignores or obeys the signal');
    process.kill(pid, signal);
    await using gateway = await starting;
    expect((await fetch(`${gateway.url}/`)).status).toBe(200);
  });

  test('reads its configuration again after another version has taken its place on the disk', async () => {
    using origin = new Origin('a');
    await writeFile(file, tenants(origin.url, 100));
    const running = join(folder, 'running');
    await copyFile(program, running);
    await Bun.spawn(['chmod', '+x', running]).exited;
    await using gateway = await Serving.start([running], file);
    await writeFile(`${running}.new`, '#!/bin/sh\nexit 9\n', { mode: 0o755 });
    await rename(`${running}.new`, running);
    await writeFile(file, tenants(origin.url, 10));
    gateway.child.kill('SIGHUP');
    await until(() => gateway.errors.includes('configuration reloaded'), 'it has read the file again');
    expect(gateway.errors).toContain('"removed":90');
  });

  test('ends with 0 on SIGTERM, and leaves no process behind', async () => {
    using origin = new Origin('a');
    await writeFile(file, tenants(origin.url));
    await using gateway = await Serving.start([program], file, {}, ['--workers', '2']);
    expect((await fetch(`${gateway.url}/`)).status).toBe(200);
    const children = await childrenOf(gateway.child.pid);
    expect(children.length).toBeGreaterThan(1);
    gateway.child.kill('SIGTERM');
    expect(await gateway.child.exited).toBe(0);
    for (const pid of children) await until(async () => !(await isAlive(pid)), 'its child has ended');
  });

  test('that is killed takes its workers along', async () => {
    using origin = new Origin('a');
    await writeFile(file, tenants(origin.url));
    await using gateway = await Serving.start([program], file, {}, ['--workers', '2']);
    const children = await childrenOf(gateway.child.pid);
    gateway.child.kill('SIGKILL');
    for (const pid of children) await until(async () => !(await isAlive(pid)), 'its child has ended');
  });

  test('starts origins of its own for the demo', async () => {
    expect(await ran([program, 'demo', '--once', '--seconds', '4'], folder)).toMatchObject({ code: 0 });
  });
});

async function status(pid: number): Promise<string> {
  return await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
}

/** Whether a process ignores a signal or has a handler for it. */
function isMinded(text: string, signal: keyof typeof constants.signals): boolean {
  const masks = Array.from(text.matchAll(/^Sig(?:Ign|Cgt):\s*([0-9a-f]+)$/gm), ([, mask]) => BigInt(`0x${mask}`));
  return masks.some((mask) => ((mask >> BigInt(constants.signals[signal] - 1)) & 1n) === 1n);
}

async function pidOf(path: string): Promise<number> {
  let found = 0;
  await until(async () => {
    for (const name of await readdir('/proc')) {
      const words = await readFile(`/proc/${name}/cmdline`, 'utf8').catch(() => '');
      if (words.startsWith(`${path}\0run\0`)) found = Number(name);
    }
    return found > 0;
  }, 'it has started');
  return found;
}

async function childrenOf(pid: number): Promise<readonly number[]> {
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8');
  return text.split(' ').filter(Boolean).map(Number);
}
