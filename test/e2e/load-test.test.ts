import { describe, expect, test } from 'bun:test';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Report } from '../../tools/load-test/report.ts';
import { GatewayProcess, keystone as run } from '../support/gateway-process.ts';
import { Origin } from '../support/origin.ts';
import { accepts } from '../support/ports.ts';
import { OF_CHECKOUT } from '../support/program.ts';
import { needs } from '../support/programs.ts';
import { until } from '../support/until.ts';
import { uncheckedTenant } from '../support/yaml.ts';

// autocannon is not in the executable.
const keystone = (words: readonly string[]) => run(words, { program: OF_CHECKOUT });

describe('keystone load-test', () => {
  test.if(needs('wrk'))(
    'loads a gateway of its own with wrk, kills an origin meanwhile, and tells all of it',
    async () => {
      await using folder = await Folder.create();
      const [json, html] = [folder.path('report.json'), folder.path('report.html')];
      const { code, out, errors } = await keystone([
        'load-test',
        '--quick',
        '--generator',
        'wrk',
        '--json',
        json,
        '--html',
        html,
      ]);
      const report: Report = JSON.parse(await readFile(json, 'utf8'));
      expect(report.generator).toBe('wrk');
      expectDrill(report);
      expect(report.stages.map(({ connections }) => connections)).toEqual([50, 100, 150, 200]);
      expect(code).toBe(report.verdict.passed ? 0 : 1);
      for (const text of ['admin health', 'API host', 'balanced path', 'long run', 'verdict: '])
        expect(out).toContain(text);
      expect(errors).toContain('origin b is killed (SIGKILL)');
      expect(errors).toContain('origin b is there again');
      const page = await readFile(html, 'utf8');
      expect(page).toContain('<svg');
      expect(page).toContain('shop/b unhealthy from');
      expect(page).not.toMatch(/<script|<link|\b(src|href)=|@import|url\((?!#)/);
    },
  );

  test('loads it with autocannon where wrk is missing or not wanted', async () => {
    const words = ['--generator', 'autocannon', '--connections', '10', '--durations', '1s,1s,3s,1s', '--json', '-'];
    const { code, out, errors } = await keystone(['load-test', ...words]);
    const report: Report = JSON.parse(out);
    expect(report.generator).toBe('autocannon');
    expectDrill(report);
    expect(report.stages.map(({ connections }) => connections)).toEqual([10, 10, 10, 10]);
    expect(code).toBe(report.verdict.passed ? 0 : 1);
    expect(errors).toContain('verdict: ');
  });

  test.each(['wrk', 'autocannon'] as const)(
    'sends the Host and the fields that it is told, by %s',
    async (generator) => {
      if (generator === 'wrk' && !needs('wrk')) return;
      const seen = new Set<string>();
      using origin = new Origin('a', ({ headers }) => {
        seen.add(`${headers.get('host')} ${headers.get('x-kind')} ${headers.get('accept')}`);
        return new Response('x');
      });
      const asked = ['--host', 'shop.example.com', '-H', 'X-Kind: a b', '--header', 'Accept: text/html'];
      const pace = ['--connections', '2', '--durations', '1s', '--generator', generator, '--json', '-'];
      const { out, errors } = await keystone(['load-test', `${origin.url}/x`, ...asked, ...pace]);
      const report: Report = JSON.parse(out);
      expect(report.stages).toMatchObject([{ host: 'shop.example.com', proxied: true, lost: 0 }]);
      expect(errors).toContain('verdict: ');
      expect([...seen].filter((line) => line.includes('shop'))).toEqual(['shop.example.com a b text/html']);
    },
  );

  test.each([
    [['--header', 'nonsense'], "--header takes a field such as 'Accept: text/html'"],
    [['--header', 'Host: x'], '--host says which Host the requests have'],
  ])('refuses %j', async (words, said) => {
    const { code, errors } = await keystone(['load-test', 'http://127.0.0.1:1/', ...words]);
    expect([code, errors]).toEqual([2, expect.stringContaining(said)]);
  });

  test('fails where more requests are lost than may be', async () => {
    using failing = new Origin('failing', () => new Response('broken\n', { status: 500 }));
    await using gateway = await GatewayProcess.start(uncheckedTenant('/', [failing]));
    const load = async (limit: string): Promise<{ code: number; report: Report }> => {
      const words = ['--connections', '5', '--durations', '1s', '--generator', 'autocannon', '--json', '-'];
      const { code, out } = await keystone([
        'load-test',
        `${gateway.url}/`,
        ...words,
        '--admin',
        gateway.admin,
        '--max-error-rate',
        limit,
      ]);
      return { code, report: JSON.parse(out) };
    };
    const strict = await load('0.1%');
    expect(strict.code).toBe(1);
    expect(strict.report.gateway).toBe('given');
    expect(strict.report.stages).toHaveLength(1);
    const [stage] = strict.report.stages;
    expect(stage.requests).toBeGreaterThan(0);
    expect(stage.statuses['5xx']).toBe(stage.requests);
    expect(stage.errors['5xx']).toBe(stage.requests);
    expect(stage.error_rate).toBe(1);
    expect(stage.shares).toMatchObject([{ tenant: 'main', backend: 'failing', share: 1 }]);
    expect(rulesOf(strict.report)).toEqual({ requests: false, health: true });
    const lenient = await load('100%');
    expect(lenient).toMatchObject({ code: 0, report: { verdict: { passed: true } } });
  });

  test('leaves out health and shares where no admin API answers, and says so', async () => {
    using origin = new Origin('lonely', () => new Response('hello\n'));
    const words = ['--connections', '2', '--durations', '1s,1s', '--generator', 'autocannon', '--json', '-'];
    const { code, out } = await keystone(['load-test', `${origin.url}/`, ...words]);
    const report: Report = JSON.parse(out);
    expect(code).toBe(0);
    expect(report.stages).toMatchObject([
      { lost: 0, health: null, shares: null },
      { lost: 0, health: null, shares: null },
    ]);
    expect(rulesOf(report)).toEqual({ requests: true });
    expect(report.notes).toEqual([expect.stringContaining(`no admin API answers at ${origin.url}/admin`)]);
    const asked = await keystone(['load-test', `${origin.url}/`, '--admin', `${origin.url}/elsewhere`]);
    expect(asked).toMatchObject({ code: 1, errors: expect.stringContaining('no admin API answers at') });
  });

  test('says that nobody listens', async () => {
    using origin = new Origin('gone');
    await origin.stop();
    const words = ['--connections', '2', '--durations', '1s', '--generator', 'autocannon'];
    const { code, out } = await keystone(['load-test', `${origin.url}/`, ...words]);
    expect(code).toBe(1);
    expect(out).toContain('no request was answered');
    expect(out).toMatch(/lost: connect \d/);
  });

  test('Ctrl-C ends the load and everything that was started; the exit code is 130', async () => {
    const child = Bun.spawn([OF_CHECKOUT, 'load-test', '--generator', 'autocannon'], {
      stdin: 'ignore',
      stdout: 'ignore',
      stderr: 'pipe',
    });
    let errors = '';
    const reading = (async () => {
      const decoder = new TextDecoder();
      for await (const chunk of child.stderr) errors += decoder.decode(chunk, { stream: true });
    })();
    try {
      await until(() => errors.includes('stage 1'), 'the load begins');
      const port = Number(/https:\/\/127\.0\.0\.1:(\d+)/.exec(errors)?.[1]);
      expect(await accepts(port)).toBe(true);
      child.kill('SIGINT');
      expect(await child.exited).toBe(130);
      await reading;
      expect(errors).toContain('stopped before there was a verdict');
      expect(await accepts(port)).toBe(false);
    } finally {
      if (child.exitCode === null) child.kill('SIGKILL');
    }
  });

  test('says before the load that a result cannot be written', async () => {
    const { code, errors } = await keystone(['load-test', '--html', '/nowhere/report.html']);
    expect(code).toBe(1);
    expect(errors).toContain('cannot write /nowhere/report.html');
    expect(errors).not.toContain('stage 1');
  });

  test.each([
    [['gateway.example.com'], 'expected one such as https://gateway.example.com/'],
    [['--connections', '0'], '--connections takes numbers from 1 to 10000'],
    [['--durations', '1500ms'], '--durations takes whole seconds'],
    [['--durations', '1s,2s'], 'one value or one for each of the 4 stages, not 2'],
    [['--generator', 'siege'], '--generator takes wrk or autocannon, not siege'],
    [['--max-error-rate', '2'], '--max-error-rate takes a share'],
    [['--max-p99', 'fast'], '--max-p99 takes a duration'],
    [['--html', '-'], '--html takes the name of a file'],
  ])('%p: says what was expected', async (words, expected) => {
    const { code, errors } = await keystone(['load-test', ...words]);
    expect(errors).toContain(expected);
    expect(code).toBe(2);
  });
});

/** Counts and states only. Whether they came in time is a matter of the verdict, and differs on a busy machine. */
function expectDrill(report: Report): void {
  const { stages, drill, timeline } = report;
  expect(report.gateway).toBe('own');
  expect(stages.map(({ name, lost, errors }) => ({ name, lost, errors }))).toEqual([
    { name: 'admin health', lost: 0, errors: {} },
    { name: 'API host', lost: 0, errors: {} },
    { name: 'balanced path', lost: 0, errors: {} },
    { name: 'long run', lost: 0, errors: {} },
  ]);
  for (const stage of stages) {
    expect(stage.statuses).toEqual({ '2xx': stage.requests });
    expect(stage.health).toMatchObject({ before: { status: 'healthy' }, after: { status: 'healthy' } });
  }
  expect(rulesOf(report)).toMatchObject({ requests: true, balance: true });
  const served = (at: number): string[] =>
    (stages[at].shares ?? [])
      .filter(({ requests }) => requests > 0)
      .map(({ tenant, backend }) => `${tenant}/${backend}`);
  expect([0, 1, 3].map(served)).toEqual([[], ['api/a', 'api/b'], ['shop/a', 'shop/b', 'shop/c']]);
  expect(stages[2].shares?.filter(({ steady }) => !steady).map(({ backend }) => backend)).toEqual(['b', 'b']);
  expect(drill?.backends.map(({ tenant, backend }) => `${tenant}/${backend}`)).toEqual(['api/b', 'shop/b']);
  for (const backend of drill?.backends ?? []) {
    expect(backend.out_after_ms).not.toBeNull();
    expect(backend.back_after_ms).not.toBeNull();
  }
  const lanes = timeline.health.map(
    ({ tenant, backend, spans }) => `${tenant}/${backend} ${spans.map(({ state }) => state).join(', ')}`,
  );
  expect(lanes).toEqual([
    'api/a healthy',
    'api/b healthy, unhealthy, healthy',
    'shop/a healthy',
    'shop/b healthy, unhealthy, healthy',
    'shop/c healthy',
  ]);
  expect(timeline.latency.every(({ ms }) => ms !== null)).toBe(true);
}

function rulesOf({ verdict }: Report): Record<string, boolean> {
  return Object.fromEntries(verdict.rules.map(({ rule, passed }) => [rule, passed]));
}

class Folder implements AsyncDisposable {
  private constructor(private readonly directory: string) {}

  static async create(): Promise<Folder> {
    return new Folder(await mkdtemp(join(tmpdir(), 'keystone-test-')));
  }

  path(name: string): string {
    return join(this.directory, name);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.directory, { recursive: true });
  }
}
