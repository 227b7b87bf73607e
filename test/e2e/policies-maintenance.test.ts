// A site under maintenance: turned on and off by operators while it serves, and kept over everything that a gateway goes through.
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { GatewayProcess, keystone } from '../support/gateway-process.ts';
import { Origin, type Seen } from '../support/origin.ts';
import { siteConfig } from '../support/policies/site.ts';
import { until } from '../support/until.ts';
import { WebSocketClient } from '../support/web-socket-client.ts';
import { WebSocketOrigin } from '../support/web-socket-origin.ts';

const SECRET = 'a-secret-of-the-team';
const APP = 'https://app.example.com';
const BOUND = 60_000;

let origin: Origin;

beforeAll(() => {
  origin = new Origin('a');
});

afterAll(() => {
  origin[Symbol.dispose]();
});

const policy = (more: object = {}) => ({
  maintenance: { allow: { header: { 'X-Bypass': SECRET } }, except: ['/health'], ...more },
});

function configOf(more: object = {}): string {
  const policies = [
    { cors: { origins: [APP] } },
    policy(more),
    { ...policy(), name: 'checkout', when: { paths: ['/checkout'] } },
  ];
  return siteConfig({ shop: { policies }, blog: { policies: [] } }, origin.url);
}

async function statusOf(
  { url }: GatewayProcess,
  path = '/',
  headers: Readonly<Record<string, string>> = {},
): Promise<number> {
  const answer = await fetch(url + path, { headers: { Host: 'shop.test', ...headers } });
  await answer.body?.cancel();
  return answer.status;
}

function order(gateway: GatewayProcess, ...words: readonly string[]) {
  return keystone(['maintenance', ...words, '--url', gateway.admin]);
}

describe('keystone maintenance', () => {
  test(
    'keeps clients out at once, but those who may come, and lets them in again',
    async () => {
      await using gateway = await GatewayProcess.start(configOf());
      expect(await statusOf(gateway)).toBe(200);
      const on = await order(gateway, 'on', 'shop');
      expect([on.code, on.out]).toEqual([
        0,
        'shop: maintenance is on, by an operator\nshop: checkout is on, by an operator\n',
      ]);
      const refused = await fetch(gateway.url, { headers: { Host: 'shop.test', Origin: APP } });
      expect([refused.status, refused.headers.get('retry-after'), refused.headers.get('cache-control')]).toEqual([
        503,
        '300',
        'no-store',
      ]);
      expect(refused.headers.get('access-control-allow-origin')).toBe(APP);
      expect(await refused.text()).toStartWith('503 maintenance: The site is under maintenance.');
      expect(await statusOf(gateway, '/health')).toBe(200);
      const passed = await fetch(gateway.url, { headers: { Host: 'shop.test', 'X-Bypass': SECRET } });
      expect(Object.keys(((await passed.json()) as Seen).headers)).not.toContain('x-bypass');
      expect((await fetch(gateway.url, { headers: { Host: 'blog.test' } })).status).toBe(200);
      expect((await keystone(['status', '--url', gateway.admin])).out).toMatch(/shop .*under maintenance/);
      expect((await order(gateway, 'off', 'shop')).code).toBe(0);
      expect(await statusOf(gateway)).toBe(200);
      const events = (await (await fetch(`${gateway.admin}/events`)).json()) as {
        events: { kind: string; detail: string }[];
      };
      const kinds = events.events.map(({ kind, detail }) => `${kind} ${detail}`).filter((line) => /maint/.test(line));
      expect(kinds).toHaveLength(4);
      expect(kinds[0]).toStartWith('maintenance_on maintenance, by an operator from ');
    },
    BOUND,
  );

  test(
    'turns one of several by its name',
    async () => {
      await using gateway = await GatewayProcess.start(configOf());
      expect((await order(gateway, 'on', 'shop', '--policy', 'checkout')).code).toBe(0);
      expect([await statusOf(gateway), await statusOf(gateway, '/checkout')]).toEqual([200, 503]);
    },
    BOUND,
  );

  test(
    'says what is wrong',
    async () => {
      await using gateway = await GatewayProcess.start(configOf());
      expect(await order(gateway, 'on', 'shops')).toMatchObject({
        code: 1,
        errors: expect.stringContaining('did you mean shop?'),
      });
      expect(await order(gateway, 'on', 'blog')).toMatchObject({
        code: 2,
        errors: expect.stringContaining('has no maintenance policy'),
      });
      expect(await order(gateway, 'on', 'shop', '--policy', 'x')).toMatchObject({
        code: 2,
        errors: expect.stringContaining('expected maintenance or checkout'),
      });
      expect(await order(gateway, 'up', 'shop')).toMatchObject({
        code: 2,
        errors: expect.stringContaining('up is no order'),
      });
    },
    BOUND,
  );
});

