// Ten thousand requests of known kinds, over two processes: metrics, access log, history and dashboard say of them exactly what
// their client has counted, also when one of the processes has died since.
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TestBrowser } from '../support/browser.ts';
import { connectionsOf, servingOf, startFleet, untilGone, untilWhole } from '../support/fleet.ts';
import type { GatewayProcess } from '../support/gateway-process.ts';
import { KnownClient, type KnownKind, SESSIONS } from '../support/known-requests.ts';
import { MadeCertificate } from '../support/made-certificate.ts';
import { freePort } from '../support/ports.ts';
import { needs } from '../support/programs.ts';
import { Scrape } from '../support/scrape.ts';
import { until } from '../support/until.ts';

const LONG = 180_000;
const ALL = 10_000;
const PAGE = 'x'.repeat(700);

const GET = { over: 'h1', method: 'GET' } as const;
const FAST = { over: 'h2', method: 'GET' } as const;
const SHOP = { host: 'shop.test', path: '' };
const BLOG = { host: 'blog.test' };
const NOBODY = { host: 'nobody.test', path: '', status: 404 } as const;

const KINDS: readonly KnownKind[] = [
  { ...GET, ...SHOP, name: 'page', count: 2500, status: 200 },
  { ...GET, ...SHOP, name: 'order', count: 1000, method: 'POST', body: 'two of these', status: 200 },
  { ...GET, ...SHOP, name: 'removal', count: 400, method: 'DELETE', status: 204 },
  { ...FAST, ...SHOP, name: 'fast', count: 1700, status: 200 },
  { ...FAST, ...SHOP, name: 'fastorder', count: 300, method: 'POST', body: 'three of those', status: 200 },
  { ...GET, ...SHOP, name: 'left', count: 200, path: '/slow', status: 'leaves' },
  { ...FAST, ...SHOP, name: 'fastleft', count: 100, path: '/slow', status: 'leaves' },
  { ...GET, ...BLOG, name: 'absent', count: 700, path: '/absent', status: 404 },
  { ...GET, ...BLOG, name: 'broken', count: 500, path: '/broken', status: 500 },
  { ...GET, ...BLOG, name: 'moved', count: 300, path: '/moved', status: 302 },
  { ...GET, name: 'saved', count: 600, host: 'saved.test', path: '', status: 200 },
  { ...GET, name: 'down', count: 300, host: 'down.test', path: '', status: 502 },
  { ...GET, name: 'guarded', count: 300, host: 'guarded.test', path: '', status: 403 },
  { ...FAST, name: 'fastguarded', count: 400, host: 'guarded.test', path: '', status: 403 },
  { ...GET, ...NOBODY, name: 'lost', count: 400 },
  { ...FAST, ...NOBODY, name: 'fastlost', count: 200 },
  { ...GET, name: 'twohosts', count: 100, host: 'a.test', path: '', field: 'Host: b.test', status: 400 },
];

const counts = (...names: readonly string[]): number =>
  KINDS.filter(({ name }) => names.includes(name)).reduce((sum, { count }) => sum + count, 0);
const countsOf = (fits: (kind: KnownKind) => boolean): number =>
  KINDS.filter(fits).reduce((sum, { count }) => sum + count, 0);
const hasDigit =
  (digit: number) =>
  ({ status }: KnownKind): boolean =>
    status !== 'leaves' && Math.floor(status / 100) === digit;

/** An origin that says which requests it has got. */
class Listed implements Disposable {
  requests = 0;
  private readonly seen = new Map<string, PromiseWithResolvers<void>>();
  private readonly server = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    idleTimeout: 0,
    fetch: async (request) => await this.answer(request),
  });

  constructor(private readonly busy = false) {}

  get url(): string {
    return `http://127.0.0.1:${this.server.port}`;
  }

  arrived(path: string): Promise<void> {
    return this.waitFor(path).promise;
  }

  [Symbol.dispose](): void {
    void this.server.stop(true);
  }

  private waitFor(path: string): PromiseWithResolvers<void> {
    const known = this.seen.get(path) ?? Promise.withResolvers<void>();
    this.seen.set(path, known);
    return known;
  }

  private async answer(request: Request): Promise<Response> {
    const { pathname } = new URL(request.url);
    this.requests++;
    await request.arrayBuffer();
    if (this.busy) return new Response('busy', { status: 503 });
    if (pathname.startsWith('/slow/')) {
      this.waitFor(pathname).resolve();
      return await new Promise((resolve) => request.signal.addEventListener('abort', () => resolve(new Response())));
    }
    if (pathname.startsWith('/absent/')) return new Response('absent', { status: 404 });
    if (pathname.startsWith('/broken/')) return new Response('broken', { status: 500 });
    if (pathname.startsWith('/moved/')) return new Response('moved', { status: 302, headers: { location: '/new' } });
    return request.method === 'DELETE' ? new Response(null, { status: 204 }) : new Response(PAGE);
  }
}

