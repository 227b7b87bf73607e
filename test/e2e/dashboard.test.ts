// The dashboard in a real browser, with a real gateway and origins that die and come back.
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { backendOf, command, untilEligible } from '../support/admin.ts';
import { type Tab, TestBrowser } from '../support/browser.ts';
import { GatewayProcess } from '../support/gateway-process.ts';
import { Origin } from '../support/origin.ts';
import { needs } from '../support/programs.ts';
import { until } from '../support/until.ts';
import { pathTenant, services } from '../support/yaml.ts';

const SLOW = 120_000;
const PAGES = [
  '',
  'tenants/main',
  'tenants/main/a',
  'events',
  'requests',
  'explain',
  'configuration',
  'certificates',
  'nowhere',
];

/** Nothing is asked for any more that the page cannot be without. */
async function loaded({ page }: Tab): Promise<void> {
  await page.locator('main').waitFor();
  await until(async () => (await page.locator('.loading').count()) === 0, 'everything is loaded');
}

const address = (gateway: GatewayProcess): string => `http://127.0.0.1:${gateway.adminPort}/`;

describe("the dashboard's files", () => {
  test('come from the address of the admin API alone, and say that nothing from elsewhere may run', async () => {
    using origin = new Origin('a');
    await using gateway = await GatewayProcess.start(`admin_base_path: /admin\n${pathTenant('/', [origin])}`);
    const page = await fetch(address(gateway));
    expect(page.status).toBe(200);
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(page.headers.get('cache-control')).toBe('no-cache');
    const policy = page.headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toContain('unsafe');
    expect(await page.text()).not.toMatch(/https?:\/\/|<script>|<style|style=/);
    for (const path of ['/ui/app.js', '/admin/ui/app.js'])
      expect((await fetch(`${gateway.url}${path}`)).headers.get('content-type')).not.toContain('javascript');
  });

  test('are sent again only when they have changed, and packed', async () => {
    using origin = new Origin('a');
    await using gateway = await GatewayProcess.start(pathTenant('/', [origin]));
    const script = `${address(gateway)}ui/app.js`;
    const first = await fetch(script);
    const etag = first.headers.get('etag') ?? '';
    expect(first.headers.get('content-encoding')).toBe('gzip');
    expect(Bun.gzipSync(Buffer.from(await first.arrayBuffer())).length).toBeLessThan(150_000);
    const again = await fetch(script, { headers: { 'If-None-Match': etag } });
    expect([again.status, await again.text()]).toEqual([304, '']);
    const plain = await fetch(script, { headers: { 'Accept-Encoding': 'identity' } });
    expect(plain.headers.get('content-encoding')).toBeNull();
    expect(plain.headers.get('etag')).not.toBe(etag);
    expect((await fetch(script, { method: 'HEAD' })).status).toBe(200);
    expect((await fetch(script, { method: 'POST' })).status).not.toBe(200);
  });
});