describe('WebSockets', () => {
  test(
    'that are open are told to go where that is said, and stay otherwise',
    async () => {
      using socket = new WebSocketOrigin();
      const tenant = (name: string, drain: boolean) => ({
        policies: [policy({ drain })],
        more: { domains: ['127.0.0.1'], path_prefix: `/${name}/` },
      });
      await using gateway = await GatewayProcess.start(
        siteConfig({ shop: tenant('shop', true), kept: tenant('kept', false) }, socket.url),
      );
      using leaving = await WebSocketClient.open(`${gateway.url}/shop/`);
      using staying = await WebSocketClient.open(`${gateway.url}/kept/`);
      for (const name of ['shop', 'kept']) expect((await order(gateway, 'on', name)).code).toBe(0);
      await until(() => leaving.closing !== null, 'it is told to go');
      expect(leaving.closing?.code).toBe(1001);
      staying.send('still there');
      expect(await staying.message(0)).toBe('still there');
    },
    BOUND,
  );
});

describe('what an operator has decided', () => {
  test(
    'outlives a reload that changes the policy, and holds against the configuration',
    async () => {
      await using gateway = await GatewayProcess.start(configOf());
      await order(gateway, 'on', 'shop');
      await gateway.rewrite(configOf({ retry_after: '1m' }));
      expect((await fetch(`${gateway.admin}/reload`, { method: 'POST' })).status).toBe(200);
      const refused = await fetch(gateway.url, { headers: { Host: 'shop.test' } });
      expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '60']);
      await order(gateway, 'configured', 'shop');
      expect(await statusOf(gateway)).toBe(200);
      await gateway.rewrite(configOf({ active: true }));
      await fetch(`${gateway.admin}/reload`, { method: 'POST' });
      expect(await statusOf(gateway)).toBe(503);
      await order(gateway, 'off', 'shop');
      expect(await statusOf(gateway)).toBe(200);
    },
    BOUND,
  );

  test(
    'outlives the gateway',
    async () => {
      let gateway = await GatewayProcess.start(configOf());
      try {
        await order(gateway, 'on', 'shop');
        gateway = await gateway.restart('SIGTERM');
        expect(await statusOf(gateway)).toBe(503);
        await order(gateway, 'off', 'shop');
        gateway = await gateway.restart('SIGTERM');
        expect(await statusOf(gateway)).toBe(200);
      } finally {
        await gateway[Symbol.asyncDispose]();
      }
    },
    BOUND,
  );

  test(
    'outlives an upgrade',
    async () => {
      await using gateway = await GatewayProcess.start(configOf());
      await order(gateway, 'on', 'shop');
      expect(await gateway.upgrade()).toMatchObject({ kind: 'upgraded' });
      await until(async () => (await statusOf(gateway)) === 503, 'the new program keeps clients out');
      expect((await order(gateway, 'off', 'shop')).code).toBe(0);
      expect(await statusOf(gateway)).toBe(200);
    },
    BOUND,
  );
});
