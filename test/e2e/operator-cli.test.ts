// The commands with which operators inspect a running gateway and change its backends.
import { describe, expect, test } from 'bun:test';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { backendOf, command, tenantOf, untilEligible } from '../support/admin.ts';
import { FIRST } from '../support/certificates.ts';
import { CommandProcess } from '../support/command-process.ts';
import { GatewayProcess, keystone } from '../support/gateway-process.ts';
import { Origin } from '../support/origin.ts';
import { childrenOf } from '../support/processes.ts';
import { until } from '../support/until.ts';
import { pathTenant } from '../support/yaml.ts';

const TOKEN = 'a-token-of-the-tests';
const OTHER_TOKEN = 'a-token-of-somebody-else';

class Folder implements AsyncDisposable {
  private constructor(readonly path: string) {}

  static async make(files: Readonly<Record<string, string>>): Promise<Folder> {
    const folder = new Folder(await mkdtemp(join(tmpdir(), 'keystone-test-')));
    for (const [name, text] of Object.entries(files)) await folder.write(name, text);
    return folder;
  }

  async write(name: string, text: string): Promise<void> {
    await writeFile(join(this.path, name), text);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.path, { recursive: true });
  }
}

/** Answers `/slow` when it is told to. */
function slowOrigin(name: string): { origin: Origin; go: () => void; [Symbol.dispose]: () => void } {
  const gate = Promise.withResolvers<void>();
  const origin = new Origin(name, async (request) => {
    if (new URL(request.url).pathname === '/slow') await gate.promise;
    return new Response(name);
  });
  return {
    origin,
    go: gate.resolve,
    [Symbol.dispose]: () => {
      gate.resolve();
      origin[Symbol.dispose]();
    },
  };
}

const at = (gateway: GatewayProcess): string[] => ['--url', gateway.admin];

describe('keystone status', () => {
  test('shows every backend with its state and the reason, and one of them with its history', async () => {
    using a = new Origin('a');
    using b = new Origin('b', () => new Response('broken', { status: 500 }));
    await using gateway = await GatewayProcess.start(pathTenant('/', [a, b]));
    await until(async () => (await tenantOf(gateway)).backends[1]?.health === 'unhealthy', 'b is unhealthy');
    await untilEligible(gateway, 1);
    const { code, out, errors } = await keystone(['status', ...at(gateway)], { env: { LC_ALL: 'C' } });
    expect([code, errors]).toEqual([0, '']);
    const lines = out.split('\n');
    expect(lines[0]).toMatch(/^ +NAME +URL +STATE +WEIGHT +IN FLIGHT +REQUESTS +FAILURES$/);
    expect(lines[1]).toBe('main  /  degraded, 1 of 2');
    expect(lines[2]).toMatch(new RegExp(`^  a +${a.url} +\\+ healthy +1 +0 +0 +0$`));
    expect(lines[3]).toMatch(/^ {2}b +http\S+ +x unhealthy +1 +0 +0 +0 {2}for .*status 500/);
    expect(out).not.toContain('\u001b');
    const detail = await keystone(['status', 'main/b', ...at(gateway)]);
    expect(detail.out).toMatch(/\n {2}\S+Z {2}failed .*http: status 500( .*)?\n/);
    expect(detail.out).toMatch(/\n {2}\S+Z {2}unhealthy {2}health check: status 500/);
  });

  test('--json prints what the admin API says', async () => {
    using a = new Origin('a');
    await using gateway = await GatewayProcess.start(pathTenant('/', [a]));
    await untilEligible(gateway, 1);
    const print = async (...words: string[]) =>
      JSON.parse((await keystone(['status', '--json', ...words, ...at(gateway)])).out);
    const tenant = await tenantOf(gateway);
    expect(await print()).toEqual({ tenants: [tenant], leaving: [], left_out: [], certificates: [] });
    expect(await print('main')).toEqual(tenant);
    expect(await print('main/a')).toMatchObject({
      tenant: 'main',
      name: 'a',
      state: 'healthy',
      probes: expect.any(Array),
    });
  });

  test('names what there is in the place of a wrong name', async () => {
    using a = new Origin('checkout');
    await using gateway = await GatewayProcess.start(pathTenant('/', [a]));
    const ask = async (...words: string[]) => {
      const { code, out, errors } = await keystone([...words, ...at(gateway)]);
      return [code, out, errors];
    };
    const tenant = 'keystone: there is no tenant mian (did you mean main?)\nThere are: main\n';
    const backend =
      'keystone: there is no backend chekout in tenant main (did you mean checkout?)\nThere are: checkout\n';
    expect(await ask('status', 'mian')).toEqual([1, '', tenant]);
    expect(await ask('status', 'mian/x')).toEqual([1, '', tenant]);
    expect(await ask('drain', 'main/chekout')).toEqual([1, '', backend]);
    expect(await ask('disable', 'main')).toMatchObject([2, '', expect.stringContaining('expected TENANT/BACKEND')]);
    expect(await ask('weight', 'main/checkout', 'much')).toMatchObject([2, '', expect.stringContaining('0 to 256')]);
    expect(await ask('drain', 'main/checkout', '--deadline', 'soon')).toMatchObject([
      2,
      '',
      expect.stringContaining('such as 30s'),
    ]);
    expect(await ask('status', '--watch')).toMatchObject([2, '', expect.stringContaining('needs a terminal')]);
  });
});

