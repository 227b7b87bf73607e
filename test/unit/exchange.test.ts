// Exchanges, pools and connections together, event by event: what real sockets show once in a thousand runs.
import { describe, expect, test } from 'bun:test';
import { failure } from '../../src/core/failure.ts';
import { millis } from '../../src/core/units.ts';
import { ExchangeRig } from '../support/exchange-rig.ts';
import type { FakeClient } from '../support/fake-client.ts';
import { A, B, linkTo, loadOf, openTo, tenant } from '../support/exchange-scenes.ts';

describe('the wait before another attempt', () => {
  test('is not taken for the wait for a backend when the time of the attempt before runs out in it', async () => {
    const retry = '    retry: { per_try_timeout: 300ms, back_off: 1s, max_back_off: 1s }\n';
    const rig = new ExchangeRig(tenant(retry, A));
    const client = rig.request('GET', 1);
    openTo(rig, 'a');
    await rig.clock.advance(200);
    linkTo(rig, 'a').break();
    await rig.clock.advance(1000);
    expect(client.outcome).toBeNull();
    openTo(rig, 'a').answer(200);
    expect([client.outcome, rig.backend('a').inFlight]).toEqual([200, 0]);
  });
});

describe('a request that waits for a backend', () => {
  const waiting = (rig: ExchangeRig): FakeClient => {
    rig.request('GET', 1);
    openTo(rig, 'a');
    return rig.request('PUT', 2, 'ab', 4);
  };

  test('leaves the line when its body turns out to be broken', () => {
    const rig = new ExchangeRig(tenant('', '{ name: a, url: "http://10.0.0.1:1", max_requests: 1 }'));
    const client = waiting(rig);
    client.breakBody(failure('request-malformed'));
    expect(rig.pool.waiting).toBe(0);
    linkTo(rig, 'a').answer(200);
    expect(rig.backend('a').inFlight).toBe(0);
  });

  test('goes to a backend that it has not tried, where there are several', async () => {
    const config = (most: number) =>
      tenant('    retry: { back_off: 1s }\n', ...[A, B].map((one) => one.replace(' }', `, max_requests: ${most} }`)));
    const rig = new ExchangeRig(config(1));
    rig.request('GET', 1);
    rig.request('GET', 2);
    linkTo(rig, 'a').refuse(); // b is full, so it waits a while
    rig.request('GET', 3); // has a
    await rig.clock.advance(1000);
    expect(rig.pool.waiting).toBe(1);
    rig.reload(config(5));
    expect(rig.network.links.map(({ backend }) => backend.name)).toEqual(['a', 'b', 'a', 'b']);
  });
});

describe('a pool where all are busy', () => {
  test('keeps to the limit of a backend that gets requests only because no other is left', async () => {
    const one = '{ name: a, url: "http://10.0.0.1:1", max_requests: 2, health: /health }';
    const rig = new ExchangeRig(tenant('    when_none_eligible: any\n', one));
    rig.ill.add(1);
    await rig.clock.advance(1000);
    const clients = [1, 2, 3].map((id) => rig.request('GET', id));
    expect(rig.backend('a').obstacle).toBe('unhealthy');
    expect([rig.backend('a').inFlight, clients.map(({ outcome }) => outcome)]).toEqual([2, [null, null, 503]]);
    openTo(rig, 'a').answer(200);
    rig.request('GET', 4);
    expect(rig.backend('a').inFlight).toBe(2);
    rig.settle();
  });

  test('gives each place to the first in line', () => {
    const rig = new ExchangeRig(tenant('', ...[A, B].map((one) => one.replace(' }', ', max_requests: 1 }'))));
    for (const id of [1, 2, 3, 4]) rig.request('GET', id);
    openTo(rig, 'b').answer(200);
    expect(linkTo(rig, 'b').request).toMatchObject({ id: '3' });
    openTo(rig, 'a').answer(200);
    expect(linkTo(rig, 'a').request).toMatchObject({ id: '4' });
    expect([rig.pool.waiting, loadOf(rig)]).toEqual([0, 2]);
  });

  test('has a place for nobody at a backend that is about to leave', () => {
    const rig = new ExchangeRig(tenant('', A.replace(' }', ', max_requests: 1 }')));
    rig.request('GET', 1);
    const client = rig.request('GET', 2);
    rig.command(rig.backend('a'), { kind: 'drain', cutAfter: null });
    openTo(rig, 'a').answer(200);
    expect([client.failure?.code, rig.backend('a').inFlight]).toEqual(['none-eligible', 0]);
  });
});

