// The page of the configuration, with a real gateway.
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { readFile } from 'node:fs/promises';
import { TestBrowser } from '../support/browser.ts';
import { statusOf, tenant } from '../support/config-api.ts';
import { GatewayProcess, keystone } from '../support/gateway-process.ts';
import { Origin } from '../support/origin.ts';
import { needs } from '../support/programs.ts';
import { until } from '../support/until.ts';

const SLOW = 120_000;
const SECRET = 'the-secret-of-affinity';

describe.skipIf(!needs('chromium'))('the page of the configuration', () => {
  let browser: TestBrowser;
  let origin: Origin;
  beforeAll(async () => {
    browser = await TestBrowser.start();
    origin = new Origin('a');
  }, SLOW);
  afterAll(async () => {
    origin[Symbol.dispose]();
    await browser[Symbol.asyncDispose]();
  });

  const yaml = (): string =>
    `tenants:\n${tenant('shop', origin)}  - name: b\n    path_prefix: /b/\n    affinity: { secret: ${SECRET} }\n    services: [{ name: one, url: "${origin.url}" }]\n`;

  const open = async (gateway: GatewayProcess, options = {}) =>
    await browser.open(`http://127.0.0.1:${gateway.adminPort}/#/configuration`, options);

  test(
    'marks what is wrong at its line, has a text put in force, and goes back',
    async () => {
      await using gateway = await GatewayProcess.start(yaml());
      await using tab = await open(gateway);
      const { page } = tab;
      const text = page.getByLabel('Text of keystone.yaml');
      await text.waitFor();
      const before = await text.inputValue();
      expect(before).toContain('affinity: { secret: "***" }');
      const whole = await readFile(gateway.file, 'utf8');
      await text.fill(before.replace('path_prefix: /b/', 'pth_prefix: /b/'));
      await page.locator('.gutter .bad').getByText('4').waitFor();
      await page.getByRole('button', { name: 'keystone.yaml:4:5' }).click();
      const selected = `(() => { const area = document.activeElement; return area.value?.slice(area.selectionStart, area.selectionEnd); })()`;
      // The page goes there once it has been drawn.
      await until(async () => (await page.evaluate(selected)) === 'pth_prefix: /b/', 'the setting is selected');
      expect(await page.getByRole('button', { name: 'Apply …' }).isDisabled()).toBe(true);
      expect(await tab.obstacles()).toEqual([]);
      await text.fill(before.replace('tenants:\n', `tenants:\n${tenant('blog', origin)}`));
      await page.locator('.changes').getByText('+ tenant blog').waitFor();
      await page.locator('.difference .good').getByText('name: blog').waitFor();
      expect(await tab.obstacles()).toEqual([]);
      await page.getByRole('button', { name: 'Apply …' }).click();
      await page.getByRole('dialog').getByRole('button', { name: 'Apply' }).click();
      await page.getByText('in force, and written to its file').waitFor();
      expect(await readFile(gateway.file, 'utf8')).toBe(
        whole.replace('tenants:\n', `tenants:\n${tenant('blog', origin)}`),
      );
      await until(async () => (await statusOf(gateway, '/blog/')) === 200, 'it is served');
      await page.getByRole('button', { name: 'Roll back to 1' }).click();
      await page.getByRole('dialog').getByRole('button', { name: 'Roll back' }).click();
      await page.getByText('On disk keystone.yaml is no longer what is in force').waitFor();
      expect(await statusOf(gateway, '/blog/')).toBe(404);
      await page.getByRole('button', { name: 'Show the difference' }).click();
      await page.locator('.difference .good').getByText('name: blog').waitFor();
      expect(await tab.obstacles()).toEqual([]);
      // The text of before is what is shown now; it replaces the file when somebody says so.
      await text.fill(`# of before\n${await text.inputValue()}`);
      await page.getByRole('button', { name: 'Apply …' }).click();
      await page.getByRole('dialog').getByRole('button', { name: 'Apply' }).click();
      await page.getByRole('dialog').getByRole('button', { name: 'Replace' }).click();
      await page.getByText('in force, and written to its file').last().waitFor();
      await until(async () => (await readFile(gateway.file, 'utf8')) === `# of before\n${whole}`, 'it is written');
      expect(tab.faults).toEqual([]);
    },
    SLOW,
  );

  test(
    'says that another one is in force by now, and is refused what it was not made from',
    async () => {
      await using gateway = await GatewayProcess.start(yaml());
      await using tab = await open(gateway);
      const { page } = tab;
      const text = page.getByLabel('Text of keystone.yaml');
      await text.fill((await text.inputValue()).replace('/shop/', '/mine/'));
      await page.getByText('It is right, and changes this').waitFor();
      await gateway.rewrite(yaml().replace('/shop/', '/theirs/'));
      await keystone(['reload', '--url', gateway.admin]);
      await page.getByRole('button', { name: 'Apply …' }).click();
      await page.getByRole('dialog').getByRole('button', { name: 'Apply' }).click();
      await page.getByText('Another configuration is in force than the one that was changed').waitFor();
      expect(await statusOf(gateway, '/theirs/')).toBe(200);
      await page.getByRole('button', { name: 'Get version 2' }).click();
      await until(async () => (await text.inputValue()).includes('/theirs/'), 'it has the new text');
      expect(tab.faults).toEqual([]);
    },
    SLOW,
  );

  test(
    'is used by the keyboard alone, in a narrow window and in the dark',
    async () => {
      await using gateway = await GatewayProcess.start(yaml());
      await using tab = await open(gateway, { viewport: { width: 360, height: 740 }, colorScheme: 'dark' });
      const { page } = tab;
      const text = page.getByLabel('Text of keystone.yaml');
      await text.focus();
      await page.keyboard.press('Control+Home');
      await page.keyboard.type('# typed\n');
      await page.getByText('It is right, and changes nothing but the text.').waitFor();
      expect([await tab.overflow(), await tab.obstacles()]).toEqual([0, []]);
      await page.keyboard.press('Tab');
      expect(await page.evaluate('document.activeElement.textContent')).toBe('Apply …');
      await page.keyboard.press('Enter');
      await page.getByRole('dialog').waitFor();
      expect([await tab.overflow(), await tab.obstacles()]).toEqual([0, []]);
      await page.keyboard.press('Escape');
      await until(async () => (await page.getByRole('dialog').count()) === 0, 'it is closed');
      expect(await readFile(gateway.file, 'utf8')).not.toContain('# typed');
      await page.getByRole('button', { name: 'Apply …' }).press('Enter');
      await page.getByRole('dialog').getByRole('button', { name: 'Apply' }).press('Enter');
      await page.getByText('in force, and written to its file').waitFor();
      expect(await readFile(gateway.file, 'utf8')).toStartWith('# typed\n');
    },
    SLOW,
  );
});
