// Requests of several tenants at one event loop, turn by turn.
import { describe, expect, test } from 'bun:test';
import { failure } from '../../src/core/failure.ts';
import { failureResponse } from '../../src/respond/failure-response.ts';
import type { Link } from '../support/fake-network.ts';
import { ExchangeRig } from '../support/exchange-rig.ts';
import type { FakeClient } from '../support/fake-client.ts';
import { CONTINUE, type Policy } from '../../src/policies/contract.ts';
import { compile } from '../../src/plan/compile.ts';
import { parseConfig } from '../../src/config/parse.ts';
import { plansOf, scripted, withPolicies } from '../support/policies/scripted.ts';

const config = (more = '', settings = ''): string => `tenants:
  - name: flood
    domains: [x]
    services: [{ name: a, url: "http://10.0.0.1:1" }]
    pool: { max_connections: 1000${more} }
${settings}  - name: quiet
    domains: [quiet.test]
    services: [{ name: b, url: "http://10.0.0.2:2" }]
`;

/** More than a turn begins. */
const MANY = 60;

class Scene {
  readonly rig: ExchangeRig;
  private ids = 0;

  constructor(text = config()) {
    this.rig = new ExchangeRig(text, undefined, { hasLongTurns: true });
  }

  flood(count = MANY): FakeClient[] {
    return Array.from({ length: count }, () => this.rig.request('GET', ++this.ids));
  }

  put(body: string, length: number): FakeClient {
    return this.rig.request('PUT', ++this.ids, body, length);
  }

  askQuiet(): FakeClient {
    return this.rig.send(`GET /${++this.ids} HTTP/1.1\r\nHost: quiet.test\r\n\r\n`);
  }

  /** How many requests have gone to a backend: each over a connection of its own. */
  countAt(name: string): number {
    return this.rig.network.links.filter(({ backend }) => backend.name === name).length;
  }

  /** Those that a backend has received, by their numbers. */
  receivedBy(name: string): number[] {
    return this.linksOf(name).flatMap(({ request }) => (request === null ? [] : [Number(request.id)]));
  }

  /** Connections to a backend, all of them open. */
  linksOf(name: string): Link[] {
    const links = this.rig.network.links.filter(({ backend }) => backend.name === name);
    for (const link of links) link.accept();
    this.rig.endTurn();
    return links;
  }

  /** Every request that a backend has is answered. */
  answerAll(name: string): void {
    for (const link of this.linksOf(name)) if (link.request !== null) link.answer(200);
  }

  endTurns(count: number): void {
    for (let at = 0; at < count; at++) this.rig.endTurn();
  }
}

describe('a tenant that asks for more than a turn can begin', () => {
  test('has the rest waiting, in order, until the next turns', () => {
    const scene = new Scene();
    scene.flood();
    const first = scene.countAt('a');
    expect(first).toBeGreaterThan(5);
    expect(first).toBeLessThan(MANY);
    scene.endTurns(10);
    expect(scene.receivedBy('a')).toEqual(Array.from({ length: MANY }, (_, at) => at + 1));
  });

  test('does not keep the first request of another one waiting', () => {
    const scene = new Scene();
    scene.flood();
    scene.askQuiet();
    expect(scene.countAt('b')).toBe(1);
  });

  test('keeps those waiting for a turn that another one sends beyond its share', () => {
    const scene = new Scene();
    scene.flood(1000);
    for (let at = 0; at < 5; at++) scene.askQuiet();
    scene.rig.endTurn();
    expect(scene.countAt('b')).toBe(5);
    expect(scene.countAt('a')).toBeLessThan(100);
  });
});

describe('a request that waits for its share', () => {
  const waiting = (ask: (scene: Scene) => FakeClient = (scene) => scene.flood(1)[0]) => {
    const scene = new Scene();
    scene.flood();
    const client = ask(scene);
    return { scene, client };
  };

  test('goes to no backend once its client has left', () => {
    const { scene, client } = waiting();
    client.leave();
    scene.endTurns(10);
    expect(scene.countAt('a')).toBe(MANY);
    expect(scene.rig.ended.at(-1)).toMatchObject({ failure: 'client-gone', attemptCount: 0 });
  });

  test('goes to no backend once its body is broken', () => {
    const { scene, client } = waiting((it) => it.put('ab', 4));
    client.breakBody(failure('request-malformed'));
    scene.endTurns(10);
    expect(scene.countAt('a')).toBe(MANY);
  });

  test('has its body at rest until it goes on, and all of it arrives', () => {
    const { scene, client } = waiting((it) => it.put('ab', 6));
    expect(client.isPaused).toBe(true);
    client.sendMore(2); // what was on its way
    scene.endTurns(10);
    expect(scene.countAt('a')).toBe(MANY + 1);
    scene.linksOf('a');
    expect(client.isPaused).toBe(false);
    client.sendMore(2);
    const link = scene.linksOf('a').find(({ request }) => request?.method === 'PUT');
    expect(link?.received.endsWith('\r\n\r\nabxxxx')).toBe(true);
  });

  test('goes on when its body has come whole meanwhile', () => {
    const { scene, client } = waiting((it) => it.put('ab', 4));
    client.sendMore(2);
    scene.endTurns(10);
    const link = scene.linksOf('a').find(({ request }) => request?.method === 'PUT');
    expect(link?.request?.isWhole).toBe(true);
    link?.answer(200);
    expect(client.outcome).toBe(200);
  });

  test('is refused when it has waited for too long, without an attempt', async () => {
    const scene = new Scene();
    scene.flood(200);
    const [client] = scene.flood(1);
    for (let turns = 0; turns < 60; turns++) {
      await scene.rig.clock.advance(30);
      scene.endTurns(1);
    }
    expect(client.failure?.code).toBe('overloaded');
    expect(scene.rig.ended.at(-1)).toMatchObject({ tenantName: 'flood', failure: 'overloaded', attemptCount: 0 });
  });

  test('counts its wait as its own in the record, not as its backend’s', async () => {
    const { scene, client } = waiting();
    await scene.rig.clock.advance(500);
    scene.endTurns(10);
    scene.linksOf('a').at(-1)?.answer(200);
    expect(client.outcome).toBe(200);
    scene.endTurns(1);
    const { times } = scene.rig.ended.at(-1) ?? { times: null };
    expect(times).toMatchObject({ begun: 0, admitted: 500, attempted: 500 });
  });
});