describe.skipIf(!needs('chromium'))('the dashboard', () => {
  let browser: TestBrowser;
  let origins: readonly Origin[];
  let gateway: GatewayProcess;
  beforeAll(async () => {
    browser = await TestBrowser.start();
    origins = [new Origin('a'), new Origin('b')];
    const other = `  - name: lonely\n    domains: [lonely.test]\n    health_interval: 1\n${services(origins.slice(1))}`;
    gateway = await GatewayProcess.start(`${pathTenant('/', origins)}${other}`);
    await until(
      async () => (await backendOf(gateway, 'a')).eligible && (await backendOf(gateway, 'b')).eligible,
      'both serve',
    );
  }, SLOW);
  afterAll(async () => {
    await gateway[Symbol.asyncDispose]();
    for (const origin of origins) origin[Symbol.dispose]();
    await browser[Symbol.asyncDispose]();
  });

  const open = async (hash: string, options = {}): Promise<Tab> =>
    await browser.open(`${address(gateway)}#/${hash}`, options);

  test(
    'explains where a request would go, by its method, its URL and its fields',
    async () => {
      await using tab = await open('explain');
      const { page } = tab;
      await page.getByLabel('URL').fill('http://lonely.test/cart');
      await page.getByLabel('Header fields').fill('Accept-Language: de\nAccept: text/html\nAccept: text/plain');
      await page.getByRole('button', { name: 'Explain', exact: true }).click();
      await page.getByText('lonely: host lonely.test').waitFor();
      expect(tab.faults).toEqual([]);
    },
    SLOW,
  );

  test(
    'has the true figures on each page, and no page says that something is not there',
    async () => {
      for (let count = 0; count < 12; count++) await (await fetch(`${gateway.url}/cart/${count}`)).text();
      await using tab = await open('');
      const { page } = tab;
      const show = async (hash: string): Promise<string> => {
        await page.goto(`${address(gateway)}#/${hash}`);
        await loaded(tab);
        await page.getByRole('heading', { level: 1 }).waitFor();
        const notes = await page.locator('main .note, main [role=alert]').allInnerTexts();
        // The one that says how to change the text is no trouble.
        expect([hash, notes.filter((note) => !note.startsWith('Change it'))]).toEqual([hash, []]);
        return (await page.locator('main').innerText()).replaceAll(/\s+/g, ' ');
      };
      const asked = async (path: string): Promise<string> => await (await fetch(`${gateway.admin}${path}`)).text();
      const overview = await show('');
      expect(overview).toContain('All is well: 2 tenants with all their backends.');
      expect(overview).toMatch(/Tenants 2 Backends in use 3 of 3/);
      const { pid } = JSON.parse(await asked('/overview')).workers[0];
      expect(overview).toContain(`pid ${pid}`);
      const requests = (await backendOf(gateway, 'a')).requests;
      expect(requests).toBeGreaterThan(0);
      expect(await show('tenants/main')).toMatch(
        new RegExp(`a http://127\\.0\\.0\\.1:\\d+ healthy .*Requests ${requests} Failures 0`),
      );
      expect(await show('tenants/main/a')).toContain('Health of a');
      await command(gateway, 'b', 'disable');
      await command(gateway, 'b', 'enable');
      const { latest } = JSON.parse(await asked('/events'));
      expect(await show('events')).toMatch(new RegExp(`Live, ${latest} events .*enabled main/b .*disabled main/b`));
      // What watches is there a moment after the page.
      await show('requests');
      await until(async () => {
        await (await fetch(`${gateway.url}/seen-by-the-page`)).text();
        return (await page.locator('main').innerText()).includes('/seen-by-the-page');
      }, 'the request is on the page');
      const [version] = JSON.parse(await asked('/history')).versions;
      const configuration = await show('configuration');
      expect(await page.getByLabel('Text of keystone.yaml').inputValue()).toContain('name: lonely');
      expect(configuration).toContain(`${version.number}`);
      expect(await show('certificates')).toContain('No listener uses TLS.');
      expect(tab.faults).toEqual([]);
    },
    SLOW,
  );

  for (const scheme of ['light', 'dark'] as const) {
    test(
      `can be read by everybody on every page, ${scheme}, and fits 360 pixels`,
      async () => {
        await using tab = await open('', { colorScheme: scheme });
        for (const hash of PAGES) {
          await tab.page.goto(`${address(gateway)}#/${hash}`);
          await loaded(tab);
          expect([hash, await tab.obstacles()]).toEqual([hash, []]);
        }
        await tab.page.setViewportSize({ width: 360, height: 740 });
        for (const hash of PAGES) {
          await tab.page.goto(`${address(gateway)}#/${hash}`);
          await loaded(tab);
          expect([hash, await tab.overflow()]).toEqual([hash, 0]);
          expect([hash, await tab.obstacles()]).toEqual([hash, []]);
        }
        expect(tab.faults).toEqual([]);
      },
      SLOW,
    );
  }

  test(
    'says when a backend dies, and when it is back, without being loaded again',
    async () => {
      await using tab = await open('');
      const { page } = tab;
      await page.locator('.verdict.good').waitFor();
      await origins[0]?.stop();
      await page.locator('.verdict.warn').waitFor();
      await page.locator('.events').getByText('unhealthy').first().waitFor();
      await page.locator('.tenants').getByRole('link', { name: 'main' }).click();
      const backend = page.locator('.backend', { hasText: 'http' }).first();
      await backend.getByText('unhealthy', { exact: true }).waitFor();
      expect(await backend.innerText()).toContain('connect-refused');
      await backend.getByRole('link', { name: 'a' }).click();
      await page.getByRole('heading', { name: 'Health of a' }).waitFor();
      await page.locator('.timeline rect.band.bad').waitFor({ state: 'attached' });
      origins[0]?.restart();
      await backend.getByText('healthy', { exact: true }).waitFor();
      await page.locator('.crumbs a').click();
      await page.locator('.verdict.good').waitFor();
      expect(tab.faults).toEqual([]);
    },
    SLOW,
  );

  test(
    'drains, disables, enables and weighs, asks before, and undoes',
    async () => {
      await using tab = await open('tenants/main');
      const { page } = tab;
      const act = async (name: string, confirm: string): Promise<void> => {
        await page.getByRole('button', { name: `${name} a`, exact: true }).click();
        await page.getByRole('dialog').getByRole('button', { name: confirm, exact: true }).click();
        await page.getByRole('dialog').waitFor({ state: 'detached' });
      };
      const becomes = async (admission: string): Promise<void> => {
        await until(async () => (await backendOf(gateway, 'a')).admission === admission, `it is ${admission}`);
      };
      const undo = async (): Promise<void> => await page.getByRole('button', { name: 'Undo' }).last().click();
      await page.getByRole('button', { name: 'Drain a', exact: true }).click();
      expect(await tab.obstacles()).toEqual([]);
      await page.keyboard.press('Escape');
      await page.getByRole('dialog').waitFor({ state: 'detached' });
      expect((await backendOf(gateway, 'a')).admission).toBe('open');
      await act('Drain', 'Drain');
      await becomes('draining');
      await undo();
      await becomes('open');
      await act('Disable', 'Disable');
      await becomes('disabled');
      await page.locator('.backend').getByText('disabled', { exact: true }).waitFor();
      await act('Enable', 'Enable');
      await becomes('open');
      await page.getByRole('button', { name: 'Weight a', exact: true }).click();
      await page.getByRole('spinbutton').fill('3');
      await page.getByRole('button', { name: 'Set the weight' }).click();
      await page.getByText('main/a has another weight.').waitFor();
      expect((await backendOf(gateway, 'a')).weight).toBe(3);
      await undo();
      await until(async () => (await backendOf(gateway, 'a')).weight === 1, 'it has the weight of before');
      await page.getByText('by an operator from 127.0.0.1').first().waitFor();
      expect(tab.faults).toEqual([]);
    },
    SLOW,
  );

  test(
    'shows how a drain goes on, and warns of the last backend',
    async () => {
      await using tab = await open('tenants/lonely');
      const { page } = tab;
      await page.getByRole('button', { name: 'Drain b', exact: true }).click();
      await page.getByText('the tenant will be down').waitFor();
      await page.getByRole('button', { name: 'Cancel' }).click();
      await command(gateway, 'a', 'drain?deadline=30s');
      await page.goto(`${address(gateway)}#/tenants/main`);
      await page.locator('.backend').getByText('drained', { exact: true }).waitFor();
      await command(gateway, 'a', 'enable');
      await untilEligible(gateway, 2);
    },
    SLOW,
  );

  test(
    'filters events, and says who has ordered what',
    async () => {
      await command(gateway, 'b', 'disable');
      await command(gateway, 'b', 'enable');
      await using tab = await open('events');
      const { page } = tab;
      await page.getByRole('button', { name: 'By operators' }).click();
      await page.getByLabel('Filter events').fill('main/b disabled');
      await page.locator('.events li').first().waitFor();
      const texts = await page.locator('.events li').allInnerTexts();
      expect(texts.every((text) => text.includes('main/b') && text.includes('by an operator'))).toBe(true);
      await page.getByLabel('Filter events').fill('nothing has this');
      await page.getByText('No event fits.').waitFor();
    },
    SLOW,
  );

  test(
    'says that its figures are stale while the gateway does not answer, and goes on by itself',
    async () => {
      await using tab = await open('');
      const { page } = tab;
      await page.locator('.pulse.good').waitFor();
      await page.context().setOffline(true);
      await page.getByRole('alert').getByText('The gateway does not answer.').waitFor();
      expect(await page.locator('.tenants tbody tr').count()).toBe(2);
      await page.context().setOffline(false);
      await page.getByRole('alert').waitFor({ state: 'detached' });
      await page.locator('.pulse.good').waitFor();
    },
    SLOW,
  );

  test(
    'is used by the keyboard alone',
    async () => {
      await using tab = await open('');
      const { page } = tab;
      await page.locator('.tenants').waitFor();
      await page.keyboard.press('Tab');
      expect(await page.evaluate('document.activeElement.textContent')).toBe('Skip to the content');
      await page.keyboard.press('Enter');
      await page.locator('#content:focus').waitFor();
      await page.getByRole('button', { name: 'Dark' }).focus();
      await page.keyboard.press('Enter');
      await page.locator('html[data-theme=dark]').waitFor();
      await page.reload();
      await page.locator('html[data-theme=dark]').waitFor();
    },
    SLOW,
  );
});

