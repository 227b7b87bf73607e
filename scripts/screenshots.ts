// Makes the pictures of the dashboard in docs/images: a gateway with tenants, visitors and troubles, looked at by Chromium.
//
//   scripts/bun.sh scripts/screenshots.ts [FOLDER]
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Page, chromium } from 'playwright-core';

const ROOT = join(import.meta.dirname, '..');
const folder = process.argv[2] ?? join(ROOT, 'docs/images');
const SIZE = { width: 1200, height: 760 };

// How long each takes to answer, in milliseconds.
const ORIGINS = { a: 4, b: 9, c: 6, one: 18, two: 12, pages: 3 };
const HOSTS: readonly (readonly [host: string, path: string])[] = [
  ['shop.example.com', '/cart'],
  ['shop.example.com', '/items/7'],
  ['api.example.com', '/v1/users'],
  ['api.example.com', '/v1/orders?page=2'],
  ['blog.example.com', '/'],
  ['blog.example.com', '/gone'],
];
const VISITORS = 8;
/** For how long they come before the first picture. */
const WARM_UP = 45_000;

class SlowOrigin {
  private isWell = true;
  private readonly server: ReturnType<typeof Bun.serve>;

  constructor(pause: number) {
    this.server = Bun.serve({
      hostname: '127.0.0.1',
      port: 0,
      fetch: async (request) => {
        const { pathname } = new URL(request.url);
        if (!this.isWell) return new Response('the database is away', { status: 503 });
        if (pathname !== '/health') await Bun.sleep(pause + Math.random() * pause);
        return new Response('hello '.repeat(100), { status: pathname === '/gone' ? 404 : 200 });
      },
    });
  }

  get url(): string {
    return `http://127.0.0.1:${this.server.port}`;
  }

  turn(isWell: boolean): void {
    this.isWell = isWell;
  }

  stop(): void {
    void this.server.stop(true);
  }
}

const origins = Object.fromEntries(Object.entries(ORIGINS).map(([name, pause]) => [name, new SlowOrigin(pause)]));
const place = await mkdtemp(join(tmpdir(), 'keystone-screenshots-'));
await writeFile(join(place, 'keystone.yaml'), configuration());
const gateway = Bun.spawn([join(ROOT, 'bin/keystone'), 'run', '--config', 'keystone.yaml', '--addr', '127.0.0.1:0'], {
  cwd: place,
  env: { ...process.env, XDG_STATE_HOME: place },
  stdio: ['ignore', 'pipe', 'ignore'],
});
const over = new AbortController();
try {
  const { served, admin } = await addresses();
  for (let count = 0; count < VISITORS; count++) void visit(served);
  await Bun.sleep(WARM_UP / 3);
  origins['b']?.turn(false);
  await Bun.sleep(WARM_UP / 3);
  origins['b']?.turn(true);
  await Bun.sleep(WARM_UP / 3);
  await mkdir(folder, { recursive: true });
  await takeAll(admin);
} finally {
  over.abort();
  gateway.kill();
  await gateway.exited;
  for (const origin of Object.values(origins)) origin.stop();
  await rm(place, { recursive: true });
}

function configuration(): string {
  const tenants = [
    tenant('shop', '', ['a', 'b', 'c']),
    tenant('api', '    limits: { requests_in_flight: 200 }\n', ['one', 'two']),
    tenant('blog', '', ['pages']),
    tenant('archive', '', ['gone']),
  ];
  return `admin: { address: "127.0.0.1:0" }\ntenants:\n${tenants.join('')}`;
}

function tenant(name: string, more: string, names: readonly string[]): string {
  const services = names.map((one) => {
    // Nobody listens at the port of an origin that is not there.
    const url = origins[one]?.url ?? 'http://127.0.0.1:9';
    return `      - { name: ${one}, url: "${url}", health: /health }\n`;
  });
  return `  - name: ${name}\n    domains: [${name}.example.com]\n    health_interval: 1\n${more}    services:\n${services.join('')}`;
}

async function addresses(): Promise<{ served: string; admin: string }> {
  let output = '';
  const decoder = new TextDecoder();
  for await (const chunk of gateway.stdout) {
    output += decoder.decode(chunk, { stream: true });
    const served = /listening on (http:\S+)/.exec(output)?.[1];
    const admin = /admin API on (http:\S+)/.exec(output)?.[1];
    if (served !== undefined && admin !== undefined) return { served, admin };
  }
  throw new Error('the gateway did not start');
}

async function visit(served: string): Promise<void> {
  while (!over.signal.aborted) {
    const [host, path] = HOSTS[Math.floor(Math.random() ** 1.6 * HOSTS.length)] ?? ['', '/'];
    try {
      await (await fetch(`${served}${path}`, { headers: { Host: host } })).text();
    } catch {
      // The gateway ends.
    }
    await Bun.sleep(Math.random() * 60);
  }
}

async function takeAll(admin: string): Promise<void> {
  const browser = await chromium.launch({ executablePath: Bun.which('chromium') ?? '', args: ['--no-sandbox'] });
  for (const scheme of ['light', 'dark'] as const) {
    const context = await browser.newContext({ viewport: SIZE, colorScheme: scheme });
    const page = await context.newPage();
    const take = async (name: string, hash: string, prepare?: (of: Page) => Promise<void>): Promise<void> => {
      await page.goto(`${admin}/#/${hash}`);
      await prepare?.(page);
      await Bun.sleep(name === 'dashboard' ? 20_000 : 3000);
      const path = join(folder, `${name}-${scheme}.png`);
      await page.screenshot({ path });
      console.log(path);
    };
    await take('dashboard', '');
    if (scheme === 'light') {
      await take('dashboard-tenant', 'tenants/shop/b');
      await take('dashboard-requests', 'requests');
      await take('dashboard-explain', 'explain', ask);
      await take('dashboard-configuration', 'configuration');
    }
    await context.close();
  }
  await browser.close();
}

async function ask(page: Page): Promise<void> {
  const url = page.getByLabel('URL');
  await url.fill('http://shop.example.com/cart');
  await url.press('Enter');
}