describe('where the gateway is', () => {
  test('says the configuration, its token with it; other tokens are refused and never shown', async () => {
    using a = new Origin('a');
    const head = (port: number, token: string) =>
      `admin_base_path: /ops\nadmin: { address: none, tokens: [${token}] }\nlisteners: [{ address: "127.0.0.1:${port}" }]\n`;
    const tenants = pathTenant('/', [a]);
    await using gateway = await GatewayProcess.start(head(0, TOKEN) + tenants);
    await using folder = await Folder.make({
      'keystone.yaml': head(gateway.port, TOKEN) + tenants,
      'other.yaml': head(gateway.port, OTHER_TOKEN) + tenants,
      right: `${TOKEN}\n`,
      wrong: OTHER_TOKEN,
    });
    const ask = (words: string[], env = {}) => keystone(['status', ...words], { cwd: folder.path, env });
    expect(await ask([])).toMatchObject({ code: 0, errors: '' });
    expect(await ask(['-c', 'other.yaml', '--token-file', 'right'])).toMatchObject({ code: 0, errors: '' });
    expect((await ask(['-c', 'other.yaml'], { KEYSTONE_ADMIN_TOKEN: TOKEN })).code).toBe(0);
    expect((await ask(['--url', gateway.url])).code).toBe(0);
    expect((await ask([], { KEYSTONE_ADMIN_URL: `${gateway.url}/ops/` })).code).toBe(0);
    for (const words of [
      ['-c', 'other.yaml'],
      ['--token-file', 'wrong'],
    ]) {
      const { code, out, errors } = await ask(words);
      expect([code, out]).toEqual([1, '']);
      expect(errors).toContain(`the gateway at ${gateway.url}/ops refuses: a valid token is needed`);
      expect(errors).toContain(`the token of ${words[0] === '-c' ? 'admin.tokens of other.yaml' : 'wrong'}`);
      expect(errors).not.toContain(OTHER_TOKEN);
    }
    const without = await keystone(['status', '--url', `${gateway.url}/ops`]);
    expect([without.code, without.errors]).toMatchObject([
      1,
      expect.stringContaining('--token-file FILE or $KEYSTONE'),
    ]);
    const elsewhere = await ask(['--url', `${gateway.url}/elsewhere`]);
    expect([elsewhere.code, elsewhere.errors]).toMatchObject([1, expect.stringContaining('is not the admin API')]);
  });

  test('over TLS on this machine its certificate is taken as it is; a key that nobody may read is no obstacle', async () => {
    using a = new Origin('a');
    await using folder = await Folder.make({ 'server.crt': FIRST.certificate, 'server.key': FIRST.key });
    const tls = (key: string) => `tls: { cert_file: "${folder.path}/server.crt", key_file: "${folder.path}/${key}" }\n`;
    const admin = `admin_base_path: /admin\nadmin: { address: none, tokens: [${TOKEN}] }\n`;
    await using gateway = await GatewayProcess.start(admin + tls('server.key') + pathTenant('/', [a]));
    const listeners = `listeners: [{ address: ":${gateway.port}", tls: true }]\n`;
    await folder.write('keystone.yaml', admin + tls('absent.key') + listeners + pathTenant('/', [a]));
    expect(await keystone(['status'], { cwd: folder.path })).toMatchObject({ code: 0, errors: '' });
  });

  test('is said where nothing answers, with what to do; a proxy of the environment is not asked', async () => {
    using a = new Origin('a');
    const gateway = await GatewayProcess.start(pathTenant('/', [a]));
    const proxy = { HTTP_PROXY: 'http://127.0.0.1:1', http_proxy: 'http://127.0.0.1:1' };
    expect((await keystone(['events', ...at(gateway)], { env: proxy })).code).toBe(0);
    await gateway[Symbol.asyncDispose]();
    for (const words of [['status'], ['events', '--follow'], ['drain', 'main/a', '--wait']]) {
      const { code, out, errors } = await keystone([...words, ...at(gateway)]);
      expect([code, out]).toEqual([1, '']);
      expect(errors).toBe(
        `keystone: cannot reach the gateway at ${gateway.admin}: nothing listens there\nIs it running? --url says where it is, if it is elsewhere.\n`,
      );
    }
    const secret = await keystone(['status', '--url', 'http://user:password@127.0.0.1:1']);
    expect([secret.code, secret.errors.includes('password')]).toEqual([2, false]);
  });
});

