import { describe, expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { curl } from '../support/curl.ts';
import { GatewayProcess, keystone } from '../support/gateway-process.ts';
import { Origin } from '../support/origin.ts';
import { canMeasureMemory, residentBytes } from '../support/memory.ts';
import { childrenOf } from '../support/processes.ts';
import { RawClient } from '../support/raw-client.ts';
import { until } from '../support/until.ts';
import { pathTenant, services, uncheckedTenant } from '../support/yaml.ts';

async function withFile<T>(text: string, use: (file: string) => Promise<T>): Promise<T> {
  const directory = await mkdtemp(join(tmpdir(), 'keystone-test-'));
  const file = join(directory, 'keystone.yaml');
  await Bun.write(file, text);
  try {
    return await use(file);
  } finally {
    await rm(directory, { recursive: true });
  }
}

describe('the command line', () => {
  test('explains itself, and ends with 2 where it does not understand', async () => {
    expect(await keystone(['help'])).toMatchObject({ code: 0, errors: '' });
    expect((await keystone(['help', 'run'])).out).toContain('keystone run --config keystone.yaml');
    expect(await keystone(['version'])).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^keystone \d+\.\d+\.\d+\n$/),
    });
    const unknown = await keystone(['chekc']);
    expect([unknown.code, unknown.out]).toEqual([2, '']);
    // Two lines: a list of all commands would push the reason off the screen.
    expect(unknown.errors).toBe('keystone: there is no command chekc (did you mean check?)\nTry: keystone help\n');
    expect((await keystone(['help', '--help'])).code).toBe(0);
    const misspelled = await keystone(['run', '-confg', 'x']);
    expect([misspelled.code, misspelled.errors]).toEqual([
      2,
      expect.stringContaining('there is no option --confg (did you mean --config?)'),
    ]);
    const port = await keystone(['run', '--addr', '8080']);
    expect([port.code, port.errors]).toEqual([2, expect.stringContaining('did you mean :8080?')]);
    expect((await keystone(['explain', 'GET'])).code).toBe(2);
  });

  test('reports every problem of a configuration at once, with its place, and starts nothing', async () => {
    const text =
      'admin_base_pth: /admin\ntenants:\n  - name: a\n    path_prefix: api\n    services:\n      - { name: x, url: "ftp://h" }\n';
    await withFile(text, async (file) => {
      const started = await keystone(['run', '--config', file, '--addr', '127.0.0.1:0']);
      expect([started.code, started.out]).toEqual([1, '']);
      expect(started.errors).toContain(`${file}:1:1 `);
      expect(started.errors).toContain('did you mean admin_base_path?');
      expect(started.errors).toContain(`${file}:4:18 `);
      expect(started.errors).toContain(`${file}:6:25 `);
    });
    const missing = await keystone(['run', '--config', '/nonexistent.yaml']);
    expect([missing.code, missing.out]).toEqual([1, '']);
  });

  test('takes file and address from the environment, and the options of the original', async () => {
    using origin = new Origin('a');
    await using gateway = await GatewayProcess.start(pathTenant('/', [origin]).replace(origin.url, '${ORIGIN}'), {
      ORIGIN: origin.url,
    });
    expect((await fetch(gateway.url)).status).toBe(200);
    await withFile(pathTenant('/', [origin]), async (file) => {
      const env = { KEYSTONE_CONFIG: file, KEYSTONE_ADDR: `127.0.0.1:${gateway.port}` };
      const inUse = await keystone(['run'], { env });
      expect(inUse.code).toBe(1);
      expect(inUse.errors).toContain(`keystone (process ${gateway.pid}) uses the port`);
      const original = await keystone(['-config', file, '-addr', `127.0.0.1:${gateway.port}`]);
      expect(original.errors).toBe(inUse.errors);
    });
  });

  test('takes the variables of the original, ours before them, and what was typed before all', async () => {
    await using gateway = await GatewayProcess.start('tenants: []\n');
    await using other = await GatewayProcess.start('tenants: []\n');
    await withFile('tenants: []\n', async (file) => {
      const original = { GATEWAY_CONFIG: file, GATEWAY_PORT: String(gateway.port) };
      const inUse = async (words: readonly string[], env: Record<string, string>): Promise<string> => {
        const { code, errors } = await keystone(['run', ...words], { env });
        expect([code, errors]).toEqual([1, expect.stringMatching(/keystone \(process \d+\) uses the port/)]);
        return errors;
      };
      expect(await inUse([], original)).toContain(`0.0.0.0:${gateway.port}:`);
      const ours = { KEYSTONE_CONFIG: file, GATEWAY_CONFIG: 'nowhere.yaml', KEYSTONE_ADDR: `127.0.0.1:${other.port}` };
      expect(await inUse([], { ...original, ...ours })).toContain(`127.0.0.1:${other.port}:`);
      const typed = ['--config', file, '--addr', `127.0.0.1:${gateway.port}`];
      const wrong = {
        KEYSTONE_CONFIG: 'nowhere.yaml',
        KEYSTONE_ADDR: 'x',
        GATEWAY_CONFIG: 'nowhere',
        GATEWAY_PORT: 'x',
      };
      expect(await inUse(typed, wrong)).toContain(`127.0.0.1:${gateway.port}:`);
      const nonsense = await keystone(['run'], { env: { ...original, GATEWAY_PORT: '80a' } });
      expect(nonsense).toMatchObject({
        code: 2,
        errors: 'keystone: GATEWAY_PORT is "80a"; expected a port such as 8080\n',
      });
    });
  });

  test.each([
    ['listeners: [{ address: ":8443", tls: true }]', ':1:38 listeners[0].tls: the listener is to speak TLS'],
    ['listeners: [{ address: ":8080" }, { address: "127.0.0.1:8080" }]', 'is taken by the listener in line 1'],
    ['listeners: [{ address: "127.0.0.256:80" }]', 'is not an address to listen on'],
  ])('%s is refused by `check` and by `run` in the same words', async (text, problem) => {
    await withFile(`${text}\n`, async (file) => {
      const checked = await keystone(['check', '--config', file]);
      expect(checked).toMatchObject({ code: 1, out: '', errors: expect.stringContaining(problem) });
      expect(await keystone(['run', '--config', file, '--addr', '127.0.0.1:0'])).toEqual(checked);
    });
  });

  test('says which two settings want the same address', async () => {
    await withFile('listeners: [{ address: ":65001" }]\n', async (file) => {
      const started = await keystone(['run', '--config', file, '--addr', '127.0.0.1:65001']);
      expect([started.code, started.errors]).toEqual([
        1,
        'keystone: 127.0.0.1:65001 was asked for, but a listener of the configuration has it already; one of the two has to go\n',
      ]);
    });
  });

  test.each([
    ['192.0.2.1:65002', 'this machine does not have the address'],
    ['nowhere.invalid:65002', 'the name nowhere.invalid does not resolve to an address of this machine'],
  ])('says why it cannot listen on %s', async (address, why) => {
    await withFile('tenants: []\n', async (file) => {
      const started = await keystone(['run', '--config', file, '--addr', address]);
      expect([started.code, started.errors]).toEqual([1, expect.stringContaining(why)]);
    });
  });

  test('answers for itself below an admin_base_path with a slash at its end, as the original did', async () => {
    await using gateway = await GatewayProcess.start('admin_base_path: "/ops/"\n');
    const statuses = ['/ops/health', '/ops/nowhere', '/admin/health'].map(async (path) => {
      const response = await fetch(`${gateway.url}${path}`);
      return response.status;
    });
    expect(await Promise.all(statuses)).toEqual([200, 404, 404]);
  });

  test('checks a configuration and sums it up', async () => {
    const text = `tenants:\n  - name: shop\n    domains: ["shop.test"]\n    path_prefix: "/v1/"\n${services([{ name: 'a', url: 'http://u:secret@127.0.0.1:1' }])}`;
    await withFile(text, async (file) => {
      const checked = await keystone(['check', '--config', file]);
      expect(checked).toMatchObject({ code: 0, errors: '' });
      expect(checked.out).toContain('  shop  shop.test /v1/  1 backend\n');
      const whole = await keystone(['check', '--config', file, '--all']);
      expect(whole.out).toContain('host shop.test and path /v1/');
      expect(whole.out).toContain('http://127.0.0.1:1');
      expect(whole.out).not.toContain('secret');
      const json = await keystone(['check', '--config', file, '--json']);
      expect(JSON.parse(json.out)).toMatchObject({ valid: true, tenants: [{ name: 'shop', domains: ['shop.test'] }] });
      expect(json.out).not.toContain('secret');
    });
  });

  test('explains a request as it then happens', async () => {
    using a = new Origin('a');
    using b = new Origin('b', () => new Response('', { status: 500 }));
    const text = `tenants:
  - name: all
    path_prefix: "/"
${services([a])}
  - name: shop
    domains: ["shop.test"]
    path_prefix: "/v1/"
${services([b, a])}`;
    await withFile(text, async (file) => {
      const { code, out } = await keystone(['explain', '-c', file, 'GET', 'http://shop.test/v1/x/../y?q=1']);
      expect(code).toBe(0);
      expect(out).toContain('shop: host shop.test and path /v1/');
      expect(out).toContain('not all: path / matches too, but it names no host');
      expect(out).toContain('forwarded  /y?q=1');
      expect(out).toMatch(/b {2}http\S+ {2}unhealthy for \d+m?s: health check: status 500/);
      expect(out).toMatch(/→ a {2}http\S+ {2}eligible; picked/);
    });
    await using gateway = await GatewayProcess.start(text);
    await until(
      async () => (await (await fetch(`${gateway.admin}/health`)).text()).includes('"1/2 healthy"'),
      'b is known to be down',
    );
    const response = await fetch(`${gateway.url}/v1/x/../y?q=1`, { headers: { Host: 'shop.test' } });
    expect(await response.json()).toMatchObject({ origin: 'a', url: '/y?q=1' });
  });

  test('explains what the gateway answers itself as it then answers', async () => {
    using origin = new Origin('a');
    const text = `tenants:\n  - name: shop\n    domains: ["shop.test"]\n    path_prefix: "/v1/"\n${services([origin])}`;
    await using gateway = await GatewayProcess.start(text);
    const cases: readonly (readonly [method: string, path: string, fields: readonly string[], said: string])[] = [
      ['TRACE', '/v1/x', [], '405 method-refused'],
      ['TRACE', '/v1', [], '405 method-refused'],
      ['TRACE', '/elsewhere', ['Max-Forwards: 0'], '405 method-refused'],
      ['OPTIONS', '/v1/x', ['X-A: b', 'Max-Forwards: 0'], '204: Max-Forwards is 0'],
      ['GET', '/v1?q=1', [], '308 to /v1/?q=1'],
      ['GET', '/v1/..%2fx', [], '400 path-ambiguous'],
      ['GET', '/elsewhere', [], '404 no-route'],
    ];
    await withFile(text, async (file) => {
      for (const [method, path, fields, said] of cases) {
        const lines = fields.flatMap((field) => ['-H', field]);
        const explained = await keystone(['explain', '-c', file, ...lines, method, `http://shop.test${path}`]);
        expect(explained.out).toContain(`answered by the gateway: ${said}`);
        const sent = ['-X', method, '--path-as-is', '-H', 'Host: shop.test', ...lines, `${gateway.url}${path}`];
        expect((await curl(...sent)).status).toBe(Number(said.slice(0, 3)));
      }
    });
    expect(origin.requests).toBe(0);
  });

  test('names the rule that is nearest to a request without one, and speaks JSON in snake_case', async () => {
    const text = `tenants:\n  - name: shop\n    domains: ["shop.test", "*.shop.test"]\n    path_prefix: "/v1/"\n`;
    await withFile(text, async (file) => {
      const said = async (url: string): Promise<string> => (await keystone(['explain', '-c', file, 'GET', url])).out;
      expect(await said('http://shop.test/v2/x')).toContain('host shop.test and path /v1/ (tenant shop), and the path');
      expect(await said('http://shopp.test/v1/x')).toContain('The nearest rule is host shop.test (tenant shop).');
      expect(await said('http://a.b.shop.test/v1/')).toContain('"*" stands for exactly one label');
      const json = await keystone(['explain', '--json', '-c', file, 'GET', 'http://shop.test/v1/x']);
      expect(JSON.parse(json.out)).toMatchObject({ kind: 'tenant', passed_over: [], forwarded: null });
      const refused = await keystone(['explain', '--json', '-c', file, 'GET', 'http://other.example/']);
      expect(JSON.parse(refused.out)).toMatchObject({ kind: 'refused', status: 404, code: 'no-route' });
    });
  });
});

