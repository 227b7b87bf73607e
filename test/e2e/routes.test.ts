// Which requests are a tenant's: several prefixes, whole paths, beginnings of names, and listeners of its own.
import { describe, expect, test } from 'bun:test';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compile } from '../../src/plan/compile.ts';
import { createGateway } from '../../src/runtime/create-gateway.ts';
import type { Gateway } from '../../src/runtime/gateway.ts';
import { realWorld } from '../../src/world.ts';
import { config } from '../support/configs.ts';
import { curl } from '../support/curl.ts';
import { keystone } from '../support/gateway-process.ts';
import { Origin } from '../support/origin.ts';

class Served implements Disposable {
  private constructor(private readonly gateway: Gateway) {}

  static async start(text: string): Promise<Served> {
    const started = await createGateway(config(text), { world: { ...realWorld(), writeLog: () => undefined } });
    if (!started.ok) throw new Error(started.error);
    return new Served(started.value);
  }

  /** `origin path`, as the origin has seen it; or the status. */
  async ask(host: string, path: string, listener = 0): Promise<string> {
    const { port } = this.gateway.addresses[listener] ?? { port: 0 };
    const answer = await curl('--path-as-is', '-H', `Host: ${host}`, `http://127.0.0.1:${port}${path}`);
    if (answer.status !== 200) return String(answer.status);
    const { origin, url } = JSON.parse(answer.body) as { origin: string; url: string };
    return `${origin} ${url}`;
  }

  async reload(text: string): Promise<void> {
    const applied = await this.gateway.apply(compile(config(text)));
    expect(applied.kind).toBe('in_force');
  }

  [Symbol.dispose](): void {
    this.gateway.stop();
  }
}

function tenant(name: string, rules: string, origin: Origin): string {
  return `  - { name: ${name}, ${rules}, services: [{ name: only, url: "${origin.url}" }] }\n`;
}

describe('a tenant', () => {
  test('has several prefixes, which are removed, and whole paths, which are not', async () => {
    using a = new Origin('a');
    using b = new Origin('b');
    const all = tenant('all', 'path_prefix: /', b);
    using served = await Served.start(
      `tenants:\n${all}${tenant('a', 'path_prefix: [/api/, /v2/x/], path: [/ws, /robots.txt]', a)}`,
    );
    expect(await served.ask('h', '/api/users?q=1')).toBe('a /users?q=1');
    expect(await served.ask('h', '/v2/x/')).toBe('a /');
    expect(await served.ask('h', '/ws?token=1')).toBe('a /ws?token=1');
    expect(await served.ask('h', '/%72obots.txt')).toBe('a /%72obots.txt');
    for (const path of ['/ws/', '/wss', '/ws/x', '/v2/', '/WS']) expect(await served.ask('h', path)).toBe(`b ${path}`);
    for (const path of ['//ws', '/ws;x=1', '/x/..%2fws']) expect(await served.ask('h', path)).toBe('400');
  });

  test('is found by the beginning of a name, after exact names and other wildcards', async () => {
    using a = new Origin('a');
    using b = new Origin('b');
    using c = new Origin('c');
    const tenants = [
      tenant('a', 'domains: [shop.*]', a),
      tenant('b', 'domains: ["*.co.uk"]', b),
      tenant('c', 'domains: [shop.de]', c),
    ];
    using served = await Served.start(`tenants:\n${tenants.join('')}`);
    const origins: Record<string, string> = {};
    for (const host of [
      'shop.com',
      'SHOP.org.:80',
      'shop.co.uk',
      'shop.a.b.c',
      'shop.de',
      'shop',
      'shop.',
      'my.shop.com',
      'shops.com',
    ])
      origins[host] = (await served.ask(host, '/')).slice(0, 1);
    expect(origins).toEqual({
      'shop.com': 'a',
      'SHOP.org.:80': 'a',
      'shop.co.uk': 'b',
      'shop.a.b.c': 'a',
      'shop.de': 'c',
      shop: '4',
      'shop.': '4',
      'my.shop.com': '4',
      'shops.com': '4',
    });
  });
});

