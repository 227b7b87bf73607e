// The log of the real program: its forms, and the places where it goes.
import { describe, expect, test } from 'bun:test';
import { mkdtempSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { VERSION } from '../../src/core/version.ts';
import { CommandProcess } from '../support/command-process.ts';
import { GatewayProcess, WORKERS, forTests, keystone } from '../support/gateway-process.ts';
import { Origin } from '../support/origin.ts';
import { PROGRAM } from '../support/program.ts';
import { needs } from '../support/programs.ts';
import { freePort } from '../support/ports.ts';
import { MadeCertificate } from '../support/made-certificate.ts';
import { RawClient } from '../support/raw-client.ts';
import { Screen } from '../support/screen.ts';
import { until } from '../support/until.ts';
import { pathTenant, uncheckedTenant } from '../support/yaml.ts';

class Folder implements Disposable {
  readonly path = mkdtempSync(join(tmpdir(), 'keystone-log-'));
  readonly file = join(this.path, 'keystone.log');

  at(name: string): string {
    return readdirSync(this.path).includes(name) ? readFileSync(join(this.path, name), 'utf8') : '';
  }

  /** The messages of a file, each line of which must be JSON. */
  messages(name = 'keystone.log'): readonly string[] {
    return parsed(this.at(name)).map(({ msg }) => String(msg));
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true });
  }
}