const LARGE = `tenants:\n${Array.from({ length: 2000 }, (_, at) => `  - { name: t${at}, path_prefix: "/t${at}/" }\n`).join('')}`;

// Read in a process of its own at the start, too, for its length alone.
const LONG = `${`# ${'x'.repeat(98)}\n`.repeat(2000)}tenants:\n  - { name: t1, path_prefix: "/t1/" }\n`;

describe('a large configuration', () => {
  test('is refused with the same words as a small one, and its warnings are told', async () => {
    const wrong = `${LONG}  - { name: t1, path_prefix: x, domain: [a] }\n`;
    await withFile(wrong, async (file) => {
      const checked = await keystone(['check', '--config', file]);
      expect(checked.code).toBe(1);
      expect(checked.errors.trimEnd().split('\n')).toHaveLength(4);
      expect(await keystone(['run', '--config', file, '--addr', '127.0.0.1:0'])).toEqual(checked);
    });
    await using gateway = await GatewayProcess.start(`lua_routing: {}\n${LONG}`);
    await until(() => gateway.errors.includes('the tenant has no services'), 'all warnings are told');
    expect(gateway.errors).toContain('keystone.yaml:1:1 lua_routing: warning: Lua scripts are not run');
    expect(gateway.output).toContain('(1 tenant, 0 backends)');
  });
});

