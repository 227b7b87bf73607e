import { describe, expect, test } from 'bun:test';
import { problemsOf } from '../../support/configs.ts';
import { ExchangeRig, read } from '../../support/exchange-rig.ts';
import { linkTo, openTo } from '../../support/exchange-scenes.ts';
import { plansOf, scripted, withPolicies } from '../../support/policies/scripted.ts';
import { later } from '../../support/policies/steps-scene.ts';
import type { Link } from '../../support/fake-network.ts';

const REPLY = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

function configOf(options: object, more: readonly object[] = []): string {
  const services = '[{ name: a, url: "http://10.0.0.1:1" }, { name: b, url: "http://10.0.0.3:3" }]';
  const pools = '{ next: { services: [{ name: n, url: "http://10.0.0.2:2" }] } }';
  const policies = JSON.stringify([...more, { mirror: { to: 'next', ...options } }]);
  return `tenants:\n  - name: main\n    path_prefix: "/"\n    services: ${services}\n    pools: ${pools}\n    policies: ${policies}\n`;
}

function rigOf(options: object = {}, more: readonly object[] = []): ExchangeRig {
  return new ExchangeRig(read(configOf(options, more)));
}

/** What has been sent of copies by now: one connection each. */
async function copiesOf(rig: ExchangeRig): Promise<readonly Link[]> {
  for (let turn = 0; turn < 5; turn++) await Promise.resolve();
  const links = rig.network.links.filter(({ backend }) => backend.name === 'next/n');
  for (const link of links) link.accept();
  return links;
}

async function copyOf(rig: ExchangeRig): Promise<Link> {
  const [copy, ...others] = await copiesOf(rig);
  if (copy === undefined || others.length > 0) throw new Error(`there are ${others.length} copies`);
  return copy;
}

describe('a copy of a request', () => {
  test('goes to the other pool as well, marked, without what clients log in by, and edited like the request', async () => {
    const headers = { headers: { request: { set: { 'X-Set': '1' } } } };
    const rig = rigOf({}, [headers, { rewrite: { add_prefix: '/v2' } }]);
    const fields = 'Authorization: Basic abc\r\nCookie: a=1\r\nX_Keystone-Mirror: 0\r\nX-Other: 2\r\n';
    const client = rig.request('GET', 1, '', 0, fields);
    openTo(rig, 'a').reply(REPLY);
    expect(client.outcome).toBe(200);
    const { received } = await copyOf(rig);
    expect(received).toStartWith('GET /v2/1 HTTP/1.1\r\n');
    for (const line of ['X-Keystone-Mirror: 1', 'X-Set: 1', 'X-Other: 2']) expect(received).toContain(`${line}\r\n`);
    expect(received).not.toMatch(/authorization|cookie|X_Keystone|Mirror: 0/i);
    expect(rig.ended).toHaveLength(1);
  });

  test('is marked for nobody else', () => {
    const rig = rigOf();
    rig.request('GET', 1, '', 0, 'X-Keystone-Mirror: 1\r\nAuthorization: Basic abc\r\n');
    expect(openTo(rig, 'a').received).not.toContain('Mirror');
    expect(linkTo(rig, 'a').received).toContain('Authorization');
  });

  test('has the whole body, however it came, and is sent when that is complete', async () => {
    const rig = rigOf({ methods: ['POST'] });
    const client = rig.request('POST', 1, 'abc', 10);
    openTo(rig, 'a');
    expect(await copiesOf(rig)).toEqual([]);
    client.sendMore(3);
    client.sendMore(4);
    const copy = await copyOf(rig);
    expect(copy.received).toEndWith('\r\n\r\nabcxxxxxxx');
    expect(linkTo(rig, 'a').received).toEndWith('abcxxxxxxx');
  });

  test('has each piece once that comes while another policy thinks', async () => {
    const verdict = later();
    const thinking = scripted('thinking', { request: () => verdict.promise });
    const plan = withPolicies(read(configOf({ methods: ['POST'] })), plansOf([thinking]));
    const rig = new ExchangeRig(plan, undefined, { policies: [thinking] });
    const client = rig.request('POST', 1, 'abc', 10);
    client.sendMore(7);
    await verdict.give({ kind: 'continue' });
    expect((await copyOf(rig)).received).toEndWith('\r\n\r\nabcxxxxxxx');
  });

  test('is not made of a body that is too large, of an upgrade, of other methods, or of a share that is not drawn', async () => {
    const rig = rigOf({ methods: ['GET', 'POST'], body: '8B' });
    rig.request('POST', 1, 'x', 9);
    rig.request('GET', 2, '', 0, 'Connection: Upgrade\r\nUpgrade: websocket\r\n');
    rig.request('PUT', 3, 'x');
    expect(await copiesOf(rig)).toEqual([]);
    const half = rigOf({ share: '50%' }); // the rig draws 0.5
    half.request('GET', 1);
    expect(await copiesOf(half)).toEqual([]);
  });

  test('is not made of a request whose client leaves before it is complete, and goes on if he leaves then', async () => {
    const rig = rigOf({ methods: ['POST', 'GET'], in_flight: 1 });
    const client = rig.request('POST', 1, 'a', 3);
    openTo(rig, 'a');
    client.leave();
    expect(await copiesOf(rig)).toEqual([]);
    const other = rig.request('GET', 2);
    other.leave();
    expect((await copyOf(rig)).received).toStartWith('GET /2 ');
  });

  test('is one, however often the request is tried', async () => {
    const rig = rigOf();
    const client = rig.request('GET', 1);
    linkTo(rig, 'a').refuse();
    openTo(rig, 'b').reply(REPLY);
    expect([client.outcome, rig.ended[0]?.attemptCount]).toEqual([200, 2]);
    expect(await copiesOf(rig)).toHaveLength(1);
  });

  test('is not made while as many are under way as may be, or the pool has no backend that is free', async () => {
    const rig = rigOf({ in_flight: 1 });
    rig.request('GET', 1);
    rig.request('GET', 2);
    const copy = await copyOf(rig);
    copy.reply(REPLY);
    rig.request('GET', 3);
    await copiesOf(rig);
    expect(copy.received).toStartWith('GET /3 ');
    const down = rigOf();
    down.command(down.backend('next/n'), { kind: 'disable' });
    const client = down.request('GET', 1);
    openTo(down, 'a').reply(REPLY);
    expect([client.outcome, await copiesOf(down)]).toEqual([200, []]);
  });

  test('ends after its time, and asks again where only a kept connection has ended', async () => {
    const rig = rigOf({ in_flight: 1, timeout: '1s' });
    rig.request('GET', 1);
    const copy = await copyOf(rig);
    await rig.clock.advance(1500);
    expect(copy.state).toBe('closed');
    rig.request('GET', 2);
    const [, second] = await copiesOf(rig);
    second?.reply(REPLY);
    rig.request('GET', 3);
    await copiesOf(rig);
    expect(second?.received).toStartWith('GET /3 ');
    second?.break();
    const [, , third] = await copiesOf(rig);
    expect(third?.received).toStartWith('GET /3 ');
    expect(rig.backend('next/n').inFlight).toBe(1);
    third?.reply(REPLY);
    expect(rig.backend('next/n').inFlight).toBe(0);
  });
});

test('a pool that copies go to must be one of the tenant', () => {
  expect(problemsOf(configOf({ to: 'nxt' }))).toEqual([
    expect.stringContaining('no pool of the tenant has the name nxt'),
  ]);
});
