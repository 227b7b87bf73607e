// A gateway that is started as root and becomes another user. Needs root, and a project that others may read.
import { describe, expect, test } from 'bun:test';
import { chmod, mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { kernelSockets } from '../../src/world/kernel-sockets.ts';
import { startFleet, untilWhole, workersOf } from '../support/fleet.ts';
import { GatewayProcess, keystone } from '../support/gateway-process.ts';
import { Origin } from '../support/origin.ts';
import { PROGRAM } from '../support/program.ts';
import { until } from '../support/until.ts';
import { uncheckedTenant } from '../support/yaml.ts';

const NOBODY = 65534;
const AS_NOBODY = ['setpriv', `--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups'];

const isPossible = process.getuid?.() === 0 && Bun.spawnSync([...AS_NOBODY, PROGRAM, 'version']).exitCode === 0;

async function rightsOf(pid: number) {
  const text = await readFile(`/proc/${pid}/status`, 'utf8');
  const words = (name: string): string[] =>
    (new RegExp(`^${name}:(.*)$`, 'm').exec(text)?.[1] ?? '').trim().split(/\s+/);
  return { users: words('Uid'), groups: [...words('Gid'), ...words('Groups')], capabilities: words('CapEff')[0] };
}

/** A port that only root may bind, unless the system is set up in another way. */
function freeLowPort(): number {
  const kernel = kernelSockets();
  for (let port = 1023; port > 512; port--) {
    const made = kernel?.listen({ kind: 'tcp', hostname: '127.0.0.1', port }, 'alone');
    if (made?.ok !== true) continue;
    kernel?.close(made.value);
    return port;
  }
  return 0;
}

/** The problem that keeps it from starting. */
async function refusal(yaml: string, launcher: readonly string[] = []): Promise<string> {
  return await GatewayProcess.start(yaml, {}, 0, launcher).then(
    async (gateway) => {
      await gateway[Symbol.asyncDispose]();
      return 'it serves';
    },
    (error: unknown) => String(error),
  );
}

describe.if(isPossible)('a gateway with `user`', () => {
  test('binds as root, serves as the user, and has no rights left', async () => {
    using origin = new Origin('a');
    const low = freeLowPort();
    const listeners = `listeners: [{ address: "127.0.0.1:${low}" }]\n`;
    await using gateway = await GatewayProcess.start(`user: nobody\n${listeners}${uncheckedTenant('/', [origin])}`);
    expect((await fetch(`http://127.0.0.1:${low}/`)).status).toBe(200);
    const four = Array.from({ length: 4 }, () => String(NOBODY));
    const { users, groups, capabilities } = await rightsOf(gateway.pid);
    expect(users).toEqual(four);
    expect(new Set(groups)).toEqual(new Set([String(NOBODY)]));
    expect(capabilities).toMatch(/^0+$/);
  });

  test('has only processes that run as the user', async () => {
    using origin = new Origin('a');
    await using gateway = await startFleet(`user: nobody\n${uncheckedTenant('/', [origin])}`, 2);
    await untilWhole(gateway, 2);
    const rights = await Promise.all([gateway.pid, ...(await workersOf(gateway))].map(rightsOf));
    expect(rights.length).toBe(4);
    for (const { users, groups, capabilities } of rights) {
      expect(new Set([...users, ...groups])).toEqual(new Set([String(NOBODY)]));
      expect(capabilities).toMatch(/^0+$/);
    }
  });

  test('may have another group, by its number as well', async () => {
    await using gateway = await GatewayProcess.start('user: 65534\ngroup: 33\ntenants: []\n');
    const { users, groups } = await rightsOf(gateway.pid);
    expect([users[0], groups[0]]).toEqual([String(NOBODY), '33']);
    expect(groups).not.toContain('0');
  });

  test('gives the socket of operators to the user', async () => {
    const path = join('/tmp', `keystone-user-${process.pid}.sock`);
    await using gateway = await GatewayProcess.start(`user: nobody\nadmin: { address: "unix:${path}" }\ntenants: []\n`);
    expect(await stat(path)).toMatchObject({ uid: NOBODY, mode: 0o140600 });
    const child = Bun.spawn([...AS_NOBODY, PROGRAM, 'status', '--url', `unix:${path}`], { stdout: 'pipe' });
    expect(await child.exited).toBe(0);
    expect(gateway.port).toBeGreaterThan(0);
  });

  test('says that it may not read any more what only root may', async () => {
    using origin = new Origin('a');
    // The folder of the configuration is root's alone.
    await using gateway = await GatewayProcess.start(`user: nobody\n${uncheckedTenant('/', [origin])}`);
    gateway.signal('SIGHUP');
    await until(() => gateway.errors.includes('reload refused'), 'the reload is refused');
    expect(gateway.errors).toContain(
      'the gateway became nobody when it had started, and may read only what nobody may',
    );
    expect((await fetch(gateway.url)).status).toBe(200);
  });

  test('reloads what the user may read, and stays who it is', async () => {
    await using gateway = await GatewayProcess.start('user: nobody\ntenants: []\n');
    await chmod(dirname(gateway.file), 0o755);
    gateway.signal('SIGHUP');
    await until(() => gateway.errors.includes('configuration reloaded'), 'it is reloaded');
    await gateway.rewrite('user: root\ntenants: []\n');
    gateway.signal('SIGHUP');
    await until(() => gateway.errors.includes('reload refused'), 'the reload is refused');
    expect(gateway.errors).toContain('user is read at the start, and cannot be changed by a reload');
  });

  test('is not led by what its user has put into the state directory to files of others', async () => {
    const state = await mkdtemp(join(tmpdir(), 'keystone-state-'));
    const victim = `${state}-of-root`;
    await writeFile(victim, 'root only\n', { mode: 0o600 });
    try {
      for (const name of ['lock', 'version-000001.json']) await symlink(victim, join(state, name));
      await using gateway = await GatewayProcess.start(`user: nobody\nstate_dir: ${state}\ntenants: []\n`);
      expect(gateway.errors).toContain('state_dir is not used');
      expect(await readFile(victim, 'utf8')).toBe('root only\n');
      await rm(join(state, 'lock'));
      await using other = await GatewayProcess.start(`user: nobody\nstate_dir: ${state}\ntenants: []\n`);
      expect(other.errors).not.toContain('state_dir is not used');
      expect(await stat(victim)).toMatchObject({ uid: 0, mode: 0o100600 });
    } finally {
      // By now no gateway writes to it any more.
      await rm(state, { recursive: true });
      await rm(victim);
    }
  });

  test('is upgraded as the user, also where that one may not change the folder of the admin socket', async () => {
    using origin = new Origin('a');
    const folder = await mkdtemp(join(tmpdir(), 'keystone-user-'));
    await chmod(folder, 0o755);
    const socket = join(folder, 'admin.sock');
    const low = freeLowPort();
    const own = `user: nobody\nlisteners: [{ address: "127.0.0.1:${low}" }]\nadmin: { address: "unix:${socket}" }\n`;
    await writeFile(
      join(folder, 'keystone.yaml'),
      `${own}state_dir: ${folder}/state\n${uncheckedTenant('/', [origin])}`,
    );
    await using gateway = await GatewayProcess.startIn(folder, ['--config', 'keystone.yaml', '--addr', '127.0.0.1:0']);
    for (let round = 1; round <= 2; round++) {
      expect((await keystone(['upgrade', '--url', `unix:${socket}`])).errors).toBe('');
      const users = (await rightsOf(await gateway.replaced(round))).users;
      expect(users).toEqual(Array.from({ length: 4 }, () => String(NOBODY)));
      expect((await fetch(`http://127.0.0.1:${low}/`)).status).toBe(200);
    }
    expect(await gateway.exited).toBe(0);
    expect(gateway.errors).not.toContain('EACCES');
  });

  test('writes its log into a file that is the user’s', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'keystone-user-'));
    await chmod(folder, 0o777);
    const file = join(folder, 'keystone.log');
    const backend = uncheckedTenant('/', [{ name: 'gone', url: 'http://127.0.0.1:1' }]);
    // The warning is told before the gateway has given up its rights.
    const warned = 'limits: { connections: 1000000 }\n';
    await using gateway = await GatewayProcess.start(`user: nobody\nlog: { output: ${file} }\n${warned}${backend}`);
    expect((await fetch(gateway.url)).status).toBe(502);
    await until(async () => (await readFile(file, 'utf8').catch(() => '')).includes('request failed'), 'all write it');
    expect(await readFile(file, 'utf8')).toContain('RLIMIT_NOFILE is too low');
    expect((await stat(file)).uid).toBe(NOBODY);
    expect(gateway.errors).not.toContain('cannot be written');
    await rm(folder, { recursive: true });
  });

  test('must be one that the machine knows, and the start must be root’s', async () => {
    expect(await refusal('user: no-such-user\ntenants: []\n')).toContain('this machine has no user no-such-user');
    expect(await refusal('user: nobody\ngroup: no-such-group\ntenants: []\n')).toContain('no group no-such-group');
    const launcher = ['sh', '-c', `chmod 755 . && exec ${AS_NOBODY.join(' ')} "$0" "$@"`];
    expect(await refusal('user: www-data\ntenants: []\n', launcher)).toContain(
      'only a gateway that is started as root',
    );
    expect(await refusal('user: nobody\ntenants: []\n', launcher)).toBe('it serves');
  });
});