// Without a request, which would be one more in flight.
async function isRefused(port: number): Promise<boolean> {
  try {
    const client = await RawClient.open(port);
    client[Symbol.dispose]();
    return false;
  } catch {
    return true;
  }
}

// Empty: the process has gone.
function commandLine(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'latin1');
  } catch {
    return '';
  }
}

describe('a signal', () => {
  test.each(['SIGTERM', 'SIGINT'] as const)(
    '%s lets the request in flight end, accepts no more, and the exit code is 0',
    async (signal) => {
      const gate = Promise.withResolvers<void>();
      using origin = new Origin('a', async (request) => {
        if (!request.url.endsWith('/health')) await gate.promise;
        return new Response('late');
      });
      await using gateway = await GatewayProcess.start(pathTenant('/', [origin]));
      const inFlight = fetch(`${gateway.url}/slow`);
      await until(() => origin.requests === 1, 'the request is in flight');
      gateway.signal(signal);
      await until(() => gateway.errors.includes('shutting down'), 'it is shutting down');
      await until(() => isRefused(gateway.port), 'it accepts no more');
      gate.resolve();
      const response = await inFlight;
      expect([response.status, await response.text()]).toEqual([200, 'late']);
      expect(await gateway.exited).toBe(0);
      expect(gateway.errors).toMatch(/ info msg="shut down" requests_finished=1 requests_cut=0 took=\d+ms\n$/);
    },
  );

  test('ends with how many requests were cut, and the log may be JSON', async () => {
    using origin = new Origin('a', () => new Promise<never>(() => undefined));
    const text = `log: { level: warn, format: json }\ntimeouts: { shutdown: 200ms }\n${uncheckedTenant('/', [origin])}`;
    await using gateway = await GatewayProcess.start(text);
    const cut = fetch(`${gateway.url}/slow`).catch(() => 'cut');
    await until(() => origin.requests === 1, 'the request is in flight');
    gateway.signal('SIGTERM');
    expect(await gateway.exited).toBe(0);
    await cut;
    const lines = gateway.errors
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines.at(-1)).toMatchObject({ level: 'warn', msg: 'shut down', requests_finished: 0, requests_cut: 1 });
    expect(lines.some(({ level }) => level === 'info')).toBe(false);
  });

  test('serves on while it reads a large configuration anew', async () => {
    await using gateway = await GatewayProcess.start(LARGE);
    gateway.signal('SIGHUP');
    let answered = 0;
    while (!gateway.errors.includes('configuration reloaded')) {
      expect((await fetch(`${gateway.url}/t1/`)).status).toBe(503);
      answered++;
    }
    expect(answered).toBeGreaterThan(20);
  });

  test.if(canMeasureMemory)('keeps nothing of what reading a large configuration took', async () => {
    await using gateway = await GatewayProcess.start(LARGE);
    const before = residentBytes(gateway.pid);
    gateway.signal('SIGHUP');
    await until(() => gateway.errors.includes('configuration reloaded'), 'it is reloaded', 30_000);
    expect(residentBytes(gateway.pid) - before).toBeLessThan(20 * 1024 * 1024);
  });

  test.if(canMeasureMemory)('serves on when the process that reads its configuration dies', async () => {
    await using gateway = await GatewayProcess.start(LARGE);
    gateway.signal('SIGHUP');
    await until(async () => {
      const children = await childrenOf(gateway.pid);
      const reader = children.find((pid) => commandLine(pid).includes('config-reader'));
      if (reader !== undefined) process.kill(reader, 'SIGKILL');
      return reader !== undefined;
    }, 'somebody reads');
    await until(() => gateway.errors.includes('reload refused'), 'it says so');
    expect(gateway.errors).toContain('the process that reads it has ended with SIGKILL');
    expect((await fetch(`${gateway.url}/t1/`)).status).toBe(503);
  });

  test('SIGHUPs that come while a configuration is being taken up are obeyed afterwards, once for all', async () => {
    using a = new Origin('a');
    await using gateway = await GatewayProcess.start(pathTenant('/', [a]));
    gateway.signal('SIGHUP');
    await gateway.rewrite(`admin_base_path: /ops\n${pathTenant('/', [a])}`);
    for (let more = 0; more < 5; more++) gateway.signal('SIGHUP');
    const tenants = async (): Promise<string> => (await fetch(`${gateway.url}/ops/tenants`)).text();
    await until(async () => (await tenants()).includes('operators need a token here'), 'the latest is in force');
    gateway.signal('SIGTERM');
    await gateway.exited;
    expect(gateway.errors.match(/configuration reloaded/g)?.length).toBeLessThanOrEqual(2);
  });

  test('SIGHUP takes up a good configuration and refuses a bad one; nothing known is lost', async () => {
    using a = new Origin('a');
    using b = new Origin('b');
    await using gateway = await GatewayProcess.start(pathTenant('/', [a]));
    const tenants = async (): Promise<string> => (await fetch(`${gateway.admin}/tenants`)).text();
    await until(async () => (await tenants()).includes('"health":"healthy"'), 'a is healthy');
    const since = /"since":"[^"]+"/.exec(await tenants())?.[0] ?? 'none';
    await gateway.rewrite('tenants: 5');
    gateway.signal('SIGHUP');
    await until(() => gateway.errors.includes('reload refused'), 'the bad one is refused');
    expect(gateway.errors).toMatch(/ error msg="5 does not belong here" at=\S*keystone\.yaml:1:10 setting=tenants /);
    expect(gateway.errors).toMatch(/msg="reload refused: [^"]+" file=\S+ problems=1/);
    expect((await fetch(gateway.url)).status).toBe(200);
    await gateway.rewrite(pathTenant('/', [a, b]));
    gateway.signal('SIGHUP');
    await until(async () => (await tenants()).includes(b.url), 'b is there');
    await until(
      () => gateway.errors.includes('added=0 changed=1 changed_names=main removed=0'),
      'it says what is other',
    );
    expect(await tenants()).toContain(since);
  });
});