const LAST = 'keystone: warning: no backend of tenant main is eligible now\n';

describe('keystone drain', () => {
  test('--wait tells what is left and ends with 0 when nothing is', async () => {
    using slow = slowOrigin('a');
    await using gateway = await GatewayProcess.start(pathTenant('/', [slow.origin]));
    await untilEligible(gateway, 1);
    const pending = fetch(`${gateway.url}/slow`);
    await until(() => slow.origin.requests === 1, 'the request is in flight');
    await using drain = new CommandProcess(['drain', 'main/a', '--wait', ...at(gateway)]);
    await until(() => drain.out !== '', 'it says what is left');
    expect(drain.out).toStartWith('main/a: draining: 1 request left\n');
    slow.go();
    expect(await (await pending).text()).toBe('a');
    expect([await drain.exited(), drain.errors]).toEqual([0, LAST]);
    expect(drain.out).toEndWith('main/a is drained: no request is left\n');
    expect((await keystone(['status', 'main', ...at(gateway)])).out).toContain(' drained ');
  });

  test('--wait ends with 1 when the rest is cut at the deadline, or when somebody decides otherwise', async () => {
    using slow = slowOrigin('a');
    await using gateway = await GatewayProcess.start(pathTenant('/', [slow.origin]));
    await untilEligible(gateway, 1);
    const pending = fetch(`${gateway.url}/slow`, { method: 'POST' });
    await until(() => slow.origin.requests === 1, 'the request is in flight');
    await using first = new CommandProcess(['drain', 'main/a', '--wait', '--deadline', '10m', ...at(gateway)]);
    await until(() => first.out !== '', 'it is draining');
    await command(gateway, 'a', 'enable');
    expect([await first.exited(), first.errors]).toMatchObject([
      1,
      expect.stringContaining('not being drained any more'),
    ]);
    const cut = await keystone(['drain', 'main/a', '--deadline', '300ms', '--wait', ...at(gateway)]);
    expect([cut.code, cut.errors]).toEqual([
      1,
      `${LAST}keystone: main/a was not drained in time: the time to drain is over; 1 request cut off\n`,
    ]);
    expect((await pending).status).toBe(503);
  });
});

test('disable, enable and weight say how the backend stands then', async () => {
  using a = new Origin('a');
  using b = new Origin('b');
  await using gateway = await GatewayProcess.start(pathTenant('/', [a, b]));
  await untilEligible(gateway, 2);
  const say = async (...words: string[]) => (await keystone([...words, ...at(gateway)])).out;
  expect(await say('disable', 'main/a')).toMatch(/^main\/a is disabled \(by an operator \d+ms ago\), weight 1\n$/);
  expect((await backendOf(gateway, 'a')).admission).toBe('disabled');
  const last = await keystone(['disable', 'main/b', ...at(gateway)]);
  expect([last.code, last.errors]).toEqual([1, expect.stringContaining('; --force does it all the same')]);
  const forced = await keystone(['disable', 'main/b', '--force', ...at(gateway)]);
  expect([forced.code, forced.errors]).toEqual([0, LAST]);
  expect(await say('enable', 'main/a')).toBe('main/a is healthy, weight 1\n');
  expect(await say('weight', 'main/a', '7')).toBe('main/a is healthy, weight 7\n');
  expect(await say('weight', 'main/a', 'configured')).toBe('main/a is healthy, weight 1\n');
});

