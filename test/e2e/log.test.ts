// The log of the real program: its forms, and the places where it goes.
import { describe, expect, test } from 'bun:test';
import { mkdtempSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GatewayProcess, WORKERS, forTests } from '../support/gateway-process.ts';
import { Origin } from '../support/origin.ts';
import { PROGRAM } from '../support/program.ts';
import { needs } from '../support/programs.ts';
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

  test('goes to the standard output where the configuration says so', async () => {
    using origin = new Origin('a');
    await using gateway = await GatewayProcess.start(`log: { output: stdout }\n${pathTenant('/', [origin])}`);
    await stopped(gateway);
    expect(gateway.errors).toBe('');
    expect(gateway.output).toContain('"msg":"shut down"');
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
  }, 30_000);

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
  ])(
    'is for people, in colours unless they want none: %j',
    async (before, expected) => {
      using folder = new Folder();
      await using screen = start(folder, before);
      await until(() => screen.out.includes('listening on'), 'it serves');
      screen.type('\u0003');
      expect(await screen.exited()).toBe(0);
      expect(screen.out).toContain(expected);
    },
    30_000,
  );
});