describe('a tenant of one listener', () => {
  const listeners = (...names: string[]) =>
    `listeners:\n${names.map((name) => `  - { name: ${name}, address: "127.0.0.1:0" }\n`).join('')}`;

  test('is served there and nowhere else, in no spelling of its path', async () => {
    using inside = new Origin('inside');
    using everywhere = new Origin('everywhere');
    const both = tenant('both', 'path_prefix: /', everywhere);
    const own = tenant('own', 'path_prefix: /admin/, listeners: inside', inside);
    using served = await Served.start(`${listeners('inside', 'outside')}tenants:\n${own}${both}`);
    expect(await served.ask('h', '/admin/x', 0)).toBe('inside /x');
    expect(await served.ask('h', '/other', 0)).toBe('everywhere /other');
    for (const path of ['/admin/x', '/%61dmin/x', '//admin/x'])
      expect(await served.ask('h', path, 1)).toBe(`everywhere ${path}`);
    expect(inside.requests).toBe(1);
  });

  test('may have what another tenant has on another listener', async () => {
    using a = new Origin('a');
    using b = new Origin('b');
    const tenants = `tenants:\n${tenant('a', 'domains: [x.test], listeners: [one]', a)}${tenant('b', 'domains: [x.test], listeners: [two]', b)}`;
    using served = await Served.start(`${listeners('one', 'two', 'three')}${tenants}`);
    expect(await served.ask('x.test', '/', 0)).toBe('a /');
    expect(await served.ask('x.test', '/', 1)).toBe('b /');
    expect(await served.ask('x.test', '/', 2)).toBe('404');
  });

  test('moves with a reload, also where only the names of listeners change', async () => {
    using a = new Origin('a');
    const own = (name: string) => `tenants:\n${tenant('a', `path_prefix: /, listeners: [${name}]`, a)}`;
    using served = await Served.start(`${listeners('one', 'two')}${own('one')}`);
    expect([await served.ask('h', '/', 0), await served.ask('h', '/', 1)]).toEqual(['a /', '404']);
    await served.reload(`${listeners('one', 'two')}${own('two')}`);
    expect([await served.ask('h', '/', 0), await served.ask('h', '/', 1)]).toEqual(['404', 'a /']);
    await served.reload(`${listeners('two', 'one')}${own('two')}`);
    expect([await served.ask('h', '/', 0), await served.ask('h', '/', 1)]).toEqual(['a /', '404']);
    await served.reload(`${listeners('two', 'one')}tenants:\n${tenant('a', 'path_prefix: /', a)}`);
    expect([await served.ask('h', '/', 0), await served.ask('h', '/', 1)]).toEqual(['a /', 'a /']);
  });

  test('is explained, and told by check', async () => {
    using a = new Origin('a');
    const text = `listeners:
  - { name: inside, address: "127.0.0.1:8081" }
  - { name: outside, address: ":8080" }
tenants:
${tenant('own', 'domains: [x.*], path: /ws, listeners: inside', a)}${tenant('all', 'path_prefix: [/a/, /b/]', a)}`;
    const folder = await mkdtemp(join(tmpdir(), 'keystone-'));
    const file = join(folder, 'keystone.yaml');
    await writeFile(file, text);
    const explain = async (...args: string[]) => (await keystone(['explain', '-c', file, ...args])).out;
    try {
      const inside = await explain('GET', 'http://x.test:8081/ws');
      expect(inside).toContain('listener   inside, 127.0.0.1:8081\n');
      expect(inside).toContain('own: host x.* and exactly /ws');
      expect(await explain('GET', 'http://x.test:8080/a/')).toContain('tenant     all: path /a/');
      expect(await explain('GET', 'http://x.test:8080/ws')).toContain(
        'Tenant own has a rule for it (host x.* and exactly /ws), but is served on inside only.',
      );
      expect(await explain('--listener', 'inside', 'GET', 'http://x.test/ws')).toContain('tenant     own');
      expect((await keystone(['explain', '-c', file, '--listener', 'none', 'GET', 'http://x.test/'])).errors).toContain(
        'there is no listener none; expected one of inside, outside',
      );
      const checked = (await keystone(['check', '--all', '-c', file])).out;
      expect(checked).toContain('host x.* and exactly /ws on inside\n');
      expect(checked).toContain('path /b/\n');
      expect((await keystone(['check', '-c', file])).out).toContain('own  x.* /ws on inside');
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
