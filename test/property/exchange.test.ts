// Whatever happens, in whatever order: nothing is counted wrongly, lost, or done twice.
import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { failure } from '../../src/core/failure.ts';
import type { Steps } from '../../src/core/slices.ts';
import { millis } from '../../src/core/units.ts';
import type { Plan } from '../../src/plan/plan.ts';
import { CONTINUE, type Verdict } from '../../src/policies/contract.ts';
import type { Backend } from '../../src/pools/backend.ts';
import type { OperatorCommand } from '../../src/standing/operator-states.ts';
import { ExchangeRig, read } from '../support/exchange-rig.ts';
import type { FakeClient } from '../support/fake-client.ts';
import type { Link } from '../support/fake-network.ts';
import { ChangingStage, planOf as policyPlan, scripted, withPolicies } from '../support/policies/scripted.ts';

const NAMES = ['a', 'b', 'c'] as const;
const METHODS = ['GET', 'PUT', 'POST'] as const;
const UPGRADE = 'Connection: upgrade\r\nUpgrade: websocket\r\n';

type Setting = {
  readonly most: number;
  readonly checked: boolean;
  readonly gone: number;
  readonly backup: boolean;
  readonly hedged: boolean;
  readonly tried: boolean;
  readonly none: string;
  readonly balance: string;
  /** What its policies do: they take their time over requests or responses, or stand in the body's way. */
  readonly policies: readonly string[];
};

const settingArbitrary: fc.Arbitrary<Setting> = fc.record({
  most: fc.constantFrom(1, 2, 100),
  checked: fc.boolean(),
  gone: fc.constantFrom(-1, -1, 0, 1, 2),
  backup: fc.boolean(),
  hedged: fc.boolean(),
  tried: fc.boolean(),
  none: fc.constantFrom('fail', 'any', 'last_known'),
  balance: fc.constantFrom('round_robin', 'least_requests', 'first', '{ type: consistent_hash, key: path }'),
  policies: fc.constantFrom<string[]>([], [], ['first'], ['after'], ['first', 'after', 'stage'], ['stage', 'stage']),
});

function yamlOf({ most, checked, gone, backup, hedged, tried, none, balance }: Setting): string {
  const check = checked ? ', health: /health' : '';
  const services = NAMES.map((name, at) =>
    at === gone
      ? ''
      : `      - { name: ${name}, url: "http://10.0.0.1:${at + 1}", max_requests: ${most}${check}${
          backup && at === 2 ? ', backup: true' : ''
        } }\n`,
  );
  const retry = `${hedged ? 'hedge_after: 50%, ' : ''}${tried ? 'per_try_timeout: 300ms, ' : ''}on: [connect, reset, timeout, 503]`;
  return `dns: { max_ttl: 1s }
tenants:
  - name: main
    path_prefix: "/"
    balance: ${balance}
    when_none_eligible: ${none}
    outlier_ejection: { consecutive: 2, base_time: 1s }
    timeouts: { queue: 500ms, connect: 1s, first_byte: 2s, idle: 2s, exchange: 4s, tunnel_idle: 3s }
    pool: { max_queue: 3, max_idle: 2 }
    retry: { ${retry} }
    health_check: { type: http, path: /health, interval: 1s }
    services:
      - { name: dns, url: "http://dyn.test:9", discover: addresses, max_requests: ${most} }
${services.join('')}`;
}

function planOf(setting: Setting): Plan {
  return withPolicies(
    read(yamlOf(setting)),
    setting.policies.map((type) => policyPlan(type)),
  );
}

type Event = {
  readonly kind: string;
  readonly which: number;
  readonly amount: number;
  readonly setting: Setting;
};

// As often as they stand here.
const KINDS = (
  'request request request upgrade more more break_body leave accept accept accept refuse answer answer busy error ' +
  'begin complete switch break time time reload name drain disable enable ill mute verdict verdict'
).split(' ');