test('too many that wait are refused at once, and the tenant that sends them alone', () => {
  const scene = new Scene(config(', max_queue: 10'));
  const clients = scene.flood(6000);
  expect(clients.filter((client) => client.failure?.code === 'overloaded').length).toBeGreaterThan(1000);
  expect(scene.askQuiet().failure).toBeNull();
  expect(scene.countAt('b')).toBe(1);
});

test('a policy is asked when the request goes on, not before', () => {
  let asked = 0;
  const policy: Policy = {
    request() {
      asked++;
      return CONTINUE;
    },
  };
  const kinds = [scripted('counting', policy)];
  const parsed = parseConfig({ file: 'test', text: config(), env: {} });
  if (!parsed.ok) throw new Error('the configuration is broken');
  const plan = withPolicies(compile(parsed.value.config), plansOf(kinds));
  const rig = new ExchangeRig(plan, undefined, { hasLongTurns: true, policies: kinds });
  for (let id = 0; id < MANY; id++) rig.request('GET', id);
  expect(asked).toBeLessThan(MANY);
  for (let turns = 0; turns < 10; turns++) rig.endTurn();
  expect(asked).toBe(MANY);
});

describe('operators', () => {
  test('see who uses what, who waits, and who is refused', async () => {
    const scene = new Scene();
    for (let turns = 0; turns < 50; turns++) {
      scene.flood(60);
      scene.askQuiet();
      await scene.rig.clock.advance(30);
      scene.endTurns(1);
    }
    const [flood, quiet] = scene.rig.status().map(({ share }) => share);
    expect(flood.waiting).toBeGreaterThan(1000);
    expect(flood.refused).toBeGreaterThan(0);
    expect(flood.used_percent).toBeGreaterThan(0.01);
    expect(quiet.refused).toBe(0);
    expect(quiet.used_percent).toBeGreaterThan(0);
  });

  test('are told of a tenant whose requests are refused', () => {
    const scene = new Scene();
    scene.flood(6000);
    expect(scene.rig.events.map(({ tenant, kind }) => ({ tenant, kind }))).toEqual([
      { tenant: 'flood', kind: 'limit_reached' },
    ]);
    expect(scene.rig.events[0].detail).toMatch(/share of this tenant, 100 % among those that wait \(weight 1\)/);
  });
});

test('those that are refused are told to come back at different times', () => {
  const at = (requestId: string) =>
    failureResponse(failure('overloaded'), { accept: '', requestId, call: null, seesReasons: false }).headers.find(
      ([name]) => name === 'Retry-After',
    )?.[1];
  const told = Array.from({ length: 48 }, (_, number) => at(`0123456789abcdef${number.toString(16).padStart(8, '0')}`));
  for (const seconds of ['1', '2', '3'])
    expect(told.filter((one) => one === seconds).length).toBeGreaterThanOrEqual(15);
});

describe('the line of a full pool', () => {
  const crowded = (count: number): Scene => {
    const scene = new Scene(config().replace('max_connections: 1000', 'max_connections: 100'));
    for (let at = 0; at < count; at += 10) {
      scene.flood(10);
      scene.endTurns(1);
    }
    return scene;
  };

  test('goes on no faster than the turns allow when all places come free at a time', () => {
    const scene = crowded(400);
    expect([scene.countAt('a'), scene.rig.pool.waiting]).toEqual([100, 300]);
    scene.answerAll('a');
    const begun = 300 - scene.rig.pool.waiting;
    expect(begun).toBeGreaterThan(5);
    expect(begun).toBeLessThan(90);
    scene.endTurns(10);
    expect(scene.rig.pool.waiting).toBe(200);
  });

  test('is served before requests that come later', () => {
    const scene = crowded(300);
    scene.answerAll('a');
    scene.flood(50);
    scene.endTurns(10);
    const ids = scene.receivedBy('a');
    expect(ids.toSorted((one, other) => one - other)).toEqual(Array.from({ length: 100 }, (_, at) => at + 101));
  });
});