function parsed(text: string): readonly Record<string, unknown>[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

async function stopped(gateway: GatewayProcess): Promise<void> {
  gateway.signal('SIGTERM');
  expect(await gateway.exited).toBe(0);
}

describe('the log', () => {
  test('is JSON where nobody said otherwise and no terminal reads it', async () => {
    using origin = new Origin('a');
    await using gateway = await GatewayProcess.start(`log: { level: info }\n${pathTenant('/', [origin])}`);
    await stopped(gateway);
    const lines = parsed(gateway.errors);
    expect(lines.at(-1)).toMatchObject({ level: 'info', msg: 'shut down', requests_cut: 0 });
    expect(Object.keys(lines.at(-1) ?? {}).slice(0, 3)).toEqual(['time', 'level', 'msg']);
  });

  test('begins with what serves, where, and what the machine allows', async () => {
    using folder = new Folder();
    using origin = new Origin('a');
    const yaml = `state_dir: ${folder.path}/state\n${pathTenant('/', [origin])}`;
    await using gateway = await GatewayProcess.start(`log: { format: json }\n${yaml}`);
    await until(() => gateway.errors.includes('what this machine allows'), 'it has said so');
    const lines = parsed(gateway.errors);
    expect(lines.find(({ msg }) => msg === 'the gateway serves')).toMatchObject({
      level: 'info',
      version: VERSION,
      process: gateway.pid,
      workers: WORKERS,
      tenants: 1,
      backends: 1,
      listeners: gateway.url,
      admin: `http://127.0.0.1:${gateway.adminPort}`,
      dashboard: `http://127.0.0.1:${gateway.adminPort}/`,
      state: `${folder.path}/state`,
    });
    const limits = lines.find(({ msg }) => msg === 'what this machine allows');
    expect(limits).toMatchObject({ cores: availableParallelism(), memory: expect.stringMatching(/^\d+[MG]iB$/) });
    if (process.platform === 'linux') expect(limits?.['for_clients']).toBe(Number(limits?.['descriptors']) / 2);
  });

  test('goes to the standard output where the configuration says so, and nothing else does', async () => {
    using folder = new Folder();
    const file = join(folder.path, 'keystone.yaml');
    writeFileSync(file, forTests('log: { output: stdout }\ntenants: []\n'));
    const words = ['run', '--config', file, '--addr', '127.0.0.1:0', '--workers', String(WORKERS)];
    await using gateway = new CommandProcess(words, { XDG_STATE_HOME: folder.path });
    await until(() => gateway.out.includes('the gateway serves'), 'it serves');
    gateway.interrupt();
    expect([await gateway.exited(), gateway.errors]).toEqual([0, '']);
    expect(parsed(gateway.out).at(-1)).toMatchObject({ msg: 'shut down' });
  });

  test('goes to a file to its last line, from all processes, also where the file is moved away meanwhile', async () => {
    using folder = new Folder();
    const yaml = `log: { output: ${folder.file} }\n${uncheckedTenant('/', [{ name: 'a', url: 'http://127.0.0.1:1' }])}`;
    await using gateway = await GatewayProcess.start(yaml);
    expect((await fetch(gateway.url)).status).toBe(502);
    await until(() => folder.messages().includes('request failed'), 'what serves has written');
    renameSync(folder.file, `${folder.file}.moved`);
    await until(() => readdirSync(folder.path).includes('keystone.log.moved'), 'it is moved');
    gateway.signal('SIGUSR1');
    await until(() => readdirSync(folder.path).includes('keystone.log'), 'another one is there');
    // Nobody says that this one was moved away: it is noticed.
    renameSync(folder.file, `${folder.file}.again`);
    await gateway.rewrite(`${yaml}# again\n`);
    await until(async () => {
      gateway.signal('SIGHUP');
      await Bun.sleep(100);
      return readdirSync(folder.path).includes('keystone.log');
    }, 'it is noticed');
    await stopped(gateway);
    expect(folder.messages()).toContain('shut down');
    expect(folder.messages('keystone.log.moved')).not.toContain('shut down');
    expect(gateway.errors).toBe('');
  });

  test('is set aside when its file has grown, compressed, and few of its files are kept', async () => {
    using folder = new Folder();
    using origin = new Origin('a');
    const rotate = 'rotate: { size: 1KiB, keep: 1 }';
    const yaml = `log: { output: ${folder.file}, level: debug, ${rotate} }\n${pathTenant('/known/', [origin])}`;
    await using gateway = await GatewayProcess.start(yaml);
    const aside = (): readonly string[] => readdirSync(folder.path).filter((name) => name !== 'keystone.log');
    const seen = new Set<string>();
    // Each request that no tenant matches is a line of the level debug, up to a number in a minute; each order is one, too.
    await until(
      async () => {
        expect((await fetch(`${gateway.url}/unknown`)).status).toBe(404);
        gateway.signal('SIGUSR1');
        for (const name of aside()) seen.add(name.replace(/\.gz.*$/, ''));
        return seen.size > 1;
      },
      'two were set aside',
      20_000,
    );
    await until(() => aside().length === 1 && aside()[0]?.endsWith('.gz') === true, 'one is kept, compressed', 20_000);
    const [name = ''] = aside();
    expect(name).toMatch(/^keystone\.log\.\d{8}T\d{6}(?:-\d+)?\.gz$/);
    const text = gunzipSync(readFileSync(join(folder.path, name))).toString();
    expect(parsed(text).every(({ level }) => typeof level === 'string')).toBe(true);
    expect(text.length).toBeGreaterThan(1024);
    await stopped(gateway);
    expect(folder.messages()).toContain('shut down');
    expect(gateway.errors).toBe('');
  });

  test('that cannot be written is told of on the standard error, and stops nobody', async () => {
    using origin = new Origin('a');
    const yaml = `log: { output: /dev/full }\n${pathTenant('/', [origin])}`;
    await using gateway = await GatewayProcess.start(yaml);
    gateway.signal('SIGUSR1');
    await until(() => gateway.errors.includes('the log cannot be written'), 'it says so');
    const problem = { level: 'error', output: '/dev/full', problem: 'ENOSPC' };
    expect(parsed(gateway.errors)[0]).toMatchObject(problem);
    expect((await fetch(gateway.url)).status).toBe(200);
    await stopped(gateway);
  });

  test('changes its form and its place with a reload', async () => {
    using folder = new Folder();
    using origin = new Origin('a');
    await using gateway = await GatewayProcess.start(pathTenant('/', [origin]));
    await gateway.rewrite(`log: { output: ${folder.file}, format: text }\n${pathTenant('/', [origin])}`);
    gateway.signal('SIGHUP');
    await until(() => readdirSync(folder.path).includes('keystone.log'), 'it goes there');
    await until(() => folder.at('keystone.log').includes(' info msg="configuration reloaded" '), 'as text');
    await stopped(gateway);
    expect(gateway.errors).not.toContain('shut down');
    expect(folder.at('keystone.log')).toMatch(/ info msg="shut down" requests_finished=0 requests_cut=0 took=\d+ms\n$/);
  });
});

/** A gateway whose tenants refuse requests in several ways, and what its log says at the level debug. */
const REFUSING = (origin: Origin): string => `limits: { header_bytes: 8KiB }
tenants:
  - { name: main, domains: [main.test], services: [{ name: a, url: "${origin.url}" }] }
  - name: closed
    domains: [closed.test]
    policies: [{ ip_access: { deny: [127.0.0.1] } }]
    services: [{ name: a, url: "${origin.url}" }]
  - name: small
    domains: [small.test]
    limits: { request_rate: 1 }
    services: [{ name: a, url: "${origin.url}" }]
  - name: broken
    domains: [broken.test]
    retry: { attempts: 2 }
    services: [{ name: gone, url: "http://127.0.0.1:1" }, { name: gone-too, url: "http://127.0.0.1:1" }]
`;

async function lineOf(gateway: GatewayProcess, pattern: RegExp): Promise<string> {
  const found = (): string | undefined => gateway.errors.split('\n').find((line) => pattern.test(line));
  await until(() => found() !== undefined, `the log has ${pattern.source}`);
  return found() ?? '';
}

describe('the log at the level debug', () => {
  const ask = async (gateway: GatewayProcess, host: string): Promise<number> => {
    const response = await fetch(`${gateway.url}/page?token=a-secret`, { headers: { host } });
    await response.text();
    return response.status;
  };

  test('has each request that was refused, with the rule, and each attempt that failed', async () => {
    using origin = new Origin('a');
    await using gateway = await GatewayProcess.start(`log: { level: debug, format: text }\n${REFUSING(origin)}`);
    expect([await ask(gateway, 'nobody.test'), await ask(gateway, 'closed.test')]).toEqual([404, 403]);
    const unrouted = await lineOf(gateway, /msg="request refused" rule=no-route/);
    expect(unrouted).toMatch(/ debug .* status=404 client=127\.0\.0\.1 .*method=GET host=nobody\.test path=\/page /);
    const denied = await lineOf(gateway, /msg="request refused" tenant=closed/);
    expect(denied).toMatch(/ rule=ip_access code=forbidden .*status=403 /);
    await until(async () => (await ask(gateway, 'small.test')) === 429, 'it is too many');
    expect(await lineOf(gateway, /tenant=small rule=/)).toMatch(/ rule=tenant-rate-limited .*status=429 /);
    expect(await ask(gateway, 'broken.test')).toBe(502);
    const first = await lineOf(gateway, /msg="attempt failed" tenant=broken .*attempt=1 /);
    expect(first).toMatch(/ backend=gone(-too)? attempt=1 outcome=connect-refused after_ms=\d+ /);
    await lineOf(gateway, /msg="attempt failed" tenant=broken .*attempt=2 /);
    using raw = await RawClient.open(gateway.port);
    await raw.send('GET / HTTP/1.1\r\nHost: main.test\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n');
    const malformed = await lineOf(gateway, /rule=request-malformed/);
    expect(malformed).toContain('reason="Content-Length is malformed or repeated');
    expect(gateway.errors).not.toContain('a-secret');
    expect(await ask(gateway, 'main.test')).toBe(200);
    await stopped(gateway);
    expect(gateway.errors).not.toMatch(/ debug .*tenant=main .*status=200/);
  });

  test('has clients that leave, and handshakes that come to nothing', async () => {
    const gate = Promise.withResolvers<Response>();
    using origin = new Origin('a', () => gate.promise);
    const [open, port] = [freePort(), freePort()];
    await using certificate = await MadeCertificate.make('main.test', 90);
    const yaml = `log: { level: debug, format: text }
tls: { cert_file: "${certificate.cert}", key_file: "${certificate.key}" }
listeners: [{ address: "127.0.0.1:${open}" }, { address: "127.0.0.1:${port}", tls: true }]
${uncheckedTenant('/', [origin])}`;
    await using gateway = await GatewayProcess.start(yaml);
    {
      using client = await RawClient.open(open);
      await client.send('GET /slow HTTP/1.1\r\nHost: main.test\r\n\r\n');
      await until(() => origin.requests === 1, 'it is on its way');
    }
    expect(await lineOf(gateway, /msg="client gone"/)).toMatch(/ tenant=\S+ .*method=GET .*path=\/slow /);
    using plain = await RawClient.open(port);
    await plain.send('GET / HTTP/1.1\r\nHost: main.test\r\n\r\n');
    const lost = await lineOf(gateway, /msg="connection lost" why="it came without TLS"/);
    expect(lost).toContain(`listener=127.0.0.1:${port} client=127.0.0.1`);
    gate.resolve(new Response('late'));
    await stopped(gateway);
  });

  test('begins and ends with an order, in all processes, and a reload that changes the level ends it', async () => {
    using origin = new Origin('a');
    await using gateway = await GatewayProcess.start(REFUSING(origin));
    const order = async (...words: string[]): Promise<string> => {
      const { code, out, errors } = await keystone(['log-level', ...words, '--url', gateway.admin]);
      expect([code, errors]).toEqual([0, '']);
      return out;
    };
    const refusals = (): number => gateway.errors.split('msg="request refused"').length - 1;
    expect(await order()).toBe('info, as configured\n');
    await ask(gateway, 'nobody.test');
    expect(await order('debug')).toStartWith('debug, set by an operator from 127.0.0.1 at ');
    for (let n = 1; n <= 10; n++) await ask(gateway, 'nobody.test');
    await until(() => refusals() >= 10, 'all that were asked since are told');
    expect(refusals()).toBe(10);
    await order('configured');
    await ask(gateway, 'nobody.test');
    expect(await order('error', '--json')).toContain('"level": "error"');
    await gateway.rewrite(REFUSING(origin));
    gateway.signal('SIGHUP');
    expect(await order()).toStartWith('error, ');
    await gateway.rewrite(`log: { level: warn, format: text }\n${REFUSING(origin)}`);
    gateway.signal('SIGHUP');
    await until(async () => (await order()) === 'warn, as configured\n', 'the configuration is in force');
    await stopped(gateway);
    expect(refusals()).toBe(10);
    const changes = gateway.errors.split('\n').filter((line) => line.includes('the level of the log is another one'));
    expect(changes.map((line) => / from=(\w+) to=(\w+) operator=local/.exec(line)?.slice(1).join(' '))).toEqual([
      'info debug',
      'debug configured',
      'info error',
    ]);
    expect(await keystone(['log-level', 'loud', '--url', gateway.admin])).toMatchObject({ code: 2 });
  });
});

// That of other systems takes other words.
describe.skipIf(process.platform !== 'linux' || !needs('script'))('the log on a terminal', () => {
  const start = (folder: Folder, before: string): Screen => {
    const config = join(folder.path, 'keystone.yaml');
    writeFileSync(config, forTests('log: { level: info }\ntenants: []\n'));
    const words = [PROGRAM, 'run', '--config', config, '--addr', '127.0.0.1:0', '--workers', String(WORKERS)];
    return new Screen(`${before} exec ${words.map((word) => `'${word}'`).join(' ')}`);
  };

  test.each([
    ['', '\u001b[36mINFO\u001b[0m  \u001b[1mshutting down\u001b[0m  \u001b[2msignal=\u001b[0mSIGINT'],
    ['export NO_COLOR=1;', ' INFO  shutting down  signal=SIGINT'],
  ])('is for people, in colours unless they want none: %j', async (before, expected) => {
    using folder = new Folder();
    await using screen = start(folder, before);
    await until(() => screen.out.includes('listening on'), 'it serves');
    screen.type('\u0003');
    expect(await screen.exited()).toBe(0);
    expect(screen.out).toContain(expected);
  });
});