const eventArbitrary: fc.Arbitrary<Event> = fc.record({
  kind: fc.constantFrom(...KINDS),
  which: fc.nat(1000),
  amount: fc.nat(1000),
  setting: settingArbitrary,
});

const VERDICTS: readonly Verdict[] = [
  CONTINUE,
  CONTINUE,
  { kind: 'respond', response: { status: 418, headers: [], body: new Uint8Array(0) } },
  { kind: 'refuse', failure: failure('method-refused'), retryAfter: null },
];

/** Plays events, and checks after each. */
class Model {
  readonly clients: FakeClient[] = [];
  readonly sent = new Map<string, number>();
  private readonly answered = new Set<string>();
  private readonly known = new Set<Backend>();
  readonly rig: ExchangeRig;
  /** A reload that has begun. */
  private reloading: Steps<unknown> | null = null;
  /** Verdicts that are out, the oldest first. */
  private readonly considered: ((verdict: Verdict) => void)[] = [];
  private readonly consider = (): Promise<Verdict> => new Promise((resolve) => this.considered.push(resolve));

  constructor(setting: Setting, random: () => number) {
    const kinds = [
      scripted('first', { request: this.consider }),
      scripted('after', { response: this.consider }),
      scripted('stage', { stage: () => (output) => new ChangingStage(output, (text) => text) }),
    ];
    this.rig = new ExchangeRig(planOf(setting), random, { policies: kinds });
    this.rig.lookup.a('dyn.test', ['10.0.0.7'], 1);
    this.rig.network.seen = ({ id, method }) => {
      expect(this.answered.has(id)).toBe(false);
      if (method === 'POST') expect(this.sent.get(id) ?? 0).toBe(0);
      this.sent.set(id, (this.sent.get(id) ?? 0) + 1);
    };
    this.rig.clientEnded = (client) => this.ended(client);
  }

  // Nobody is told that there is none while there is one.
  private ended(client: FakeClient): void {
    this.answered.add(String(client.id));
    const code = client.failure?.code;
    if (client.hasHead || (code !== 'none-eligible' && code !== 'queue-timeout')) return;
    expect(client.eligibleThen).toBe(0);
  }

  async play(event: Event): Promise<void> {
    const { rig } = this;
    const { which, amount, setting } = event;
    this.reloadOn(amount % 3);
    const link = this.link(which);
    const open = this.clients.filter((client) => client.isOpen);
    const client = open[which % Math.max(1, open.length)];
    switch (event.kind) {
      case 'request':
        return this.request(METHODS[which % 3], which % 3 === 0 ? 0 : amount % 5);
      case 'upgrade':
        return void this.clients.push(rig.request('GET', this.clients.length, '', 0, UPGRADE));
      case 'more':
        return client?.sendMore(1 + (amount % 4));
      case 'break_body':
        return client?.breakBody(failure('request-malformed'));
      case 'leave':
        return client?.leave();
      case 'accept':
        return link?.accept();
      case 'refuse':
        return link?.refuse();
      case 'answer':
        return link?.answer(200);
      case 'busy':
        return link?.answer(503);
      case 'error':
        return link?.answer(500);
      case 'begin':
        return link?.begin(amount % 2 === 0 ? 200 : 503);
      case 'complete':
        return link?.complete();
      case 'switch':
        return link?.switchProtocols();
      case 'break':
        return link?.break();
      case 'time':
        return await rig.clock.advance(amount * 2);
      case 'reload':
        this.reloadOn(Number.POSITIVE_INFINITY);
        this.reloading = rig.apply(planOf(setting));
        return;
      case 'name':
        return rig.lookup.a('dyn.test', amount % 2 === 0 ? ['10.0.0.7'] : ['10.0.0.8', '10.0.0.9'], 1);
      case 'drain':
        return this.command(which, { kind: 'drain', cutAfter: millis(amount) });
      case 'disable':
        return this.command(which, { kind: 'disable' });
      case 'enable':
        return this.command(which, { kind: 'enable' });
      case 'ill':
        return void (rig.ill.delete(1 + (which % 3)) || rig.ill.add(1 + (which % 3)));
      case 'mute':
        return void (rig.mute.delete(1 + (which % 3)) || rig.mute.add(1 + (which % 3)));
      case 'verdict':
        this.considered.shift()?.(VERDICTS[amount % VERDICTS.length]);
        return await settled();
    }
  }