describe('keystone events', () => {
  test('prints what has happened, for people and for programs', async () => {
    using a = new Origin('a');
    using b = new Origin('b');
    await using gateway = await GatewayProcess.start(pathTenant('/', [a, b]));
    await untilEligible(gateway, 2);
    await command(gateway, 'a', 'disable');
    await command(gateway, 'a', 'enable');
    const text = await keystone(['events', ...at(gateway)]);
    expect(text).toMatchObject({ code: 0, errors: '' });
    expect(text.out).toMatch(
      /^\S+Z {2}disabled {9}main\/a {2}by an operator from 127\.0\.0\.1\n\S+Z {2}enabled {10}main\/a {2}by an operator from 127\.0\.0\.1\n$/,
    );
    const json = (await keystone(['events', '--json', ...at(gateway)])).out.trimEnd().split('\n');
    expect(json.map((line) => JSON.parse(line))).toMatchObject([
      { number: 1, kind: 'disabled' },
      { number: 2, kind: 'enabled' },
    ]);
  });

  test('prints what has happened to the gateway itself', async () => {
    await using gateway = await GatewayProcess.start('tenants: []\n', { KEYSTONE_TEST_WORKERS: '2' });
    const [worker = 0] = await childrenOf(gateway.pid);
    process.kill(worker, 'SIGKILL');
    await until(async () => {
      const { code, out } = await keystone(['events', ...at(gateway)]);
      expect(code).toBe(0);
      return / {2}worker_\w+ +the gateway {2}/.test(out);
    }, 'the end of the worker is told');
  });

  test('--follow goes on over a restart of the gateway, loses nothing, and ends well by Ctrl-C', async () => {
    using a = new Origin('a');
    const first = await GatewayProcess.start(pathTenant('/', [a]));
    const yaml = `admin: { address: "127.0.0.1:${first.adminPort}" }\n${pathTenant('/', [a])}`;
    await untilEligible(first, 1);
    await using follower = new CommandProcess(['events', '--follow', ...at(first)]);
    await command(first, 'a', 'weight?weight=2');
    await until(() => follower.out.includes('weight 2'), 'the first gateway is followed');
    first.signal('SIGTERM');
    await first.exited;
    await until(() => follower.errors.includes('does not answer'), 'it is missed');
    await using second = await GatewayProcess.start(yaml);
    await first[Symbol.asyncDispose]();
    await command(second, 'a', 'weight?weight=3');
    await until(() => follower.out.includes('weight 3'), 'the second gateway is followed');
    await command(second, 'a', 'weight?weight=4');
    await until(() => follower.out.includes('weight 4'), 'it goes on');
    follower.interrupt();
    expect(await follower.exited()).toBe(0);
    expect(follower.out.match(/weight \d/g)).toEqual(['weight 2', 'weight 3', 'weight 4']);
    expect(follower.errors.match(/has been restarted/g)).toHaveLength(1);
  });
});

describe('the admin API at its own address', () => {
  test('may be a Unix socket, which only the user of the gateway may use and every command finds', async () => {
    using a = new Origin('a');
    await using folder = await Folder.make({});
    const socket = join(folder.path, 'keystone.sock');
    const yaml = `admin: { address: "unix:${socket}", tokens: [${TOKEN}] }\n${pathTenant('/', [a])}`;
    await folder.write('keystone.yaml', yaml);
    const first = await GatewayProcess.start(yaml);
    expect(first.output).toContain(`admin API on unix:${socket}\n`);
    expect((await stat(socket)).mode & 0o777).toBe(0o600);
    expect(await keystone(['disable', 'main/a', '--force', '--url', `unix:${socket}`])).toMatchObject({ code: 0 });
    // It is found by the configuration as well.
    const { out } = await keystone(['events'], { cwd: folder.path });
    expect(out).toContain('disabled         main/a  by an operator from a Unix socket\n');
    // A socket that a killed process has left is no obstacle; one that somebody serves is.
    const taken = await keystone(['run', '--addr', '127.0.0.1:0'], { cwd: folder.path });
    expect([taken.code, taken.errors]).toEqual([1, expect.stringContaining(`cannot listen on unix:${socket}`)]);
    first.signal('SIGKILL');
    await first.exited;
    await using second = await GatewayProcess.start(yaml);
    expect((await keystone(['status'], { cwd: folder.path })).code).toBe(0);
    await first[Symbol.asyncDispose]();
    expect(second.errors).not.toMatch(/ (warn|error) /);
  });

  test('is left out where another program has the usual address, and an error where a configured one is taken', async () => {
    await using folder = await Folder.make({ 'keystone.yaml': 'tenants: []\n' });
    using squatter = takeUsualAddress();
    await using without = new CommandProcess([
      'run',
      '--config',
      join(folder.path, 'keystone.yaml'),
      '--addr',
      '127.0.0.1:0',
    ]);
    await until(() => without.out.includes('listening on'), 'it serves all the same');
    expect(without.errors.match(/"level":"(warn|error)"/g)).toHaveLength(1);
    expect(without.errors).toContain('the admin API has no address of its own');
    await folder.write('keystone.yaml', `admin: { address: "127.0.0.1:${squatter.port}" }\ntenants: []\n`);
    const configured = await keystone(['run', '--addr', '127.0.0.1:0'], { cwd: folder.path });
    expect(configured).toMatchObject({ code: 1, errors: expect.stringContaining('choose another with admin.address') });
  });
});

// Another gateway may have it already, which is the same to this one.
function takeUsualAddress(): { port: number; [Symbol.dispose]: () => void } {
  const open = (port: number) => Bun.listen({ hostname: '127.0.0.1', port, socket: { data: () => undefined } });
  try {
    const server = open(9901);
    return { port: 9901, [Symbol.dispose]: () => server.stop(true) };
  } catch {
    return { port: 9901, [Symbol.dispose]: () => undefined };
  }
}
