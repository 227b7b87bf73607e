// Keys of clients: who has one comes in, who has none does not, and no backend gets to know it.
import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'bun:test';
import { GatewayProcess, keystone } from '../support/gateway-process.ts';
import { fieldsOf, guardedTenant, oneGuarded, seenBy } from '../support/guarded-tenant.ts';
import { Origin } from '../support/origin.ts';
import { RawClient } from '../support/raw-client.ts';
import { until } from '../support/until.ts';

function hashed(key: string): string {
  return `sha256:${createHash('sha256').update(key).digest('hex')}`;
}

function keysOf(...keys: readonly string[]): string {
  return `[${keys.join(', ')}]`;
}

const SHOP = `{ id: shop-app, hash: "${hashed('key-of-the-shop')}", groups: [readers] }`;
const OLD = `{ id: old, hash: "${hashed('key-of-old')}", expires: "2020-01-01" }`;

describe('a key', () => {
  test('that is known lets in, and tells backends who it is; one that is unknown, missing or over does not', async () => {
    using origin = new Origin('a');
    await using gateway = await GatewayProcess.start(
      guardedTenant(origin, [`api_key: { keys: ${keysOf(SHOP, OLD)} }`]),
    );
    const ask = (headers: Record<string, string>, path = '/'): Promise<Response> =>
      fetch(`${gateway.url}${path}`, { headers });
    const good = await ask({ 'X-Api-Key': 'key-of-the-shop', 'X-Consumer': 'admin', X_Consumer: 'admin' });
    const seen = await seenBy(good);
    expect(good.status).toBe(200);
    expect(fieldsOf(seen, 'x-consumer', 'x-api-key', 'x_consumer')).toEqual(['shop-app', null, null]);
    const missing = await ask({});
    expect([missing.status, missing.headers.get('www-authenticate')]).toEqual([401, 'ApiKey']);
    const wrong = await ask({ 'X-Api-Key': 'another-key' });
    expect([wrong.status, wrong.headers.get('www-authenticate')]).toEqual([401, 'ApiKey']);
    expect(await wrong.text()).not.toContain('another-key');
    expect((await ask({ 'X-Api-Key': 'key-of-old' })).status).toBe(403);
    expect((await ask({ 'X-Api-Key': `  key-of-the-shop \t` })).status).toBe(200);
    expect(origin.requests).toBe(2);
    expect(gateway.output + gateway.errors).not.toContain('another-key');
  });

  test('in two places is one key, and two different ones are none', async () => {
    using origin = new Origin('a');
    const from = 'from: ["header:X-Api-Key", "query:key", "cookie:key"]';
    await using gateway = await GatewayProcess.start(
      guardedTenant(origin, [`api_key: { keys: ${keysOf(SHOP, OLD)}, ${from} }`]),
    );
    const same = await fetch(`${gateway.url}/list?a=1&key=key-of-the-shop&b=2`, {
      headers: { 'X-Api-Key': 'key-of-the-shop', Cookie: 'theme=dark; key=key-of-the-shop; x=1' },
    });
    const seen = await seenBy(same);
    expect(seen.url).toBe('/list?a=1&b=2');
    expect(fieldsOf(seen, 'cookie', 'x-api-key')).toEqual(['theme=dark; x=1', null]);
    const both = await fetch(`${gateway.url}/?key=key-of-old`, { headers: { 'X-Api-Key': 'key-of-the-shop' } });
    expect(both.status).toBe(400);
  });

  test('of one tenant is none of another', async () => {
    using origin = new Origin('a');
    const other = `{ id: blog, hash: "${hashed('key-of-the-blog')}" }`;
    await using gateway = await GatewayProcess.start(
      `tenants:\n${oneGuarded('shop', 'path_prefix: "/shop/"', origin, [`api_key: { keys: ${keysOf(SHOP)} }`])}${oneGuarded('blog', 'path_prefix: "/blog/"', origin, [`api_key: { keys: ${keysOf(other)} }`])}`,
    );
    const headers = { 'X-Api-Key': 'key-of-the-shop' };
    expect((await fetch(`${gateway.url}/shop/`, { headers })).status).toBe(200);
    expect((await fetch(`${gateway.url}/blog/`, { headers })).status).toBe(401);
  });

  test('that a reload takes away is of no use from then on', async () => {
    using origin = new Origin('a');
    await using gateway = await GatewayProcess.start(guardedTenant(origin, [`api_key: { keys: ${keysOf(SHOP)} }`]));
    const headers = { 'X-Api-Key': 'key-of-the-shop' };
    expect((await fetch(gateway.url, { headers })).status).toBe(200);
    await gateway.rewrite(guardedTenant(origin, [`api_key: { keys: ${keysOf(OLD)} }`]));
    expect((await fetch(`${gateway.admin}/reload`, { method: 'POST' })).status).toBe(200);
    expect((await fetch(gateway.url, { headers })).status).toBe(401);
  });

  test('may stand in a file, which is read anew with every reload', async () => {
    using origin = new Origin('a');
    await using gateway = await GatewayProcess.start(guardedTenant(origin, [`api_key: { keys: ${keysOf(SHOP)} }`]));
    const file = join(gateway.directory, 'keys');
    await writeFile(file, `# of partners\npartner ${hashed('key-of-a-partner')} groups=a,b expires=2990-01-31\n`);
    await gateway.rewrite(guardedTenant(origin, [`api_key: { keys_file: "${file}" }`]));
    const reload = (): Promise<Response> => fetch(`${gateway.admin}/reload`, { method: 'POST' });
    expect((await reload()).status).toBe(200);
    const headers = { 'X-Api-Key': 'key-of-a-partner' };
    expect((await fetch(gateway.url, { headers })).status).toBe(200);
    await writeFile(file, 'partner sha256:1234\n');
    const refused = await (await reload()).text();
    expect(refused).toContain('line 1: the hash is not');
    expect((await fetch(gateway.url, { headers })).status).toBe(200);
    await writeFile(file, `another ${hashed('key-of-another')}\n`);
    expect((await reload()).status).toBe(200);
    await until(async () => (await fetch(gateway.url, { headers })).status === 401, 'the key is gone');
  });
});

