// Another program takes the place of the running one, on the same sockets.
import { describe, expect, test } from 'bun:test';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { backendOf, command, eventsOf, untilEligible } from '../support/admin.ts';
import { Datagrams } from '../support/datagrams.ts';
import { untilGone } from '../support/fleet.ts';
import { ALONE, GatewayProcess, keystone } from '../support/gateway-process.ts';
import { Origin } from '../support/origin.ts';
import { childrenOf, isAlive } from '../support/processes.ts';
import { PROGRAM } from '../support/program.ts';
import { RawClient } from '../support/raw-client.ts';
import { until } from '../support/until.ts';
import { WebSocketClient } from '../support/web-socket-client.ts';
import { WebSocketOrigin } from '../support/web-socket-origin.ts';
import { startWrk } from '../support/wrk.ts';
import { pathTenant, uncheckedTenant } from '../support/yaml.ts';

const UPGRADES = 3;
const canUnshare =
  process.platform === 'linux' &&
  Bun.spawnSync(['unshare', '--pid', '--fork', 'true'], { stderr: 'ignore' }).exitCode === 0;
const WORDS = ['--config', 'keystone.yaml', '--addr', '127.0.0.1:0'];

async function configFolder(yaml: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'keystone-test-'));
  await writeFile(join(folder, 'keystone.yaml'), `${yaml}log: { format: text }\nadmin: { address: "127.0.0.1:0" }\n`);
  return folder;
}

// Words of a shell script that speaks with the process that has started it.
function say(message: object): string {
  return `printf '%s\\n' '${JSON.stringify(message)}' >&$NODE_CHANNEL_FD\n`;
}

async function replaceBy(program: string, script: string): Promise<void> {
  await rm(program);
  await writeFile(program, `#!/bin/sh\n${script}`, { mode: 0o755 });
}

function bySignal(gateway: GatewayProcess): Promise<number> {
  gateway.signal('SIGUSR2');
  return gateway.replaced(1);
}

