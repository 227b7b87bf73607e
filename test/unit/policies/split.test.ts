import { describe, expect, test } from 'bun:test';
import { explain } from '../../../src/forward/explain.ts';
import { SplitCookie } from '../../../src/policies/split/split-cookie.ts';
import { split } from '../../../src/policies/split/split.ts';
import { problemsOf } from '../../support/configs.ts';
import { ExchangeRig, read } from '../../support/exchange-rig.ts';
import { openTo, linkTo } from '../../support/exchange-scenes.ts';
import { refusalsOf } from '../../support/policies/alone.ts';

const REPLY = 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n';

function configOf(options: object, more = ''): string {
  const pools = '{ canary: { services: [{ name: c, url: "http://10.0.0.2:2" }] } }';
  return `tenants:
  - name: main
    path_prefix: "/"
    services: [{ name: a, url: "http://10.0.0.1:1" }]
    pools: ${pools}
${more}    policies: [${JSON.stringify({ split: { pools: { default: 95, canary: 5 }, ...options } })}]
`;
}

function rigOf(options: object, random?: () => number, more = ''): ExchangeRig {
  return new ExchangeRig(read(configOf(options, more)), random);
}

let count = 0;

/** Where a request with these fields goes, and the cookie that its answer sets. */
function ask(rig: ExchangeRig, ...fields: readonly string[]): { backend: string; cookie: string | null } {
  const client = rig.request('GET', ++count, '', 0, fields.map((line) => `${line}\r\n`).join(''));
  for (const link of rig.network.links) link.accept();
  rig.network.links.find(({ request }) => request !== null)?.reply(REPLY);
  const set = client.added.find((line) => line.startsWith('Set-Cookie: '));
  return { backend: rig.ended.at(-1)?.backend ?? '', cookie: set?.slice('Set-Cookie: '.length) ?? null };
}

function chance(): () => number {
  let state = 1;
  return () => {
    state = (state * 48_271) % 0x7fff_ffff;
    return state / 0x7fff_ffff;
  };
}

describe('a split', () => {
  test('gives a client a cookie once, by which it stays where it is', () => {
    const rig = rigOf({ max_age: '1h' }, chance());
    const first = ask(rig);
    expect(first.cookie).toMatch(
      /^keystone_split=[0-9a-z]+\.[\w-]{16}; Path=\/; Max-Age=3600; HttpOnly; SameSite=Lax$/,
    );
    const [cookie = ''] = (first.cookie ?? '').split(';');
    for (let n = 0; n < 5; n++) expect(ask(rig, `Cookie: a=1; ${cookie}`)).toEqual({ ...first, cookie: null });
  });

  test('keeps everybody in a share that grows, also over a reload', () => {
    const rig = rigOf({}, chance());
    const cookies = Array.from({ length: 300 }, () => (ask(rig).cookie ?? '').split(';', 1)[0] ?? '');
    const inCanary = () => cookies.map((cookie) => ask(rig, `Cookie: ${cookie}`).backend === 'canary/c');
    const before = inCanary();
    rig.reload(configOf({ pools: { canary: 20, default: 80 } }));
    const after = inCanary();
    const size = (all: readonly boolean[]): number => all.filter(Boolean).length;
    expect(size(before)).toBeGreaterThan(3);
    expect(size(after)).toBeGreaterThan(size(before));
    expect(before.every((was, at) => !was || after[at] === true)).toBeTrue();
  });

  test('does not take cookies that were made up', () => {
    const cookie = new SplitCookie('a secret', () => 0.5);
    const { name, value } = cookie.make();
    expect(cookie.read(value)).toBe(name);
    for (const wrong of [`${name}x${value.slice(name.length)}`, `${value.slice(0, -1)}!`, name, '', 'é.'.repeat(9)])
      expect(cookie.read(wrong)).toBeNull();
    expect(new SplitCookie('another secret', () => 0.5).read(value)).toBeNull();
  });

  test('goes by a field, by a cookie of the site, or by the client, and without a part by the client', () => {
    for (const [sticky, field] of [
      ['header:X-User', 'X-User: '],
      ['cookie:sid', 'Cookie: b=2; sid='],
    ]) {
      const rig = rigOf({ sticky, pools: { default: 50, canary: 50 } }, chance());
      const users = Array.from({ length: 40 }, (_, at) => ask(rig, `${field}u${at}`));
      expect(new Set(users.map(({ backend }) => backend)).size).toBe(2);
      expect(users.map(({ cookie }) => cookie).every((cookie) => cookie === null)).toBeTrue();
      users.forEach(({ backend }, at) => expect(ask(rig, `${field}u${at}`).backend).toBe(backend));
      expect(new Set(Array.from({ length: 10 }, () => ask(rig).backend)).size).toBe(1);
    }
    const byClient = rigOf({ sticky: 'client', pools: { default: 50, canary: 50 } }, chance());
    expect(new Set(Array.from({ length: 10 }, () => ask(byClient).backend)).size).toBe(1);
    const anew = rigOf({ sticky: 'none', pools: { default: 50, canary: 50 } }, chance());
    expect(new Set(Array.from({ length: 20 }, () => ask(anew).backend)).size).toBe(2);
  });

  test('lets clients choose where it says by what, and only among its pools', () => {
    const rig = rigOf({ override: { header: 'X-Canary', cookie: 'canary' }, pools: { default: 1, canary: 0 } });
    expect(ask(rig, 'X-Canary: canary').backend).toBe('canary/c');
    expect(ask(rig, 'Cookie: canary=canary').backend).toBe('canary/c');
    expect(ask(rig, 'X-Canary: toString').backend).toBe('a');
    expect(ask(rig, 'X-Canary: other').backend).toBe('a');
    expect(ask(rigOf({ pools: { default: 1, canary: 0 } }), 'X-Canary: canary').backend).toBe('a');
  });

  test('of a route leads from there', () => {
    const all = JSON.stringify({ pools: { canary: 1 } });
    const more = `    routes: [{ match: { path_prefix: "/new/" }, split: ${all} }]\n`;
    const rig = new ExchangeRig(read(configOf({ pools: { default: 1, canary: 0 } }, more)));
    rig.send('GET /new/1 HTTP/1.1\r\nHost: x\r\n\r\n');
    expect(openTo(rig, 'canary/c').received).toStartWith('GET /new/1 ');
  });

  test('refuses options that lead nowhere, and pools that the tenant does not have', () => {
    expect(refusalsOf(split, { pools: {} })).toEqual(['pools: has too few or too many pools']);
    expect(refusalsOf(split, { pools: { a: 0 } })).toEqual(['pools: leads to no pool']);
    expect(refusalsOf(split, { pools: { a: 1 }, sticky: 'header:' })).toHaveLength(1);
    expect(refusalsOf(split, { pools: { a: 1 }, secret: 'short' })).toEqual(['secret: has fewer than 16 characters']);
    expect(problemsOf(configOf({ pools: { default: 9, canry: 1 } }))).toEqual([
      expect.stringContaining('test.yaml:6:25 tenants[0].policies[0].split: no pool of the tenant has the name canry'),
    ]);
  });
});

