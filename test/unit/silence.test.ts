// A backend that falls silent, and backends that are only slow, event by event.
import { describe, expect, test } from 'bun:test';
import { openTo, tenant } from '../support/exchange-scenes.ts';
import { ExchangeRig } from '../support/exchange-rig.ts';
import type { FakeClient } from '../support/fake-client.ts';

const CHECKED = ['a', 'b', 'c'].map(
  (name, at) => `{ name: ${name}, url: "http://10.0.0.${at + 1}:${at + 1}", health: /health }`,
);
// So seldom that no probe of the schedule falls into a test.
const SETTINGS = '    health_interval: 3600\n    balance: first\n';
const STEP = 50;

/** A gateway whose backends are known to be well. The first of them gets the requests. */
async function opened(settings = SETTINGS, services = CHECKED): Promise<ExchangeRig> {
  const rig = new ExchangeRig(tenant(settings, ...services));
  await rig.clock.advance(100);
  rig.probes.length = 0;
  return rig;
}

/** Lets time pass; meanwhile the backends of these names answer each request within a step. */
async function pass(rig: ExchangeRig, time: number, ...answering: readonly string[]): Promise<void> {
  for (let passed = 0; passed < time; passed += STEP) {
    await rig.clock.advance(STEP);
    for (const link of rig.network.links) {
      link.accept();
      if (link.request !== null && answering.includes(link.backend.name)) link.answer(200);
    }
  }
}

/** A request whose client waits for `time` at the most. */
async function waitFor(rig: ExchangeRig, client: FakeClient, time: number): Promise<FakeClient['outcome']> {
  await pass(rig, time, 'b', 'c');
  return client.outcome;
}

describe('a backend that is frozen', () => {
  test('loses the requests that wait for it to others within a second', async () => {
    const rig = await opened();
    rig.mute.add(1);
    const clients = [1, 2, 3].map((id) => rig.request('GET', id));
    for (const client of clients) expect(await waitFor(rig, client, client.id === 1 ? 900 : 0)).toBe(200);
    expect(rig.report('a').state).toMatchObject({ health: 'unhealthy' });
    expect(rig.pool.reason(rig.backend('a'))).toContain('no answer within 300ms, and none to requests');
  });

  test('keeps requests that must not be sent twice, and they are answered when it is back', async () => {
    const rig = await opened();
    rig.mute.add(1);
    const client = rig.request('POST', 1, 'ab');
    expect(await waitFor(rig, client, 2000)).toBeNull();
    expect(rig.report('a').state.health).toBe('unhealthy');
    await pass(rig, 100, 'a');
    expect(client.outcome).toBe(200);
  });

  test('is taken out only if half of the pool is left to serve', async () => {
    const rig = await opened('    health_interval: 3600\n');
    for (const port of [1, 2]) rig.mute.add(port);
    for (const id of [1, 2, 3]) rig.request('GET', id);
    await pass(rig, 2000, 'c');
    expect(['a', 'b'].filter((name) => rig.report(name).state.health === 'healthy').length).toBe(1);
  });

  test('is left alone while nobody else could serve', async () => {
    const rig = await opened(SETTINGS, CHECKED.slice(0, 1));
    rig.mute.add(1);
    const client = rig.request('GET', 1);
    await pass(rig, 2000);
    expect([client.outcome, rig.probes.length, rig.report('a').state.health]).toEqual([null, 0, 'healthy']);
  });

  test('is left alone while all others are silent, too: something behind them is to blame', async () => {
    const rig = await opened('    health_interval: 3600\n');
    for (const port of [1, 2, 3]) rig.mute.add(port);
    for (const id of [1, 2, 3]) rig.request('GET', id);
    await pass(rig, 2000);
    expect(rig.probes).toEqual([]);
  });
});

describe('a slow endpoint', () => {
  test('does not even look like silence while other requests to the backend are answered', async () => {
    const rig = await opened();
    const slow = rig.request('GET', 1);
    const [link] = rig.network.links;
    link?.accept();
    for (let id = 2; id < 32; id++) {
      rig.request('GET', id);
      await rig.clock.advance(STEP);
      openTo(rig, 'a').answer(200);
      await rig.clock.advance(STEP);
    }
    expect([rig.probes, slow.outcome]).toEqual([[], null]);
    link?.answer(200);
    expect([slow.outcome, rig.attempts.filter(({ backend }) => backend !== 'a')]).toEqual([200, []]);
  });

  test('is asked about less and less often while the backend has nothing else to do, and never taken out', async () => {
    const rig = await opened();
    const slow = rig.request('GET', 1);
    await pass(rig, 8000, 'b', 'c');
    expect(slow.outcome).toBeNull();
    expect(rig.probes.length).toBeLessThanOrEqual(6);
    expect(rig.report('a').state.health).toBe('healthy');
    await pass(rig, 100, 'a');
    expect([slow.outcome, rig.report('a').timeline.changes()]).toEqual([200, []]);
  });

  test('that is the usual thing is no reason to ask', async () => {
    const rig = await opened();
    for (let id = 1; id < 6; id++) {
      rig.request('GET', id);
      await pass(rig, 1000);
      await pass(rig, STEP, 'a');
    }
    rig.probes.length = 0;
    rig.request('GET', 9);
    await pass(rig, 3000);
    expect(rig.probes).toEqual([]);
  });
});