describe.if(process.platform === 'linux')('an upgrade', () => {
  test.each([
    { connections: 50, header: null, workers: '1' },
    { connections: 200, header: 'Connection: close', workers: '1' },
    { connections: 50, header: null, workers: '2' },
    { connections: 200, header: 'Connection: close', workers: '2' },
  ])(
    'loses no request: %o',
    async ({ connections, header, workers }) => {
      using origin = new Origin('a');
      const yaml = uncheckedTenant('/', [origin]);
      await using gateway = await GatewayProcess.startIn(await configFolder(yaml), [...WORDS, '--workers', workers]);
      const load = startWrk(gateway.url, { connections, seconds: 120, header });
      for (let round = 1; round <= UPGRADES; round++) {
        const before = origin.requests;
        await until(() => origin.requests > before + 200, 'requests are served');
        expect(await gateway.upgrade()).toMatchObject({ kind: 'upgraded' });
      }
      const after = origin.requests;
      await until(() => origin.requests > after + 200, 'requests are served');
      const { socketErrors, badStatuses } = await load.end();
      expect({ socketErrors, badStatuses }).toEqual({ socketErrors: 0, badStatuses: 0 });
      expect(await gateway.exited).toBe(0);
    },
    120_000,
  );

  test('takes along what operators have decided, cookies, health, and the numbers of events', async () => {
    using a = new Origin('a');
    using b = new Origin('b');
    using c = new Origin('c');
    await using gateway = await GatewayProcess.start(pathTenant('/', [a, b, c], '    affinity: {}\n'));
    await untilEligible(gateway, 3);
    await command(gateway, 'a', 'disable');
    await command(gateway, 'b', 'weight?weight=7');
    const first = await fetch(gateway.url);
    const { origin } = (await first.json()) as { origin: string };
    const cookie = first.headers.get('set-cookie')?.split(';')[0] ?? '';
    const latest = (await eventsOf(gateway)).at(-1)?.number ?? 0;
    expect(await gateway.upgrade()).toMatchObject({ kind: 'upgraded' });
    expect(await backendOf(gateway, 'a')).toMatchObject({ admission: 'disabled', eligible: false });
    expect(await backendOf(gateway, 'b')).toMatchObject({ weight: 7, health: 'healthy' });
    const answers = await Promise.all([0, 1, 2, 3].map(() => fetch(gateway.url, { headers: { cookie } })));
    for (const answer of answers) expect(await answer.json()).toMatchObject({ origin });
    const events = await eventsOf(gateway);
    expect(events.at(-1)?.kind).toBe('upgraded');
    // Those of before are there as well, each once.
    const numbers = events.map(({ number }) => number);
    expect(numbers).toEqual([...new Set(numbers)].toSorted((one, other) => one - other));
    expect(numbers.at(-1)).toBeGreaterThan(latest);
  });

  test('can be asked for by SIGUSR2, and by `keystone upgrade`', async () => {
    using origin = new Origin('a');
    await using gateway = await GatewayProcess.start(uncheckedTenant('/', [origin]));
    await bySignal(gateway);
    expect(await gateway.exited).toBe(0);
    const { code, out } = await keystone(['upgrade', '--url', gateway.admin]);
    expect(out).toMatch(/^upgraded: process \d+ serves, version /);
    expect(code).toBe(0);
    await gateway.replaced(2);
    expect((await fetch(gateway.url)).status).toBe(200);
  });

  test('lets WebSockets go on, and the process of before ends with the last', async () => {
    using origin = new WebSocketOrigin();
    await using gateway = await GatewayProcess.start(uncheckedTenant('/', [origin]));
    using client = await WebSocketClient.open(`${gateway.url}/chat`);
    await gateway.upgrade();
    await until(() => gateway.errors.includes('has taken the place of this one'), 'it has been replaced');
    client.send('still here');
    expect(await client.message(0)).toBe('still here');
    expect(await isAlive(gateway.pid)).toBe(true);
    client.socket.close();
    expect(await gateway.exited).toBe(0);
  });

  test('with a configuration that is broken changes nothing', async () => {
    using origin = new Origin('a');
    await using gateway = await GatewayProcess.start(uncheckedTenant('/', [origin]));
    await gateway.rewrite('nonsense: 1\n');
    const { code, errors } = await keystone(['upgrade', '--url', gateway.admin]);
    expect(errors).toMatch(
      /not upgraded: the new process could not take over: .*nonsense.*; the gateway serves as before/,
    );
    expect(code).toBe(1);
    expect((await eventsOf(gateway)).at(-1)).toMatchObject({ kind: 'upgrade_failed' });
    expect((await fetch(gateway.url)).status).toBe(200);
    expect(await isAlive(gateway.pid)).toBe(true);
  });

  test('to a program that finds all backends of a tenant down changes nothing', async () => {
    using origin = new Origin('a', ({ url }) => new Response('', { status: url.includes('wrong') ? 503 : 200 }));
    const yaml = pathTenant('/', [origin]);
    await using gateway = await GatewayProcess.start(yaml);
    await untilEligible(gateway, 1);
    await gateway.rewrite(yaml.replace('/health', '/wrong'));
    const outcome = await gateway.upgrade();
    expect(outcome).toMatchObject({ kind: 'failed' });
    expect(String(outcome['reason'])).toContain('it finds all backends of tenant main unhealthy: a: ');
    expect((await fetch(gateway.url)).status).toBe(200);
  });

  test('to a program that does not start changes nothing', async () => {
    using origin = new Origin('a');
    const folder = await configFolder(uncheckedTenant('/', [origin]));
    const program = join(folder, 'keystone');
    await symlink(PROGRAM, program);
    await using gateway = await GatewayProcess.startIn(folder, WORDS, {}, { program });
    await rm(program);
    expect(await gateway.upgrade()).toMatchObject({ kind: 'failed' });
    await writeFile(program, '#!/bin/sh\nexit 3\n', { mode: 0o755 });
    const { reason } = await gateway.upgrade();
    expect(reason).toBe('the new process could not take over: it ended with exit code 3 before it was loaded');
    await rm(program);
    await symlink(PROGRAM, program);
    expect(await gateway.upgrade()).toMatchObject({ kind: 'upgraded' });
    expect((await fetch(gateway.url)).status).toBe(200);
  });

  test('to a program that does not speak with this one changes nothing, and is given up at once', async () => {
    using origin = new Origin('a');
    const folder = await configFolder(uncheckedTenant('/', [origin]));
    const program = join(folder, 'keystone');
    await symlink(PROGRAM, program);
    await using gateway = await GatewayProcess.startIn(folder, WORDS, ALONE, { program });
    // Without workers, the other program is its only child.
    await replaceBy(
      program,
      `${say({ kind: 'loaded', version: '9' })}eval "exec $NODE_CHANNEL_FD>&-"\nexec sleep 100\n`,
    );
    const { reason } = await gateway.upgrade();
    expect(reason).toBe('the new process could not take over: it closed its channel to this one before it was ready');
    await until(async () => (await childrenOf(gateway.pid)).length === 0, 'it is gone');
    expect((await fetch(gateway.url)).status).toBe(200);
  });

  test('to a program that ends as soon as it decides leaves the old one in charge', async () => {
    using origin = new Origin('a');
    const folder = await configFolder(uncheckedTenant('/', [origin]));
    const [program, file] = [join(folder, 'keystone'), join(folder, 'pid')];
    await symlink(PROGRAM, program);
    await using gateway = await GatewayProcess.startIn(folder, [...WORDS, '--pid-file', file], {}, { program });
    const said = [{ kind: 'loaded', version: '9' }, { kind: 'ready' }, { kind: 'serving', unused: [] }].map(say);
    const three = 'for told in begin open decide; do read -r line <&$NODE_CHANNEL_FD; done\n';
    await replaceBy(program, `${said.join('')}${three}echo $$ > ${file}\nexit 5\n`);
    const { reason } = await gateway.upgrade();
    expect(reason).toBe('the new process could not take over: it ended with exit code 5 before it was deciding');
    expect(await readFile(file, 'utf8')).toBe(`${gateway.pid}\n`);
    await command(gateway, 'a', 'weight?weight=7');
    expect(await backendOf(gateway, 'a')).toMatchObject({ weight: 7 });
    gateway.signal('SIGTERM');
    expect(await gateway.exited).toBe(0);
    expect(existsSync(file)).toBe(false);
  });

  test('is refused from the moment that the gateway is told to end', async () => {
    using origin = new Origin('a');
    const yaml = `timeouts: { shutdown_delay: 3s }\n${uncheckedTenant('/', [origin])}`;
    await using gateway = await GatewayProcess.start(yaml);
    gateway.signal('SIGTERM');
    await until(() => gateway.errors.includes('shutting down'), 'it ends');
    expect(await gateway.upgrade()).toEqual({ kind: 'failed', reason: 'the gateway ends' });
    expect(await gateway.exited).toBe(0);
  });

  test('takes all decisions along: the process of before carries out no order and no reload any more', async () => {
    using origin = new Origin('a');
    await using gateway = await GatewayProcess.start(uncheckedTenant('/', [origin]));
    using before = await RawClient.open(gateway.adminPort);
    await before.send('GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n');
    await before.until(({ received }) => received.includes('live'), 5000);
    const upgrading = gateway.upgrade();
    await until(() => gateway.errors.includes('an upgrade begins'), 'it has begun');
    const reload = await fetch(`${gateway.admin}/reload`, { method: 'POST' });
    const { pid } = await upgrading;
    expect(await reload.json()).toMatchObject({
      kind: 'failed',
      reason: `process ${String(pid)} takes the place of this one; ask again`,
    });
    await before.send('POST /backends/main/a/disable HTTP/1.1\r\nHost: localhost\r\n\r\n');
    await before.until(({ received }) => received.includes('503'), 5000);
    expect(await backendOf(gateway, 'a')).toMatchObject({ admission: 'open' });
  });

  test('leaves a process of before that a signal does no harm when its successor has ended, too', async () => {
    using origin = new WebSocketOrigin();
    await using gateway = await GatewayProcess.start(uncheckedTenant('/', [origin]));
    using client = await WebSocketClient.open(`${gateway.url}/chat`);
    const { pid } = await gateway.upgrade();
    await gateway.upgrade();
    await untilGone([Number(pid)], 'the second has ended');
    gateway.signal('SIGHUP');
    client.send('still here');
    expect(await client.message(0)).toBe('still here');
    expect(gateway.errors).not.toContain('ESRCH');
    client.socket.close();
    expect(await gateway.exited).toBe(0);
  });

  test('is one at a time', async () => {
    using origin = new Origin('a');
    await using gateway = await GatewayProcess.start(uncheckedTenant('/', [origin]));
    const outcomes = await Promise.all([gateway.upgrade(), gateway.upgrade()]);
    const kinds = outcomes.map(({ kind }) => String(kind)).toSorted((one, other) => one.localeCompare(other));
    expect(kinds).toEqual(['failed', 'upgraded']);
    expect(outcomes.find(({ kind }) => kind === 'failed')).toMatchObject({ reason: 'an upgrade is under way already' });
  });

  test('tells the service manager which process it is about from now on', async () => {
    using origin = new Origin('a');
    using manager = new Datagrams();
    await using gateway = await GatewayProcess.start(uncheckedTenant('/', [origin]), { NOTIFY_SOCKET: manager.path });
    await manager.got(/READY=1/);
    const { pid } = await gateway.upgrade();
    await manager.got(new RegExp(`^READY=1\nMAINPID=${String(pid)}\n`));
    expect(manager.received[1]).toBe(`MAINPID=${String(pid)}`);
    expect(manager.received.some((text) => text.includes('STOPPING'))).toBe(false);
  });

  test('hands over the Unix socket of the admin API', async () => {
    using origin = new Origin('a');
    const folder = await configFolder(uncheckedTenant('/', [origin]));
    const socket = join(folder, 'admin.sock');
    const file = join(folder, 'keystone.yaml');
    await writeFile(file, `${uncheckedTenant('/', [origin])}admin: { address: "unix:${socket}" }\n`);
    await using gateway = await GatewayProcess.startIn(folder, WORDS);
    for (let round = 1; round <= 2; round++) {
      const { errors, code } = await keystone(['upgrade', '--url', `unix:${socket}`]);
      expect({ errors, code }).toEqual({ errors: '', code: 0 });
      await gateway.replaced(round);
    }
    expect(await gateway.exited).toBe(0);
    expect((await keystone(['status', '--url', `unix:${socket}`])).out).toContain('main');
  });

  test('writes the number of the new process into the file for it', async () => {
    using origin = new Origin('a');
    const folder = await configFolder(uncheckedTenant('/', [origin]));
    const file = join(folder, 'pid');
    await using gateway = await GatewayProcess.startIn(folder, [...WORDS, '--pid-file', file]);
    const { pid } = await gateway.upgrade();
    expect(await gateway.exited).toBe(0);
    expect(await readFile(file, 'utf8')).toBe(`${String(pid)}\n`);
    const { code } = await keystone(['upgrade', '--pid-file', file]);
    expect(code).toBe(0);
    await gateway.replaced(2);
  });

  test.if(canUnshare)('of process 1 of a container is refused, with what to do instead', async () => {
    using origin = new Origin('a');
    const launcher = ['unshare', '--pid', '--fork', '--kill-child'];
    await using gateway = await GatewayProcess.start(uncheckedTenant('/', [origin]), {}, 0, launcher);
    expect(await gateway.upgrade()).toMatchObject({ kind: 'failed' });
    const { reason } = await gateway.upgrade();
    expect(reason).toContain('start a container of the new version beside this one, then stop this one');
  });
});