type Setup = { readonly good: Listed; readonly busy: Listed; readonly file: string; readonly dead: number };

function yamlOf({ good, busy, file, dead }: Setup, { cert, key }: MadeCertificate): string {
  const service = (name: string, url: string): string => `{ name: ${name}, url: "${url}" }`;
  const tenant = (name: string, more: string, ...services: readonly string[]): string =>
    `  - { name: ${name}, domains: [${name}.test], ${more}services: [${services.join(', ')}] }\n`;
  const one = service('one', good.url);
  const retry = 'retry: { attempts: 1, on: [503], budget: 100%, budget_per_second: 10000, back_off: 1ms }, ';
  return [
    'public_details: true\nadmin: { address: "127.0.0.1:0" }\n',
    `access_log: { output: ${file} }\n`,
    `tls: { cert_file: "${cert}", key_file: "${key}" }\n`,
    'listeners: [{ name: plain, address: "127.0.0.1:0", tls: false }]\n',
    // On a busy machine nothing of what is counted may be left out.
    'overload: { turn_time: 60s }\n',
    'defaults: { outlier_ejection: { enabled: false }, retry: { attempts: 0 } }\n',
    'tenants:\n',
    tenant('shop', '', one),
    tenant('blog', '', one),
    tenant('saved', retry, one, service('busy', busy.url)),
    tenant('down', '', service('dead', `http://127.0.0.1:${dead}`)),
    tenant('guarded', 'policies: [{ ip_access: { deny: ["127.0.0.0/8"] } }], ', one),
  ].join('');
}

type Line = Readonly<Record<string, string | number | undefined>>;

async function linesOf(file: string): Promise<readonly Line[]> {
  const text = await readFile(file, 'utf8');
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line): Line => JSON.parse(line) as Line);
}

const kindOf = ({ path }: Line): string => /\/([a-z]+)-\d+$/.exec(String(path))?.[1] ?? 'twohosts';

type Past = Readonly<Record<'requests' | 'errors_4xx' | 'errors_5xx' | 'retries' | 'bytes_out', number>>;

/** What the steps of the last quarter of an hour have together. */
async function pastOf(gateway: GatewayProcess, tenant: string | null): Promise<Past> {
  const query = tenant === null ? '' : `&tenant=${tenant}`;
  const answer = await fetch(`${gateway.admin}/series?range=15m${query}`);
  const columns = (await answer.json()) as Record<keyof Past, readonly (number | null)[]>;
  const sum = (name: keyof Past): number => columns[name].reduce<number>((all, value) => all + (value ?? 0), 0);
  return {
    requests: sum('requests'),
    errors_4xx: sum('errors_4xx'),
    errors_5xx: sum('errors_5xx'),
    retries: sum('retries'),
    bytes_out: sum('bytes_out'),
  };
}