describe('a share whose pool has no backend', () => {
  const options = { sticky: 'none', pools: { default: 1, canary: 1 }, override: { header: 'x-pool' } };

  test('is served by the largest one: at once where that is known, and after the first failure where it is not', () => {
    const rig = rigOf(options);
    const client = rig.request('GET', ++count, '', 0, 'X-Pool: canary\r\n');
    linkTo(rig, 'canary/c').refuse();
    expect(openTo(rig, 'a').received).toStartWith(`GET /${count} `);
    linkTo(rig, 'a').reply(REPLY);
    expect([client.outcome, rig.ended.at(-1)?.backend]).toEqual([200, 'a']);
    rig.command(rig.backend('canary/c'), { kind: 'disable' });
    expect(ask(rig, 'X-Pool: canary').backend).toBe('a');
  });

  test('is not where that is not wanted, nor is a request sent twice that must not be', () => {
    const rig = rigOf({ ...options, fall_back: false });
    rig.command(rig.backend('canary/c'), { kind: 'disable' });
    expect(rig.request('GET', ++count, '', 0, 'X-Pool: canary\r\n').failure?.code).toBe('none-eligible');
    const other = rigOf(options);
    const post = other.request('POST', ++count, 'x', 1, 'X-Pool: canary\r\n');
    openTo(other, 'canary/c').break();
    expect(post.failure?.code).toBe('reset');
  });
});

describe('explain', () => {
  test('says which share a request has, and why', () => {
    const rig = rigOf({ sticky: 'header:x-user', override: { header: 'X-Canary' }, pools: { default: 95, canary: 5 } });
    const limits = { headerBytes: 8192, headerCount: 100, targetBytes: 8192 };
    const poolFor = (...fields: readonly string[]) => {
      const explained = explain(rig.store.current, limits, { method: 'GET', host: 'x', target: '/', fields });
      return explained.kind === 'tenant' ? [explained.pool, explained.poolBy?.why] : [];
    };
    expect(poolFor('X-User: anna')).toEqual(['default', 'drawn by the field x-user to the share of 95%']);
    expect(poolFor()).toEqual([expect.any(String), expect.stringContaining('drawn by the address of the client')]);
    expect(poolFor('X-Canary: canary')).toEqual(['canary', 'the field X-Canary chooses it']);
  });
});
