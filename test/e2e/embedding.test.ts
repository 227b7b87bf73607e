// A gateway inside another program, here the test itself.
import { describe, expect, test } from 'bun:test';
import type { BalancerKind } from '../../src/balance/contract.ts';
import { balancers } from '../../src/balance/registry.ts';
import { roundRobin } from '../../src/balance/round-robin.ts';
import { compile } from '../../src/plan/compile.ts';
import type { BalancerOptions } from '../../src/plan/pool-plan.ts';
import type { Plan } from '../../src/plan/plan.ts';
import type { TenantPlan } from '../../src/plan/tenant-plan.ts';
import { compression } from '../../src/policies/compression/compression.ts';
import type { PolicyKind } from '../../src/policies/contract.ts';
import { policies } from '../../src/policies/registry.ts';
import { type EmbeddingOptions, createGateway } from '../../src/runtime/create-gateway.ts';
import type { Gateway } from '../../src/runtime/gateway.ts';
import { realWorld } from '../../src/world.ts';
import { config } from '../support/configs.ts';
import { Origin, type Seen } from '../support/origin.ts';
import { until } from '../support/until.ts';

/** A gateway in this program, and what it has logged. */
class Embedded implements Disposable {
  private constructor(
    readonly gateway: Gateway,
    readonly log: readonly string[],
  ) {}

  static async start(text: string, options: EmbeddingOptions = {}): Promise<Embedded> {
    const log: string[] = [];
    const world = { ...realWorld(), writeLog: (line: string) => log.push(line) };
    const started = await createGateway(config(text), { world, ...options });
    if (!started.ok) throw new Error(started.error);
    return new Embedded(started.value, log);
  }

  async origin(path: string): Promise<string> {
    const answer = await fetch(`http://127.0.0.1:${this.gateway.address.port}${path}`);
    return answer.ok ? ((await answer.json()) as Seen).origin : String(answer.status);
  }

  [Symbol.dispose](): void {
    this.gateway.stop();
  }
}

const tenant = ({ url }: Origin, more = ''): string =>
  `tenants: [{ name: main, path_prefix: "/", services: [{ name: only, url: "${url}" }]${more} }]`;

describe('a gateway inside another program', () => {
  test('serves, takes another configuration while it does, and ends when it is told to', async () => {
    using a = new Origin('a');
    using b = new Origin('b');
    using embedded = await Embedded.start(tenant(a));
    const { gateway } = embedded;
    expect(await embedded.origin('/')).toBe('a');
    const applied = await gateway.apply(compile(config(tenant(b))));
    expect(applied.kind === 'in_force' && applied.change.changed.map(({ name }) => name)).toEqual(['main']);
    expect(await embedded.origin('/')).toBe('b');
    await gateway.shutdown();
    expect(await embedded.origin('/').catch(() => 'nobody')).toBe('nobody');
  });

  test('listens where its configuration says', async () => {
    using a = new Origin('a');
    using embedded = await Embedded.start(`listeners: [{ address: "127.0.0.1:0" }]\n${tenant(a)}`);
    expect(embedded.gateway.addresses).toHaveLength(1);
    expect(await embedded.origin('/')).toBe('a');
  });

  test('goes on where another one was, if it is given its state', async () => {
    using good = new Origin('good');
    using bad = new Origin('bad', () => new Response('no', { status: 500 }));
    const services = [good, bad].map(({ name, url }) => `{ name: ${name}, url: "${url}" }`).join(', ');
    const text = `tenants: [{ name: main, path_prefix: "/", affinity: {}, services: [${services}] }]`;
    using first = await Embedded.start(text);
    const ejected = ({ gateway }: Embedded) => gateway.status()[0]?.backends.filter(({ state }) => state === 'ejected');
    await until(async () => {
      await first.origin('/');
      return ejected(first)?.length === 1;
    }, 'one is ejected');
    using second = await Embedded.start(text, { carried: structuredClone(first.gateway.exportState()) });
    expect(ejected(second)).toMatchObject([{ name: 'bad', reason: expect.stringContaining('5 bad results in a row') }]);
    const cookie = (await fetch(`http://127.0.0.1:${first.gateway.address.port}/`)).headers.get('set-cookie');
    const other = (await fetch(`http://127.0.0.1:${second.gateway.address.port}/`)).headers.get('set-cookie');
    expect(other).toBe(cookie);
    expect(second.gateway.exportState().latestEvent).toBe(first.gateway.exportState().latestEvent);
  });

  test('says why it does not start', async () => {
    using taken = new Origin('taken');
    const started = await createGateway(config('{}'), { address: { hostname: '127.0.0.1', port: taken.port } });
    expect(started.ok ? '' : started.error).toContain(`(process ${process.pid}) uses the port`);
  });
});

describe('a plan that is to be put in force', () => {
  const FAILS = { type: 'fails', options: {} };
  const create = (): never => {
    throw new Error('it cannot be made');
  };
  const failingBalancer: BalancerKind<BalancerOptions> = {
    ...roundRobin,
    ...FAILS,
    options: roundRobin.options,
    create,
  };
  const failingPolicy: PolicyKind<unknown> = { ...compression, ...FAILS, options: compression.options, create };
  const wanting = (plan: Plan, settings: Partial<TenantPlan>): Plan => ({
    ...plan,
    tenants: plan.tenants.map((one) => ({ ...one, fingerprint: 'other', ...settings })),
  });

  test.each<[string, Partial<TenantPlan>]>([
    ['a balancer', { balance: FAILS }],
    ['a policy', { policies: [{ ...FAILS, name: null, when: null }] }],
  ])('and cannot be because of %s, leaves the one before in force, and the log says so', async (_, settings) => {
    using a = new Origin('a');
    const kinds = { balancers: [...balancers, failingBalancer], policies: [...policies, failingPolicy] };
    using embedded = await Embedded.start(tenant(a), kinds);
    const { gateway, log } = embedded;
    const before = gateway.plan;
    expect(await gateway.apply(wanting(compile(config(tenant(a))), settings))).toEqual({
      kind: 'failed',
      reason: expect.stringContaining('it cannot be made'),
    });
    expect(gateway.plan).toBe(before);
    expect(await embedded.origin('/')).toBe('a');
    expect(log.filter((line) => line.includes('"level":"error"'))).toHaveLength(1);
    expect(log.at(-1)).toContain('the one before stays');
    expect(log.at(-1)).toContain('it cannot be made');
  });

  test('while another one is, follows it; of several that wait only the last does', async () => {
    using a = new Origin('a');
    using embedded = await Embedded.start(tenant(a));
    const { gateway } = embedded;
    const plans = Array.from({ length: 4 }, (_, at) => compile(config(tenant(a, `, timeouts: { queue: ${at + 2}s }`))));
    const first = gateway.apply(plans[0]);
    await Promise.resolve();
    const rest = plans.slice(1).map((plan) => gateway.apply(plan));
    const kinds = (await Promise.all([first, ...rest])).map(({ kind }) => kind);
    expect(kinds).toEqual(['in_force', 'dropped', 'dropped', 'in_force']);
    expect(gateway.plan).toEqual({ ...plans[3], gateway: { ...plans[3].gateway, number: 3 } });
  });

  test('is dropped when the gateway ends', async () => {
    using a = new Origin('a');
    using embedded = await Embedded.start(tenant(a));
    embedded.gateway.stop();
    expect(await embedded.gateway.apply(compile(config(tenant(a))))).toEqual({ kind: 'dropped' });
  });
});