describe('what is said of ten thousand requests', () => {
  let folder: string;
  let certificate: MadeCertificate;
  let setup: Setup;
  let gateway: GatewayProcess;
  let client: KnownClient;
  let busiest: readonly number[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'keystone-test-'));
    certificate = await MadeCertificate.make('shop.test', 2);
    setup = {
      good: new Listed(),
      busy: new Listed(true),
      file: join(folder, 'access.log'),
      dead: freePort(),
    };
    gateway = await startFleet(yamlOf(setup, certificate), 2);
    await untilWhole(gateway, 2);
    const portOf = (scheme: string): number =>
      Number(new RegExp(`listening on ${scheme}://\\S+:(\\d+)`).exec(gateway.output)?.[1]);
    await until(() => portOf('http') > 0 && portOf('https') > 0, 'both listeners are told');
    client = new KnownClient({
      plainPort: portOf('http'),
      securePort: portOf('https'),
      arrived: async (path) => await setup.good.arrived(path),
    });
    const workers = await servingOf(gateway);
    const asked = client.askAll(KINDS);
    await until(async () => {
      busiest = await connectionsOf(portOf('http'), workers);
      return busiest.every((count) => count > 0);
    }, 'both processes serve clients');
    await asked.catch((error: unknown) => {
      throw new Error(`${String(error)}\n${gateway.errors}`);
    });
    await until(async () => (await Scrape.of(gateway.admin)).sum('keystone_requests_total') >= ALL, 'all are counted');
    // The step of the history in which the last one was has ended.
    await until(async () => (await pastOf(gateway, null)).requests >= ALL, 'the past has all', 30_000);
    await until(async () => (await linesOf(setup.file)).length >= ALL, 'all have their line');
  }, LONG);

  afterAll(async () => {
    await gateway[Symbol.asyncDispose]();
    setup.good[Symbol.dispose]();
    setup.busy[Symbol.dispose]();
    await certificate[Symbol.asyncDispose]();
    await rm(folder, { recursive: true });
  });

  /** What the client has sent and got in requests of these kinds. */
  const bytesOf = (what: 'bytesSent' | 'bytesReceived', ...names: readonly string[]): number =>
    names.reduce((sum, name) => sum + (client.counted.get(name)?.[what] ?? 0), 0);

  const checkMetrics = async (): Promise<void> => {
    const scrape = await Scrape.of(gateway.admin);
    const sum = (name: string, ...labels: readonly string[]): number => scrape.sum(`keystone_${name}`, ...labels);
    const requests = (...labels: readonly string[]): number => sum('requests_total', ...labels);
    expect(requests()).toBe(ALL);
    const shop = 'tenant="shop"';
    expect(requests(shop, 'method_class="safe"', 'status_class="2xx"')).toBe(counts('page', 'fast'));
    expect(requests(shop, 'method_class="once"', 'status_class="2xx"')).toBe(counts('order', 'fastorder'));
    expect(requests(shop, 'method_class="idempotent"', 'status_class="2xx"')).toBe(counts('removal'));
    expect(requests(shop, 'status_class="none"')).toBe(counts('left', 'fastleft'));
    for (const [digit, name] of [
      [3, 'moved'],
      [4, 'absent'],
      [5, 'broken'],
    ] as const)
      expect(requests('tenant="blog"', `status_class="${digit}xx"`)).toBe(counts(name));
    expect(requests('tenant="saved"', 'status_class="2xx"')).toBe(counts('saved'));
    expect(requests('tenant="down"', 'status_class="5xx"')).toBe(counts('down'));
    expect(requests('tenant="guarded"', 'status_class="4xx"')).toBe(counts('guarded', 'fastguarded'));
    expect(requests('tenant="none"', 'status_class="4xx"')).toBe(counts('lost', 'fastlost', 'twohosts'));
    const failures = (code: string): number => sum('failures_total', `code="${code}"`);
    expect(sum('failures_total', 'tenant="guarded"', 'code="forbidden"')).toBe(counts('guarded', 'fastguarded'));
    expect(sum('failures_total', 'tenant="none"')).toBe(counts('lost', 'fastlost', 'twohosts'));
    expect(failures('client-gone')).toBe(counts('left', 'fastleft'));
    expect(failures('connect-refused')).toBe(counts('down'));
    expect(failures('forbidden')).toBe(counts('guarded', 'fastguarded'));
    expect(failures('no-route')).toBe(counts('lost', 'fastlost'));
    expect(failures('request-malformed')).toBe(counts('twohosts'));
    expect(sum('requests_failed_total')).toBe(sum('failures_total'));
    expect(sum('retries_total', 'tenant="saved"', 'reason="status"')).toBe(setup.busy.requests);
    expect(sum('retries_total')).toBe(setup.busy.requests);
    expect(sum('requests_saved_total')).toBe(setup.busy.requests);
    expect(sum('backend_requests_total', 'tenant="saved"', 'backend="one"')).toBe(counts('saved'));
    expect(sum('request_duration_seconds_count')).toBe(ALL);
    // Each request at an origin has opened a connection, or got one that was there.
    expect(sum('backend_connections_opened_total') + sum('backend_connections_reused_total')).toBe(
      setup.good.requests + setup.busy.requests,
    );
    expect(sum('backend_connections_failed_total')).toBe(counts('down'));
    expect(sum('tls_handshakes_total', 'version="TLSv1.3"')).toBe(SESSIONS);
    expect(sum('access_log_lines_total')).toBe(ALL);
    expect(sum('access_log_lines_dropped_total')).toBe(0);
    expect(sum('received_bytes_total', 'tenant="blog"')).toBe(bytesOf('bytesSent', 'absent', 'broken', 'moved'));
    expect(sum('sent_bytes_total', 'tenant="blog"')).toBe(bytesOf('bytesReceived', 'absent', 'broken', 'moved'));
    expect(sum('sent_bytes_total', 'tenant="down"')).toBe(bytesOf('bytesReceived', 'down'));
  };

  const checkLog = async (): Promise<void> => {
    const lines = await linesOf(setup.file);
    expect(lines.length).toBe(ALL);
    const seen = Object.fromEntries(
      Object.entries(Object.groupBy(lines, kindOf)).map(([name, those = []]) => [
        name,
        { count: those.length, statuses: [...new Set(those.map(({ status }) => status))] },
      ]),
    );
    expect(seen).toEqual(
      Object.fromEntries(
        KINDS.map(({ name, count, status }) => [name, { count, statuses: [status === 'leaves' ? 0 : status] }]),
      ),
    );
    const paths = lines.flatMap(({ path }) => (path === undefined ? [] : [String(path)]));
    const known = client.paths.filter((path) => !path.includes('/twohosts-'));
    expect(paths.toSorted()).toEqual(known.toSorted());
    const total = (name: string, tenant: string): number =>
      lines.filter((line) => line['tenant'] === tenant).reduce((all, line) => all + Number(line[name] ?? 0), 0);
    expect(total('bytes_in', 'blog')).toBe(bytesOf('bytesSent', 'absent', 'broken', 'moved'));
    expect(total('bytes_out', 'blog')).toBe(bytesOf('bytesReceived', 'absent', 'broken', 'moved'));
    expect(total('attempts', 'saved')).toBe(counts('saved') + setup.busy.requests);
    expect(lines.filter(({ protocol }) => protocol === 'HTTP/2.0').length).toBe(countsOf(({ over }) => over === 'h2'));
  };

  const checkPast = async (): Promise<void> => {
    const scrape = await Scrape.of(gateway.admin);
    expect(await pastOf(gateway, null)).toEqual({
      requests: ALL,
      errors_4xx: countsOf(hasDigit(4)),
      errors_5xx: countsOf(hasDigit(5)),
      retries: setup.busy.requests,
      bytes_out: scrape.sum('keystone_sent_bytes_total'),
    });
    expect(await pastOf(gateway, 'blog')).toEqual({
      requests: counts('absent', 'broken', 'moved'),
      errors_4xx: counts('absent'),
      errors_5xx: counts('broken'),
      retries: 0,
      bytes_out: bytesOf('bytesReceived', 'absent', 'broken', 'moved'),
    });
    expect(await pastOf(gateway, 'saved')).toMatchObject({ requests: counts('saved'), retries: setup.busy.requests });
    expect((await pastOf(gateway, 'shop')).requests).toBe(countsOf(({ host }) => host === 'shop.test'));
  };

  const checkPages = async (): Promise<void> => {
    await using browser = await TestBrowser.start();
    await using tab = await browser.open(`http://127.0.0.1:${gateway.adminPort}/`);
    const { page } = tab;
    await page.getByRole('button', { name: '15m' }).click();
    const sums = page.locator('.traffic .sums');
    const whole = (count: number): string => count.toLocaleString('en');
    const said = ([requests, badOnes, failures, retries]: readonly [number, number, number, number]): string =>
      `${whole(requests)} requests in this time, ${whole(badOnes)} answered with 4xx, ${whole(failures)} with 5xx, ${whole(retries)} retries`;
    await sums.waitFor();
    expect(await sums.innerText()).toStartWith(
      said([ALL, countsOf(hasDigit(4)), countsOf(hasDigit(5)), setup.busy.requests]),
    );
    for (const [tenant, figures] of [
      ['blog', [counts('absent', 'broken', 'moved'), counts('absent'), counts('broken'), 0]],
      ['saved', [counts('saved'), 0, 0, setup.busy.requests]],
      ['shop', [countsOf(({ host }) => host === 'shop.test'), 0, 0, 0]],
    ] as const) {
      await page.goto(`http://127.0.0.1:${gateway.adminPort}/#/tenants/${tenant}`);
      await page.getByRole('heading', { name: tenant }).waitFor();
      await sums.waitFor();
      expect([tenant, await sums.innerText()]).toEqual([tenant, expect.stringContaining(said(figures))]);
    }
    expect(tab.faults).toEqual([]);
  };

  test('is what the client has counted, in the metrics', checkMetrics, LONG);
  test('is what the client has counted, in the access log', checkLog, LONG);
  test('is what the client has counted, in the history', checkPast, LONG);

  test.skipIf(!needs('chromium'))('is what the client has counted, on the pages of the dashboard', checkPages, LONG);

  test(
    'stays so when a process that has served them is killed',
    async () => {
      const [victim = 0] = await servingOf(gateway);
      process.kill(victim, 'SIGKILL');
      await untilGone([victim], 'it has ended');
      await untilWhole(gateway, 2);
      await checkMetrics();
      await checkLog();
      await checkPast();
      if (needs('chromium')) await checkPages();
    },
    LONG,
  );
});
