// keystone top and keystone tail beside a gateway with traffic.
import { describe, expect, test } from 'bun:test';
import { CommandProcess } from '../support/command-process.ts';
import { Screen } from '../support/screen.ts';
import { GatewayProcess, keystone } from '../support/gateway-process.ts';
import { Origin } from '../support/origin.ts';
import { PROGRAM } from '../support/program.ts';
import { needs } from '../support/programs.ts';
import { until } from '../support/until.ts';

const yaml = (origin: Origin): string => `tenants:
  - name: shop
    domains: [shop.test]
    retry: { attempts: 1 }
    services: [{ name: a, url: "${origin.url}" }]
  - name: blog
    domains: [blog.test]
    retry: { attempts: 1 }
    services: [{ name: b, url: "http://127.0.0.1:1" }]
`;

async function get(gateway: GatewayProcess, host: string, path: string): Promise<void> {
  await (await fetch(`${gateway.url}${path}`, { headers: { Host: host } })).text();
}

const at = (gateway: GatewayProcess): string[] => ['--url', gateway.admin];

describe('keystone top', () => {
  test('shows somebody with a token for a tenant what is about that', async () => {
    using origin = new Origin('a');
    const token = 'the-token-of-the-shop';
    const admin = `admin: { tokens: [{ name: shop, token: ${token}, tenants: [shop] }] }\n`;
    await using gateway = await GatewayProcess.start(admin + yaml(origin));
    const { code, out, errors } = await keystone(['top', ...at(gateway)], { env: { KEYSTONE_ADMIN_TOKEN: token } });
    expect([code, errors]).toEqual([0, '']);
    expect(out).toContain('\nshop ');
    expect(out).not.toMatch(/blog|connections/);
  });

  test('in a pipe prints the traffic once, and --json what the admin API says', async () => {
    using origin = new Origin('a');
    await using gateway = await GatewayProcess.start(yaml(origin));
    const printed = await keystone(['top', ...at(gateway)], { env: { LC_ALL: 'C' } });
    expect([printed.code, printed.errors]).toEqual([0, '']);
    expect(printed.out).toMatch(/\nrequests \S+\/s {2}errors /);
    expect(printed.out).toMatch(/\nTENANT +HEALTH +REQ\/S +ERRORS +P99 +IN FLIGHT +BACKENDS\n/);
    expect(printed.out).toMatch(/\nshop +\S+ +0 +0 % +- +0 +[01]\/1\n/);
    expect(printed.out).not.toContain('\u001b');
    const json: unknown = JSON.parse((await keystone(['top', '--json', '--name', 'SHO', ...at(gateway)])).out);
    expect(json).toMatchObject({
      overview: { words: expect.any(String), now: { in_flight: 0 } },
      summaries: { total: 1, tenants: [{ name: 'shop' }] },
    });
  });

  // That of other systems takes other words.
  test.skipIf(process.platform !== 'linux' || !needs('script'))(
    'on a terminal draws again and again, and gives the terminal back',
    async () => {
      using origin = new Origin('a');
      await using gateway = await GatewayProcess.start(yaml(origin));
      const words = [PROGRAM, 'top', ...at(gateway)].map((word) => `'${word}'`).join(' ');
      // The shell would be told of Ctrl-C as well, and may answer with an exit code of its own.
      await using screen = new Screen(`stty cols 80 rows 24; exec ${words}`);
      await until(() => screen.out.split('TENANT').length > 2, 'it has drawn twice');
      screen.type('\u0003');
      expect(await screen.exited()).toBe(0);
      expect(screen.out).toContain('\u001b[?1049h');
      expect(screen.out).toContain('Ctrl-C ends');
      expect(screen.out.trimEnd()).toEndWith('\u001b[?1049l');
    },
  );

  test.each([
    [['--sort', 'size'], 'size is no order; expected health, requests, errors, p99, name'],
    [['--limit', '0'], '--limit takes a number from 1 to 200'],
    [['--limit', '201'], '--limit takes a number from 1 to 200'],
  ])('refuses %j', async (words, message) => {
    expect(await keystone(['top', ...words])).toMatchObject({
      code: 2,
      out: '',
      errors: `keystone top: ${message}\n`,
    });
  });
});

describe('keystone tail', () => {
  test('prints requests as they end, by filters, until Ctrl-C', async () => {
    using origin = new Origin('a', ({ url }) => new Response('x', { status: url.endsWith('/404') ? 404 : 200 }));
    await using gateway = await GatewayProcess.start(yaml(origin));
    await get(gateway, 'blog.test', '/before');
    await using all = new CommandProcess(['tail', '--status', '5xx', ...at(gateway)]);
    await using shop = new CommandProcess(['tail', '--json', '--tenant', 'shop', ...at(gateway)]);
    await until(() => all.out.includes('/before'), 'the latest is printed');
    let sent = 0;
    // Nobody can see from outside from when on the gateway knows that somebody watches.
    await until(async () => {
      await get(gateway, 'shop.test', `/good/${sent++}`);
      return shop.out !== '';
    }, 'requests of shop are printed');
    await get(gateway, 'blog.test', '/after');
    await until(() => all.out.includes('/after'), 'the next one is printed');
    expect(all.out).toMatch(/^\S+Z {2}50\d +\S+ {2}blog\S* {2}GET blog.test\/before.*\n/);
    expect(all.out).not.toContain('/good');
    all.interrupt();
    shop.interrupt();
    expect([await all.exited(), await shop.exited(), all.errors, shop.errors]).toEqual([0, 0, '', '']);
    const lines = shop.out.trimEnd().split('\n');
    for (const line of lines) expect(JSON.parse(line)).toMatchObject({ tenant: 'shop', status: 200 });
  });

  test('--once prints the latest and ends; what is no filter is refused by the gateway', async () => {
    using origin = new Origin('a');
    await using gateway = await GatewayProcess.start(yaml(origin));
    await get(gateway, 'blog.test', '/down');
    const once = async (...words: string[]) => await keystone(['tail', '--once', ...words, ...at(gateway)]);
    await until(async () => (await once()).out.includes('GET blog.test/down'), 'it is among the latest');
    expect(await once('--tenant', 'shop')).toMatchObject({ code: 0, out: '' });
    expect(await once('--status', 'bad')).toMatchObject({ code: 2, errors: expect.stringContaining('such as 503') });
  });

  test('says that the gateway does not answer, and asks on until Ctrl-C', async () => {
    using origin = new Origin('a');
    const gateway = await GatewayProcess.start(yaml(origin));
    await using command = new CommandProcess(['tail', ...at(gateway)]);
    await get(gateway, 'blog.test', '/down');
    await until(() => command.out.includes('/down'), 'it follows');
    await gateway[Symbol.asyncDispose]();
    await until(() => command.errors.includes('does not answer'), 'it says so');
    command.interrupt();
    expect(await command.exited()).toBe(0);
  });
});
