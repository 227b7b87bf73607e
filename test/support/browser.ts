// A browser that tests use as people do. The dashboard is looked at in Debian's Chromium.
import axe from 'axe-core';
import { type Browser, type BrowserContextOptions, type Page, chromium } from 'playwright-core';
import { pathOf } from './programs.ts';

const WIDE = { width: 1280, height: 900 };

/** One browser for the tests of a file. */
export class TestBrowser implements AsyncDisposable {
  private constructor(private readonly browser: Browser) {}

  static async start(): Promise<TestBrowser> {
    const executablePath = pathOf('chromium') ?? '';
    return new TestBrowser(await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] }));
  }

  /** A page with a profile of its own. */
  async open(url: string, options: BrowserContextOptions = {}, prepare?: (page: Page) => Promise<void>): Promise<Tab> {
    const context = await this.browser.newContext({ viewport: WIDE, ...options });
    const page = await context.newPage();
    page.setDefaultTimeout(10_000);
    const tab = new Tab(page);
    await prepare?.(page);
    await page.goto(url);
    return tab;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.browser.close();
  }
}

/** A page, and what has gone wrong in it. */
export class Tab implements AsyncDisposable {
  /** Exceptions, and what the browser has refused to load or to run. */
  readonly faults: string[] = [];

  constructor(readonly page: Page) {
    page.on('pageerror', (error) => this.faults.push(String(error)));
    page.on('console', (message) => {
      // Where an endpoint is not there, the page says so, and the browser does as well.
      const isTold = message.text().startsWith('Failed to load resource');
      if (message.type() === 'error' && !isTold) this.faults.push(message.text());
    });
  }

  /** What keeps people from using the page, each with its place. The rules are those of WCAG 2.2, A and AA. */
  async obstacles(): Promise<string[]> {
    // A content security policy forbids scripts of others in the page, not in what its debugger asks.
    const session = await this.page.context().newCDPSession(this.page);
    await session.send('Runtime.evaluate', { expression: axe.source });
    const expression = `axe.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }).then(({ violations }) =>
      violations.flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary }) => id + ' at ' + target + ': ' + failureSummary)))`;
    const { result } = await session.send('Runtime.evaluate', { expression, awaitPromise: true, returnByValue: true });
    await session.detach();
    return result.value as string[];
  }

  /** How much wider the page is than its window. */
  async overflow(): Promise<number> {
    return await this.page.evaluate('document.documentElement.scrollWidth - innerWidth');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.page.context().close();
  }
}
