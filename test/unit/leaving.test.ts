// What backends still have in flight when a reload moves, removes and brings them back, or removes their tenant.
import { describe, expect, test } from 'bun:test';
import { millis } from '../../src/core/units.ts';
import { ExchangeRig } from '../support/exchange-rig.ts';
import type { FakeClient } from '../support/fake-client.ts';
import { A, B, openTo, tenant } from '../support/exchange-scenes.ts';

const A_LIMITED = '{ name: a, url: "http://10.0.0.1:1", max_requests: 1 }';
const A_MOVED = '{ name: a, url: "http://10.0.0.1:3" }';
const OTHER =
  'tenants:\n  - name: other\n    path_prefix: "/"\n    services: [{ name: b, url: "http://10.0.0.2:2" }]\n';
const SHORT = '    timeouts: { removed: 30s }\n';

/** A tunnel to a. */
function tunnel(rig: ExchangeRig, id = 1): FakeClient {
  const client = rig.request('GET', id, '', 0, 'Connection: upgrade\r\nUpgrade: websocket\r\n');
  openTo(rig, 'a').switchProtocols();
  return client;
}

/** The kinds of changes of a. */
function changes(rig: ExchangeRig): readonly string[] {
  return rig
    .report('a')
    .timeline.changes()
    .map(({ kind, detail }) => `${kind}: ${detail}`);
}

function stateOf(rig: ExchangeRig) {
  const a = rig.status()[0]?.backends.find(({ name }) => name === 'a');
  return { state: a?.state, inFlight: a?.in_flight, tunnels: a?.tunnels, reason: a?.reason };
}

const drain = (rig: ExchangeRig, seconds: number): void =>
  rig.command(rig.backend('a'), { kind: 'drain', cutAfter: millis(seconds * 1000) });

describe.each([
  ['moved', (rig: ExchangeRig) => rig.reload(tenant(SHORT, A_MOVED, B))],
  [
    'removed and brought back',
    (rig: ExchangeRig) => {
      rig.reload(tenant(SHORT, B));
      rig.reload(tenant(SHORT, A, B));
    },
  ],
  [
    'removed with its tenant and brought back',
    (rig: ExchangeRig) => {
      rig.reload(OTHER);
      rig.reload(tenant(SHORT, A, B));
    },
  ],
])('a backend that a reload has %s', (_, reload) => {
  test('has what it had begun, and is drained only when that has ended', async () => {
    const rig = new ExchangeRig(tenant(SHORT, A, B));
    const client = tunnel(rig);
    reload(rig);
    expect(stateOf(rig)).toMatchObject({ reason: null, inFlight: 1, tunnels: 1 });
    drain(rig, 10);
    expect(stateOf(rig)).toMatchObject({ state: 'draining', reason: 'draining: 1 request left, 10s for them' });
    client.leave();
    expect(stateOf(rig)).toMatchObject({ state: 'drained', inFlight: 0, tunnels: 0 });
    expect(changes(rig).at(-1)).toBe('drained: no request is left');
    rig.stop();
  });

  test('is cut off with all that at the deadline of the drain', async () => {
    const rig = new ExchangeRig(tenant(SHORT, A, B));
    const client = tunnel(rig);
    reload(rig);
    drain(rig, 10);
    await rig.clock.advance(9900);
    expect(client.outcome).toBeNull();
    await rig.clock.advance(200);
    expect(client.isOpen).toBe(false);
    expect(changes(rig)).toContain('cut: the time to drain is over; 1 request cut off');
    expect(stateOf(rig)).toMatchObject({ state: 'drained', inFlight: 0 });
    rig.stop();
  });

  test('is cut off where the drain was ordered before the reload, too, unless it was called off', async () => {
    for (const isOff of [false, true]) {
      const rig = new ExchangeRig(tenant(SHORT, A, B));
      const client = tunnel(rig);
      drain(rig, 10);
      reload(rig);
      if (isOff) rig.command(rig.backend('a'), { kind: 'enable' });
      await rig.clock.advance(10_100);
      expect(!client.isOpen).toBe(!isOff);
      rig.stop();
    }
  });
});

describe('a backend that comes back to the same address', () => {
  test('is as full as it was', () => {
    const rig = new ExchangeRig(tenant('', A_LIMITED, B));
    rig.request('GET', 1);
    openTo(rig, 'a');
    rig.reload(tenant('', B));
    rig.reload(tenant('', A_LIMITED, B));
    expect(stateOf(rig)).toMatchObject({ state: 'full', inFlight: 1 });
    rig.stop();
  });

  test('keeps what it had begun beyond the time for what is removed', async () => {
    const rig = new ExchangeRig(tenant(SHORT, A, B));
    const client = tunnel(rig);
    rig.reload(tenant(SHORT, B));
    await rig.clock.advance(20_000);
    rig.reload(tenant(SHORT, A, B));
    await rig.clock.advance(20_000);
    expect(!client.isOpen).toBe(false);
    rig.stop();
  });
});

describe.each([
  ['backend', tenant(SHORT, B)],
  ['tenant', OTHER],
  ['address', tenant(SHORT, A_MOVED, B)],
])('what is under way at a %s that a reload has removed', (_, next) => {
  test('is shown, and ends by a deadline', async () => {
    const rig = new ExchangeRig(tenant(SHORT, A, B));
    const client = tunnel(rig);
    expect(rig.leaving()).toEqual([]);
    rig.reload(next);
    const left = { tenant: 'main', name: 'a', url: 'http://10.0.0.1:1', in_flight: 1, tunnels: 1 };
    expect(rig.leaving()).toEqual([{ ...left, deadline: new Date(rig.clock.wall() + 30_000).toISOString() }]);
    await rig.clock.advance(29_900);
    expect(!client.isOpen).toBe(false);
    await rig.clock.advance(200);
    expect([!client.isOpen, rig.leaving()]).toEqual([true, []]);
    expect(rig.slotsInUse).toBe(rig.status().flatMap(({ backends }) => backends).length);
    rig.stop();
  });
});