describe('a backend on trial', () => {
  const ejection = (more: string) => `    outlier_ejection: { consecutive: 1, base_time: 1s${more} }\n`;
  const upgrade = 'Connection: upgrade\r\nUpgrade: websocket\r\n';

  test('gets its one request although a connection of before is still open', async () => {
    const rig = new ExchangeRig(tenant(ejection(''), A, B));
    rig.request('GET', 1, '', 0, upgrade);
    openTo(rig, 'a').switchProtocols();
    rig.request('GET', 2);
    openTo(rig, 'b').answer(200);
    rig.request('POST', 3);
    openTo(rig, 'a').answer(500);
    expect(rig.backend('a').obstacle).toBe('ejected');
    await rig.clock.advance(1200);
    expect(rig.backend('a').obstacle).toBeNull();
    const [one, two] = [rig.request('GET', 4), rig.request('GET', 5)];
    expect(rig.backend('a').obstacle).toBe('full');
    for (const link of rig.network.links) if (link.request !== null) link.answer(200);
    expect([one.outcome, two.outcome]).toEqual([200, 200]);
    expect(rig.backend('a').obstacle).toBeNull();
    expect(rig.backend('a').maxRequests).toBeGreaterThan(1);
  });

  test('passes it with an answer that is not held against backends', async () => {
    const rig = new ExchangeRig(tenant(`${ejection(', on: [connect]')}    retry: { on: [connect] }\n`, A, B));
    rig.request('GET', 1);
    linkTo(rig, 'a').refuse();
    openTo(rig, 'b').answer(200);
    await rig.clock.advance(1200);
    rig.request('GET', 2);
    rig.request('GET', 3);
    openTo(rig, 'a').answer(500);
    expect(rig.backend('a').maxRequests).toBeGreaterThan(1);
  });

  test('is ejected again when it answers badly, even if there is only one other', async () => {
    const rig = new ExchangeRig(tenant(`${ejection('')}    balance: first\n    retry: { attempts: 0 }\n`, A, B));
    rig.request('POST', 1);
    openTo(rig, 'a').answer(500);
    await rig.clock.advance(1200);
    expect(rig.backend('a').obstacle).toBeNull();
    rig.request('POST', 2);
    openTo(rig, 'a').answer(500);
    expect(rig.backend('a').obstacle).toBe('ejected');
  });

  test('does not keep the backups from their work', async () => {
    const backup = '{ name: c, url: "http://10.0.0.3:3", backup: true }';
    const rig = new ExchangeRig(tenant(`${ejection('')}    retry: { attempts: 0 }\n`, A, B, backup));
    rig.request('POST', 1);
    openTo(rig, 'a').answer(500);
    rig.command(rig.backend('b'), { kind: 'disable' });
    await rig.clock.advance(1200);
    for (const id of [2, 3, 4]) rig.request('POST', id);
    expect([rig.backend('a').inFlight, rig.backend('c').inFlight]).toEqual([1, 2]);
  });
});

describe('a request of which nothing was sent', () => {
  const health = ', health: /health }';
  const checked = [A, B].map((one) => one.replace(' }', health));

  test('goes to another backend when the time to drain cuts its own, whatever its method', async () => {
    const rig = new ExchangeRig(tenant('', A, B));
    const client = rig.request('POST', 1, 'ab');
    rig.command(rig.backend('a'), { kind: 'drain', cutAfter: millis(1000) });
    await rig.clock.advance(1500);
    openTo(rig, 'b').answer(200);
    expect(client.outcome).toBe(200);
  });

  test('goes to another backend when its own turns out to be down, whatever its method', async () => {
    const rig = new ExchangeRig(
      tenant('    health_check: { type: http, path: /health, fall: 1, interval: 1s }\n', ...checked),
    );
    await rig.clock.advance(100);
    const clients = [1, 2].map((id) => rig.request('POST', id, 'ab'));
    rig.ill.add(1);
    await rig.clock.advance(1500);
    for (const link of rig.network.links.filter(({ backend }) => backend.name === 'b')) link.accept();
    for (const link of rig.network.links.filter(({ backend }) => backend.name === 'b')) link.answer(200);
    expect(clients.map(({ outcome }) => outcome)).toEqual([200, 200]);
  });

  test('stays where it is once it has been sent and must not be sent twice', async () => {
    const rig = new ExchangeRig(tenant('', A, B));
    const client = rig.request('POST', 1, 'ab');
    openTo(rig, 'a');
    rig.command(rig.backend('a'), { kind: 'drain', cutAfter: millis(1000) });
    await rig.clock.advance(1500);
    expect([client.failure?.code, rig.network.links.length]).toEqual(['drain-deadline', 1]);
  });
});