describe.skipIf(!needs('chromium'))('the dashboard of a gateway with tokens', () => {
  test(
    'asks for one, says that a wrong one is wrong, and lets the right one in',
    async () => {
      using origin = new Origin('a');
      const tokens = 'admin: { tokens: [{ name: ci, token: "0123456789abcdef" }] }\n';
      await using gateway = await GatewayProcess.start(`${tokens}${pathTenant('/', [origin])}`);
      await using browser = await TestBrowser.start();
      await using tab = await browser.open(address(gateway));
      const { page } = tab;
      await page.getByLabel('Token').fill('wrong');
      expect(await tab.obstacles()).toEqual([]);
      await page.getByRole('button', { name: 'Log in' }).click();
      await page.getByRole('alert').waitFor();
      await page.getByLabel('Token').fill('0123456789abcdef');
      await page.getByRole('button', { name: 'Log in' }).click();
      await page.getByRole('heading', { name: 'Overview' }).waitFor();
      await page.locator('.tenants').getByRole('link', { name: 'main' }).waitFor();
      await page.reload();
      await page.getByRole('heading', { name: 'Overview' }).waitFor();
      await page.getByRole('button', { name: 'Log out' }).click();
      await page.getByLabel('Token').waitFor();
      await page.reload();
      await page.getByLabel('Token').waitFor();
      expect(tab.faults).toEqual([]);
    },
    SLOW,
  );

  test(
    'shows a token that may only read one tenant nothing else, and no orders',
    async () => {
      using origin = new Origin('a');
      const tokens = 'admin: { tokens: [{ name: main, token: "0123456789abcdef", scope: read, tenants: [main] }] }\n';
      const other = `  - name: foreign\n    domains: [foreign.test]\n${services([origin])}`;
      await using gateway = await GatewayProcess.start(`${tokens}${pathTenant('/', [origin])}${other}`);
      await using browser = await TestBrowser.start();
      await using tab = await browser.open(address(gateway));
      const { page } = tab;
      await page.getByLabel('Token').fill('0123456789abcdef');
      await page.getByRole('button', { name: 'Log in' }).click();
      for (const hash of PAGES) {
        await page.goto(`${address(gateway)}#/${hash}`);
        await loaded(tab);
        expect([hash, await page.locator('main').innerText()]).toEqual([hash, expect.not.stringContaining('foreign')]);
        expect([
          hash,
          await page.getByRole('button', { name: /^(Drain|Disable|Enable|Weight|Reload|Roll back)/ }).count(),
        ]).toEqual([hash, 0]);
      }
      await page.goto(`${address(gateway)}#/tenants/main`);
      await page.locator('.backend').getByText('a', { exact: true }).waitFor();
      await page.goto(`${address(gateway)}#/tenants/foreign`);
      await page.locator('.note').first().waitFor();
      expect(await page.locator('.backend').count()).toBe(0);
      expect(tab.faults).toEqual([]);
    },
    SLOW,
  );
});