  // What a gateway does in slices, with whatever happens in between.
  private reloadOn(steps: number): void {
    for (let step = 0; step < steps && this.reloading !== null; step++) {
      if (this.reloading.next().done === true) this.reloading = null;
    }
  }

  private command(which: number, command: OperatorCommand): void {
    const { pool } = this.rig;
    if (pool.backends.length > 0) this.rig.command(pool.backends[which % pool.backends.length], command);
  }

  private request(method: string, length: number): void {
    const begun = Math.ceil(length / 2);
    this.clients.push(this.rig.request(method, this.clients.length, 'x'.repeat(begun), length));
  }

  private link(which: number): Link | undefined {
    const { links } = this.rig.network;
    const live = links.filter(({ state }) => state !== 'closed');
    return live[which % Math.max(1, live.length)];
  }

  check(): void {
    const { pool, network } = this.rig;
    for (const backend of [...pool.backends, ...network.links.map((link) => link.backend)]) this.known.add(backend);
    for (const backend of this.known) {
      const { open, idle } = backend.transport;
      // The slot of one that has left and finished may be another's.
      if (!backend.hasLeft || open > idle) {
        expect(backend.inFlight).toBe(open - idle);
        expect(backend.streams).toBeWithin(backend.tunnels, backend.inFlight + 1);
      }
    }
    const inPool = pool.backends.reduce((sum, backend) => sum + backend.inFlight, 0);
    expect(pool.inFlight).toBe(inPool);
    expect(network.bugs).toEqual([]);
  }

  /** Everything that was begun comes to its end by itself. */
  async rest(): Promise<void> {
    const { rig } = this;
    this.reloadOn(Number.POSITIVE_INFINITY);
    await rig.clock.advance(30_000);
    for (const client of this.clients) client.sendMore(1000);
    await rig.clock.advance(30_000);
    for (const client of this.clients)
      if (client.isOpen) throw new Error(`${client.method} ${client.id} has no answer`);
    for (const backend of this.known) {
      const { open, idle } = backend.transport;
      expect([backend.inFlight, backend.tunnels, backend.streams, open]).toEqual([0, 0, 0, idle]);
    }
    expect(rig.pool.waiting).toBe(0);
    expect(rig.slotsInUse).toBe(rig.pool.backends.length);
    expect(rig.ended.length).toBe(this.clients.length);
    rig.stop();
    await rig.clock.advance(0);
    expect(rig.clock.pending).toBe(0);
  }
}

// What follows from a promise has happened.
async function settled(): Promise<void> {
  for (let n = 0; n < 10; n++) await Promise.resolve();
}

function randomFrom(seed: number): () => number {
  let state = seed + 1;
  return () => {
    state = (state * 48_271) % 0x7fff_ffff;
    return state / 0x7fff_ffff;
  };
}

test('every request has one answer, a POST is sent once at the most, and in the end nothing is left', async () => {
  await fc.assert(
    fc.asyncProperty(
      settingArbitrary,
      fc.nat(),
      fc.array(eventArbitrary, { maxLength: 80, size: 'max' }),
      async (setting, seed, events) => {
        const model = new Model(setting, randomFrom(seed));
        await model.rig.clock.advance(100);
        for (const event of events) {
          await model.play(event);
          model.check();
        }
        await model.rest();
      },
    ),
    { numRuns: Number(process.env['KEYSTONE_RUNS'] ?? 40) },
  );
});
