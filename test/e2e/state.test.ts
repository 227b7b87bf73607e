// What a gateway keeps over a restart, in its state directory.
import { describe, expect, test } from 'bun:test';
import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { backendOf, command, eventsOf, untilEligible } from '../support/admin.ts';
import { GatewayProcess, keystone } from '../support/gateway-process.ts';
import { Origin } from '../support/origin.ts';
import { until } from '../support/until.ts';
import { pathTenant } from '../support/yaml.ts';

/** The directory of a gateway that says nothing about it. */
function stateOf({ directory }: GatewayProcess): string {
  const [name = ''] = readdirSync(join(directory, 'keystone'));
  return join(directory, 'keystone', name);
}

function textOf(gateway: GatewayProcess, name: string): string {
  try {
    return readFileSync(join(stateOf(gateway), name), 'utf8');
  } catch {
    return '';
  }
}

/** A health page whose answer a test chooses. */
class Health {
  answer: () => Response | Promise<Response> = () => new Response('ok');

  readonly handle = (request: Request, origin: Origin): Response | Promise<Response> =>
    new URL(request.url).pathname === '/health' ? this.answer() : Response.json({ origin: origin.name });
}

async function cookieOf(gateway: GatewayProcess): Promise<string> {
  const set = (await fetch(gateway.url)).headers.get('set-cookie');
  return set?.split(';')[0] ?? '';
}

async function originFor(gateway: GatewayProcess, cookie: string): Promise<string> {
  const { origin } = (await (await fetch(gateway.url, { headers: { cookie } })).json()) as { origin: string };
  return origin;
}

describe('a gateway that was killed and started again', () => {
  test("knows its clients' cookies", async () => {
    using a = new Origin('a');
    using b = new Origin('b');
    await using first = await GatewayProcess.start(pathTenant('/', [a, b], '    affinity: {}\n'));
    await untilEligible(first, 2);
    const cookie = await cookieOf(first);
    const origin = await originFor(first, cookie);
    await using second = await first.crash();
    await untilEligible(second, 2);
    for (let request = 0; request < 4; request++) expect(await originFor(second, cookie)).toBe(origin);
  });

  test('goes on with what operators have decided, and with the numbers of events', async () => {
    using a = new Origin('a');
    using b = new Origin('b');
    using c = new Origin('c');
    await using first = await GatewayProcess.start(pathTenant('/', [a, b, c]));
    await untilEligible(first, 3);
    await command(first, 'a', 'disable');
    await command(first, 'b', 'weight?weight=7');
    const latest = (await eventsOf(first)).at(-1)?.number ?? 0;
    const isWritten = (): boolean => textOf(first, 'decisions.json').includes(`"latest_event": ${latest},`);
    await until(isWritten, 'it is written down');
    await using second = await first.crash();
    await untilEligible(second, 2);
    expect(await backendOf(second, 'a')).toMatchObject({ admission: 'disabled', eligible: false });
    expect((await backendOf(second, 'b')).weight).toBe(7);
    await command(second, 'a', 'enable');
    const events = await eventsOf(second);
    expect(events.at(-1)?.number).toBeGreaterThan(latest);
    expect(second.errors).toMatch(/msg="state of before the restart" directory=\S+ operators=2/);
  });

  test('begins with the health that was known, until the first probe of each backend', async () => {
    const health = new Health();
    using a = new Origin('a');
    using b = new Origin('b', health.handle);
    health.answer = () => new Response('no', { status: 500 });
    await using first = await GatewayProcess.start(pathTenant('/', [a, b]));
    await until(async () => (await backendOf(first, 'b')).health === 'unhealthy', 'b is unhealthy');
    await until(() => textOf(first, 'backends.jsonl').includes('"health":"unhealthy"'), 'it is written down');
    // Does not answer for now.
    const held = Promise.withResolvers<null>();
    health.answer = async () => {
      await held.promise;
      return new Response('ok');
    };
    await using second = await first.crash();
    const { health: state, evidence, eligible } = await backendOf(second, 'b');
    expect([state, eligible]).toEqual(['unhealthy', false]);
    expect(evidence).toContain('health check: before the restart: status 500');
    expect(await originFor(second, '')).toBe('a');
    held.resolve(null);
    await untilEligible(second, 2);
    expect((await backendOf(second, 'b')).evidence).not.toContain('before the restart');
  });

  test('knows nothing of health that was found too long ago', async () => {
    const health = new Health();
    using b = new Origin('b', health.handle);
    health.answer = () => new Response('no', { status: 500 });
    await using first = await GatewayProcess.start(pathTenant('/', [b]));
    await until(() => textOf(first, 'backends.jsonl').includes('"health":"unhealthy"'), 'it is written down');
    const file = join(stateOf(first), 'backends.jsonl');
    first.signal('SIGKILL');
    await first.exited;
    const old = new Date(Date.now() - 61_000);
    utimesSync(file, old, old);
    health.answer = () => new Promise(() => undefined);
    await using second = await first.crash();
    expect((await backendOf(second, 'b')).health).toBe('unknown');
  });
});

