// What is told of an exchange when it is over, and when.
import { describe, expect, test } from 'bun:test';
import { ExchangeRig } from '../support/exchange-rig.ts';
import { A, B, openTo, rigWithHedges, tenant } from '../support/exchange-scenes.ts';

describe('the record of an exchange', () => {
  test('has the times of each step, in order', async () => {
    const rig = new ExchangeRig(tenant('', A));
    await rig.clock.advance(100);
    rig.request('GET', 1);
    await rig.clock.advance(20);
    const link = openTo(rig, 'a');
    await rig.clock.advance(30);
    link.begin(200);
    await rig.clock.advance(40);
    link.complete();
    expect(rig.ended.map(({ times }) => ({ ...times }))).toMatchObject([
      { begun: 100, admitted: 100, attempted: 100, answered: 150, left: 190 },
    ]);
  });

  test('begins its first attempt when the wait in line is over', async () => {
    const rig = new ExchangeRig(tenant('', A.replace(' }', ', max_requests: 1 }')));
    await rig.clock.advance(100);
    rig.request('GET', 1);
    rig.request('GET', 2);
    await rig.clock.advance(300);
    const first = openTo(rig, 'a');
    first.answer(200);
    first.answer(200);
    expect(rig.ended.at(-1)?.times).toMatchObject({ begun: 100, admitted: 100, attempted: 400, answered: 400 });
  });

  test('knows who was asked, how often, and what the client got', () => {
    const rig = new ExchangeRig(tenant('', A, B));
    rig.request('GET', 7);
    openTo(rig, 'a').break();
    openTo(rig, 'b').answer(200);
    expect(rig.ended).toMatchObject([
      { line: 'GET /7', tenantName: 'main', backend: 'b', attemptCount: 2, status: 200, failure: null },
    ]);
    expect(rig.attempts).toMatchObject([
      { backend: 'a', number: 1, isHedge: false, outcome: 'reset' },
      { backend: 'b', number: 2, isHedge: false, outcome: 200 },
    ]);
  });

  test('says that the client was gone, and what it had been sent by then', () => {
    const rig = new ExchangeRig(tenant('', A));
    const client = rig.request('GET', 1);
    openTo(rig, 'a').begin(200);
    client.leave();
    expect(rig.ended).toMatchObject([{ status: 200, failure: 'client-gone', attemptCount: 1 }]);
  });

  test('is made for a request that nobody serves', () => {
    const rig = new ExchangeRig(tenant('', A).replace('path_prefix: "/"', 'path_prefix: "/elsewhere/"'));
    rig.request('GET', 1);
    expect(rig.ended).toMatchObject([{ line: 'GET /1', tenantName: null, backend: null, failure: 'no-route' }]);
  });

  test('says how long it has waited, and when its new connection was there', async () => {
    const rig = new ExchangeRig(tenant('', A.replace(' }', ', max_requests: 1 }')));
    await rig.clock.advance(100);
    rig.request('GET', 1);
    await rig.clock.advance(20);
    const first = openTo(rig, 'a');
    rig.request('GET', 2);
    await rig.clock.advance(300);
    first.answer(200);
    first.answer(200);
    expect(rig.ended.map(({ times }) => times)).toMatchObject([
      { queued: 0, connecting: 100, connected: 120 },
      { queued: 300, connecting: 0, connected: 0 },
    ]);
  });

  test('keeps the attempts of an exchange that had several, and none of a plain one', async () => {
    const rig = new ExchangeRig(tenant('', A, B));
    await rig.clock.advance(100);
    rig.request('GET', 1);
    openTo(rig, 'a').break();
    await rig.clock.advance(50);
    openTo(rig, 'b').answer(200);
    rig.request('GET', 2);
    openTo(rig, 'b').answer(200);
    expect(rig.ended.map(({ tried }) => tried)).toMatchObject([
      [
        { backend: 'a', outcome: 'reset', isHedge: false, began: 100, ended: 100 },
        { backend: 'b', outcome: 200, isHedge: false, began: 100, ended: 150 },
      ],
      [],
    ]);
  });

  test('keeps the hedge and the attempt that it has superseded', async () => {
    const rig = await rigWithHedges(A, B);
    rig.request('GET', 2);
    await rig.clock.advance(400);
    openTo(rig, 'b').answer(200);
    expect(rig.ended.at(-1)?.tried).toMatchObject([
      { backend: 'a', outcome: 'superseded', isHedge: false },
      { backend: 'b', outcome: 200, isHedge: true },
    ]);
  });

  test('names the route, the pool, the protocol and the plan', () => {
    const routes = '    routes: [{ name: item, match: { path_template: "/{id}" } }]\n';
    const rig = new ExchangeRig(tenant(routes, A));
    rig.request('GET', 1);
    openTo(rig, 'a').answer(200);
    expect(rig.ended).toMatchObject([
      { tenantName: 'main', routeName: 'item', poolName: 'default', protocol: 'HTTP/1.1', planNumber: 1 },
    ]);
  });
});
