// What the dashboard makes of answers that have everything.
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'bun:test';
import { type Tab, TestBrowser } from '../support/browser.ts';
import { CONFIG_TAG, type Ordered, answerAll } from '../support/dashboard-answers.ts';
import { GatewayProcess } from '../support/gateway-process.ts';
import { Origin } from '../support/origin.ts';
import { needs } from '../support/programs.ts';
import { until } from '../support/until.ts';
import { pathTenant } from '../support/yaml.ts';

const SLOW = 240_000;

describe.skipIf(!needs('chromium'))('the dashboard', () => {
  let browser: TestBrowser;
  let origin: Origin;
  let gateway: GatewayProcess;
  beforeAll(async () => {
    browser = await TestBrowser.start();
    origin = new Origin('a');
    gateway = await GatewayProcess.start(pathTenant('/', [origin]));
  }, SLOW);
  afterAll(async () => {
    await gateway[Symbol.asyncDispose]();
    origin[Symbol.dispose]();
    await browser[Symbol.asyncDispose]();
  });

  // What pages ask and what they are told here, as no gateway would.
  const impossible: string[] = [];
  afterEach(() => expect(impossible.splice(0)).toEqual([]));

  const open = async (hash: string): Promise<Tab & { readonly ordered: readonly Ordered[] }> => {
    let ordered: readonly Ordered[] = [];
    const tab = await browser.open(`http://127.0.0.1:${gateway.adminPort}/#/${hash}`, {}, async (page) => {
      ordered = await answerAll(page, impossible);
    });
    return Object.assign(tab, { ordered });
  };

  test(
    'says what is wrong, draws traffic, and has the figures of the gateway',
    async () => {
      await using tab = await open('');
      const { page } = tab;
      await page.getByText('One thing wants a look: archive is down.').waitFor();
      expect(await page.locator('.stats').innerText()).toMatch(/1,240[\s\S]*0\.42 %[\s\S]*3\.2 ms/);
      await page.locator('.chart canvas').first().waitFor();
      await page.getByRole('button', { name: '15m' }).click();
      await page.locator('.chart').nth(3).waitFor();
      expect(await page.locator('.chart').first().innerText()).toContain('989');
      await page
        .locator('.chart .u-over')
        .first()
        .hover({ position: { x: 1, y: 40 } });
      expect(await page.locator('.chart').first().innerText()).toContain('900');
      expect(await tab.obstacles()).toEqual([]);
      expect(tab.faults).toEqual([]);
    },
    SLOW,
  );

  test(
    'has the busiest tenants, paths and clients, of all and of a tenant',
    async () => {
      await using tab = await open('');
      const { page } = tab;
      const tables = page.locator('.busiest table');
      await tables.first().waitFor();
      const texts = (await tables.allInnerTexts()).map((text) => text.replaceAll(/\s+/g, ' '));
      expect(texts[0]).toContain('shop 800');
      expect(texts[1]).toMatch(/shop \/cart\/\S+ 600 .*no tenant \/nobody 0\.4/);
      expect(texts[2]).toContain('2001:db8:85a3:8d3:1319:8a2e:370:7348 240');
      await page.locator('.busiest').getByRole('link', { name: 'shop' }).click();
      expect(new URL(page.url()).hash).toBe('#/tenants/shop');
      expect(tab.faults).toEqual([]);
    },
    SLOW,
  );

  test(
    'has ten thousand tenants searched, sorted and paged by the gateway',
    async () => {
      await using tab = await open('');
      const { page } = tab;
      await page.getByText('10,000 tenants, page 1 of 400').waitFor();
      expect(await page.locator('.tenants tbody tr').count()).toBe(25);
      await page.getByRole('button', { name: 'Next' }).click();
      await page.getByText('page 2 of 400').waitFor();
      await page.getByLabel('Search tenants').fill('tenant-777');
      await page.getByText('11 tenants').waitFor();
      const first = page.locator('.tenants tbody th').first();
      expect(await first.innerText()).toBe('tenant-7779');
      await page.getByRole('button', { name: 'Tenant', exact: true }).click();
      await page.locator('th[aria-sort="ascending"]').waitFor();
      await until(async () => (await first.innerText()) === 'tenant-777', 'it is sorted');
      await page.getByLabel('Search tenants').fill('nobody');
      await page.getByText('No tenant has such a name.').waitFor();
    },
    SLOW,
  );

  test(
    'has a tail of requests, and opens one as a waterfall of its attempts',
    async () => {
      await using tab = await open('requests');
      const { page } = tab;
      await page.getByRole('button', { name: 'GET shop.test/cart' }).waitFor();
      await page.getByRole('button', { name: 'POST shop.test/cart' }).click();
      await page.locator('.bars').getByText('a: connect-refused').waitFor();
      await page.locator('.bars').getByText('b: 200').waitFor();
      await page.getByText('Everything that the access log says of it').click();
      await page.getByText('request_id').waitFor();
      expect(await tab.obstacles()).toEqual([]);
      expect(tab.faults).toEqual([]);
    },
    SLOW,
  );

  test(
    'explains a request step by step',
    async () => {
      await using tab = await open('explain');
      const { page } = tab;
      await page.getByLabel('URL').fill('http://shop.test/cart');
      await page.getByRole('button', { name: 'Explain', exact: true }).click();
      await page.getByText('shop: host shop.test').waitFor();
      await page.getByText('not chosen: its host is a wildcard').waitFor();
      await page.getByText('unhealthy: connect-refused').waitFor();
      expect(tab.ordered.map(({ path, headers }) => [path, headers['x-keystone-request']])).toEqual([
        ['/explain', '1'],
      ]);
      expect(await tab.obstacles()).toEqual([]);
    },
    SLOW,
  );

  test(
    'marks problems of a configuration as it is typed, and applies one that has none to what it was made from',
    async () => {
      await using tab = await open('configuration');
      const { page } = tab;
      const text = page.getByLabel('Text of keystone.yaml');
      await text.fill('tenants:\n  - name: shop\n    helth_interval: 1\n');
      await page.locator('.gutter .bad').getByText('3').waitFor();
      await page.getByText('did you mean health_interval?').waitFor();
      expect(await page.getByRole('button', { name: 'Apply …' }).isDisabled()).toBe(true);
      expect(await tab.obstacles()).toEqual([]);
      await text.fill('tenants:\n  - name: shop\n    health_interval: 2\n');
      await page.getByText('shop/a weight 1 → 2').waitFor();
      await page.getByRole('button', { name: 'Apply …' }).click();
      await page.getByRole('dialog').getByRole('button', { name: 'Apply' }).click();
      await page.getByText('The configuration is in force, and written to its file.').waitFor();
      const applied = tab.ordered.find(({ method }) => method === 'PUT');
      expect([applied?.path, applied?.headers['if-match']]).toEqual(['/config', CONFIG_TAG]);
      expect(tab.faults).toEqual([]);
    },
    SLOW,
  );

  test(
    'has the certificate that ends first on top, and says what is wrong with one',
    async () => {
      await using tab = await open('certificates');
      const { page } = tab;
      await page.locator('tbody tr').nth(2).waitFor();
      const rows = await page.locator('tbody tr').allInnerTexts();
      expect(rows.map((row) => /(old|blog|shop)\.test/.exec(row)?.[1])).toEqual(['old', 'blog', 'shop']);
      expect(rows[1]).toContain('expires soon');
      expect(rows[1]).toContain('the next one cannot be read');
      expect(await tab.obstacles()).toEqual([]);
    },
    SLOW,
  );

  test(
    'does not grow while it is left open',
    async () => {
      const options = { viewport: { width: 1000, height: 700 } };
      await using tab = await browser.open(`http://127.0.0.1:${gateway.adminPort}/`, options, async (page) => {
        // A second lasts for ten milliseconds.
        await page.addInitScript(
          'const real = setTimeout; window.setTimeout = (act, wait, ...more) => real(act, wait / 100, ...more);',
        );
        await page.addInitScript(
          `let asked = 0; const fetched = fetch; window.asked = () => asked; window.fetch = (to, how) => {
          if (String(to) !== 'overview') return fetched(to, how);
          asked++;
          const now = { requests_per_second: 1000 + asked % 7, error_share: 0, p50_ms: 2, p95_ms: 9, p99_ms: 20 + asked % 5, connections: 10, in_flight: 3, bytes_out_per_second: asked };
          return Promise.resolve(Response.json({ version: '1', uptime_seconds: asked, state: 'ready', words: 'All is well.', problems: [], more_problems: 0, now, tenants: { total: 1, healthy: 1, degraded: 0, down: 0 }, backends: { total: 1, eligible: 1 }, workers: [] }));
        };`,
        );
      });
      const { page } = tab;
      const session = await page.context().newCDPSession(page);
      const updates = async (count: number): Promise<void> => {
        await until(
          async () => Number(await page.evaluate('asked()')) >= count,
          `it has been updated ${count} times`,
          110_000,
        );
      };
      const size = async (): Promise<{ heap: number; nodes: number }> => {
        await session.send('HeapProfiler.collectGarbage');
        const { usedSize } = await session.send('Runtime.getHeapUsage');
        const { nodes } = await session.send('Memory.getDOMCounters');
        return { heap: usedSize, nodes };
      };
      // The page keeps the latest 300 seconds.
      await updates(350);
      const before = await size();
      await updates(1350);
      const after = await size();
      expect(after.heap - before.heap).toBeLessThan(500_000);
      expect(after.nodes - before.nodes).toBeLessThan(200);
      expect(tab.faults).toEqual([]);
    },
    SLOW,
  );
});