test('a gateway that ends in order goes on with the very next event', async () => {
  using a = new Origin('a');
  using b = new Origin('b');
  await using first = await GatewayProcess.start(pathTenant('/', [a, b]));
  await untilEligible(first, 2);
  await command(first, 'a', 'disable');
  const latest = (await eventsOf(first)).at(-1)?.number ?? 0;
  await using second = await first.restart('SIGTERM');
  await command(second, 'a', 'enable');
  const numbers = (await eventsOf(second)).map(({ number }) => number);
  expect(numbers.filter((number) => number > latest)).toEqual([latest + 1]);
});

test('a tenant whose only backend is disabled is told of as it was before', async () => {
  using a = new Origin('a');
  await using first = await GatewayProcess.start(pathTenant('/', [a]));
  await command(first, 'a', 'disable?force=true');
  const latest = (await eventsOf(first)).at(-1)?.number ?? 0;
  await using second = await first.restart('SIGTERM');
  const events = (await eventsOf(second)).filter(({ number }) => number > latest);
  expect(events.map(({ kind, detail }) => `${kind}: ${detail}`)).toEqual(['tenant_down: no backend serves: as before']);
});

test('a file that is damaged is ignored with one warning', async () => {
  using a = new Origin('a');
  await using first = await GatewayProcess.start(pathTenant('/', [a]));
  await until(() => textOf(first, 'decisions.json') !== '', 'it is written down');
  first.signal('SIGKILL');
  await first.exited;
  writeFileSync(join(stateOf(first), 'decisions.json'), '{ "format": 1, "secrets": { ');
  await using second = await first.crash();
  expect(second.errors.match(/msg="a file of state_dir is ignored"/g)).toHaveLength(1);
  expect((await fetch(second.url)).status).toBe(200);
});

describe('the state directory', () => {
  test('is for nobody else to read', async () => {
    await using gateway = await GatewayProcess.start('tenants: []\n');
    await until(() => textOf(gateway, 'decisions.json') !== '', 'it is written down');
    const directory = stateOf(gateway);
    expect(statSync(directory).mode & 0o777).toBe(0o700);
    for (const name of readdirSync(directory)) expect(statSync(join(directory, name)).mode & 0o777).toBe(0o600);
  });

  test('that another gateway uses is left to it, and the other goes on without', async () => {
    const shared = mkdtempSync(join(tmpdir(), 'keystone-state-'));
    try {
      const yaml = `state_dir: ${shared}\ntenants: []\n`;
      await using one = await GatewayProcess.start(yaml);
      await using other = await GatewayProcess.start(yaml);
      const refusal = `state_dir is not used; the gateway goes on without" directory=${shared} reason="process ${one.pid} uses it`;
      await until(() => other.errors.includes(refusal), 'the other says so');
      expect(one.errors).not.toContain('state_dir');
      // The lock ends with the process, however it ends.
      await using next = await one.crash();
      expect(next.errors).not.toContain('state_dir is not used');
    } finally {
      rmSync(shared, { recursive: true });
    }
  });

  test('is where systemd says, and nowhere where none is wanted', async () => {
    const given = mkdtempSync(join(tmpdir(), 'keystone-state-'));
    try {
      await using gateway = await GatewayProcess.start('tenants: []\n', { STATE_DIRECTORY: `${given}:/elsewhere` });
      await until(() => readdirSync(given).includes('decisions.json'), 'it is written there');
      await using without = await GatewayProcess.start('state_dir: none\ntenants: []\n');
      expect(readdirSync(without.directory)).toEqual(['keystone.yaml']);
      expect(without.errors + gateway.errors).not.toContain('state_dir');
    } finally {
      rmSync(given, { recursive: true });
    }
  });

  test('cannot be changed by a reload, which says so', async () => {
    await using gateway = await GatewayProcess.start('state_dir: none\ntenants: []\n');
    await gateway.rewrite('state_dir: /tmp/elsewhere\ntenants: []\n');
    const { code, errors } = await keystone(['reload', '--url', gateway.admin]);
    expect(code).toBe(1);
    expect(errors).toContain('state_dir is read at the start, and cannot be changed by a reload');
  });

  test('that cannot be made is told of once, and the gateway serves', async () => {
    await using gateway = await GatewayProcess.start('state_dir: /dev/null/state\ntenants: []\n');
    expect(gateway.errors.match(/state_dir/g)).toHaveLength(1);
    expect((await fetch(gateway.url)).status).toBe(404);
  });
});