describe('the consumer', () => {
  test('is what other policies count by and speak of', async () => {
    using origin = new Origin('a');
    const other = `{ id: blog, hash: "${hashed('key-of-the-blog')}", groups: [readers, writers] }`;
    await using gateway = await GatewayProcess.start(
      guardedTenant(origin, [
        `api_key: { keys: ${keysOf(SHOP, other)} }`,
        'rate_limit: { requests: 2, per: 1h, key: consumer }',
        'headers: { request: { set: { X-Groups: "{consumer.id}: {consumer.groups}" } } }',
      ]),
    );
    const ask = (key: string): Promise<Response> => fetch(gateway.url, { headers: { 'X-Api-Key': key } });
    const shop = [await ask('key-of-the-shop'), await ask('key-of-the-shop'), await ask('key-of-the-shop')];
    expect(shop.map(({ status }) => status)).toEqual([200, 200, 429]);
    expect(fieldsOf(await seenBy(await ask('key-of-the-blog')), 'x-groups')).toEqual(['blog: readers,writers']);
  });
});

describe('keystone key create', () => {
  test('prints a key once, and the line for the configuration, with which it works', async () => {
    using origin = new Origin('a');
    const { out, code } = await keystone(['key', 'create', 'shop-app', '--expires', '2990-01-31']);
    const [key = '', line = ''] = out.split('\n');
    expect(code).toBe(0);
    await using gateway = await GatewayProcess.start(
      guardedTenant(origin, [`api_key: { keys: [${line.replace(/^- /, '')}] }`]),
    );
    expect(line).not.toContain(key);
    expect((await fetch(gateway.url, { headers: { 'X-Api-Key': key } })).status).toBe(200);
  });

  test('takes no other word, and no id that could not stand in a file', async () => {
    expect(await keystone(['key', 'make', 'x'])).toMatchObject({ code: 2, out: '' });
    expect(await keystone(['key', 'create', 'a b'])).toMatchObject({ code: 2, out: '' });
    expect(await keystone(['key', 'create', 'a', '--expires', 'soon'])).toMatchObject({ code: 2, out: '' });
  });
});

describe('the field that names the consumer', () => {
  test('reaches the backend also where the client wants it taken out as one of its connection', async () => {
    using origin = new Origin('a');
    await using gateway = await GatewayProcess.start(guardedTenant(origin, [`api_key: { keys: ${keysOf(SHOP)} }`]));
    using client = await RawClient.open(gateway.port);
    const own = 'X-Api-Key: key-of-the-shop\r\nX-CONSUMER: root\r\nX-Consumer: admin\r\nx_consumer: a\r\n';
    await client.send(`GET / HTTP/1.1\r\nHost: x\r\n${own}Connection: X-Consumer, close\r\n\r\n`);
    await until(() => client.peer !== 'open', 'it has answered');
    expect(client.received).toContain('"x-consumer":"shop-app"');
    expect(client.received).not.toContain('x_consumer');
  });
});
