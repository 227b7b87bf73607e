// Pools of a tenant by their names: what they have of the tenant, and how they live over reloads.
import { describe, expect, test } from 'bun:test';
import type { Policy } from '../../src/policies/contract.ts';
import { compile } from '../../src/plan/compile.ts';
import { config, parsed, problemsOf } from '../support/configs.ts';
import { ExchangeRig, read } from '../support/exchange-rig.ts';
import { linkTo, openTo } from '../support/exchange-scenes.ts';
import { plansOf, scripted, withPolicies } from '../support/policies/scripted.ts';
import { OK } from '../support/policies/steps-scene.ts';

function shop(pools: string, more = ''): string {
  return `tenants:\n  - name: shop\n    path_prefix: "/"\n${more}    pools:\n${pools}`;
}

const OWN = '    services: [{ name: a, url: "http://10.0.0.1:1" }]\n';
const CANARY = '      canary: { services: [{ name: a, url: "http://10.0.0.2:2" }] }\n';

/** Sends requests with `X-Pool` to the pool of that name. */
const CHOOSING: Policy = {
  request(request) {
    const pool = request.field('x-pool');
    if (pool !== null && !request.usePool(pool)) throw new Error('there is no such pool');
    return { kind: 'continue' };
  },
};

function rigWithPools(pools: string, more = ''): ExchangeRig {
  const kinds = [scripted('choosing', CHOOSING)];
  return new ExchangeRig(withPolicies(read(shop(pools, more)), plansOf(kinds)), undefined, { policies: kinds });
}

const ask = (rig: ExchangeRig, id: number, pool: string) => rig.request('GET', id, '', 0, `X-Pool: ${pool}\r\n`);

describe('a pool', () => {
  test('has from its tenant what it leaves out, key by key', () => {
    const [tenant] = compile(
      config(
        shop(
          '      slow: { services: [{ name: a, url: "http://10.0.0.2:2" }], retry: { attempts: 1 }, timeouts: { queue: 9s } }\n',
          '    balance: least_requests\n    retry: { attempts: 4, budget: 50% }\n    timeouts: { connect: 7s }\n    pool: { max_connections: 3 }\n',
        ),
      ),
    ).tenants;
    const [slow] = tenant.pools;
    expect(slow.balance.type).toBe('least_requests');
    expect([slow.retry.attempts, slow.retry.budget.budget]).toEqual([2, 0.5]);
    expect([Number(slow.pool.queueTimeout), Number(slow.pool.connectTimeout)]).toEqual([9000, 7000]);
    expect(slow.services.map(({ backend }) => [backend.name, backend.maxRequests])).toEqual([['slow/a', 3]]);
    expect([tenant.retry.attempts, Number(tenant.pool.queueTimeout)]).toEqual([5, 1000]);
  });

  test('has a cookie of its own for clients that stay with a backend', () => {
    const cookies = (text: string) =>
      compile(config(text)).tenants[0].pools.map(({ pool: { affinity } }) => affinity?.cookie);
    const named = CANARY.replace(' }\n', ', affinity: { cookie: mine } }\n');
    expect(cookies(shop(CANARY, '    affinity: { cookie: shop }\n'))).toEqual(['shop-canary']);
    expect(cookies(shop(named, '    affinity: { cookie: shop }\n'))).toEqual(['mine']);
    expect(cookies(shop(CANARY.replace(' }\n', ', affinity: {} }\n')))).toEqual(['keystone_affinity-canary']);
  });

  test('is checked like a tenant, at its own lines and at those that it has from its tenant', () => {
    const bad =
      '      slow: { services: [], retry: { attempts: many }, health_check: { timeout: 9s, interval: 5s } }\n';
    expect(problemsOf(shop(bad))).toEqual([
      expect.stringContaining('test.yaml:5:48 tenants[0].pools.slow.retry.attempts: "many" is not a whole number'),
      expect.stringContaining('test.yaml:5:81 tenants[0].pools.slow.health_check.timeout: the timeout "9s" is longer'),
    ]);
    const inherited = shop(
      '      slow: { services: [], health_check: { interval: 1s } }\n',
      '    health_check: { timeout: 3s }\n',
    );
    expect(problemsOf(inherited)).toEqual([
      expect.stringContaining(
        'test.yaml:4:30 tenants[0].pools.slow.health_check.timeout: the timeout "3s" is longer than the interval "1s"',
      ),
    ]);
    expect(problemsOf(shop('      default: { services: [] }\n'))).toEqual([
      expect.stringContaining('tenants[0].pools.default: the name default is that of the services'),
    ]);
    expect(problemsOf(shop('      "a/b": { services: [] }\n'))).toHaveLength(1);
    const twice = '      slow: { services: [{ name: a, url: "http://a" }, { name: a, url: "http://b" }] }\n';
    expect(problemsOf(shop(twice))).toEqual([expect.stringContaining('the name "a" is taken by the service')]);
  });

  test('without services is a warning, and so is a tenant without any', () => {
    const warnings = (text: string) => parsed(text).warnings.map(({ message, line }) => `${line} ${message}`);
    expect(warnings(shop('      slow: { services: [] }\n'))).toEqual([
      '5 warning: the pool has no services: requests to it are answered with 503',
      '5 warning: no route leads to this pool, and no policy names it',
    ]);
  });

  test('gets the requests that a policy sends to it, and its backends have the name of it', () => {
    const rig = rigWithPools(CANARY, OWN);
    const clients = [ask(rig, 1, 'canary'), ask(rig, 2, 'default'), rig.request('GET', 3)];
    expect(openTo(rig, 'canary/a').received).toStartWith('GET /1 ');
    linkTo(rig, 'canary/a').reply(`${OK}ok`);
    for (const client of clients.slice(1)) expect(client.outcome).toBeNull();
    expect(clients[0].outcome).toBe(200);
    expect(rig.ended.map(({ backend }) => backend)).toEqual(['canary/a']);
    expect(rig.status()[0]).toMatchObject({
      status: 'healthy',
      healthy: 2,
      backends: [{ name: 'a' }, { name: 'canary/a', requests: 1 }],
    });
  });

  test('is the only place for requests of a tenant without services: others have no route', () => {
    const rig = rigWithPools(CANARY);
    expect(rig.request('GET', 1).failure?.code).toBe('no-route');
    ask(rig, 2, 'canary');
    openTo(rig, 'canary/a').reply(`${OK}ok`);
    expect(ask(rig, 3, 'default').failure?.code).toBe('policy-failed');
    rig.network.bugs.length = 0;
  });

  test('keeps its backends over reloads, and goes when a plan has it no more', () => {
    const rig = rigWithPools(CANARY, OWN);
    const backend = rig.backend('canary/a');
    ask(rig, 1, 'canary');
    openTo(rig, 'canary/a').reply(`${OK}ok`);
    rig.command(backend, { kind: 'weight', weight: 7 });
    rig.reload(shop(CANARY.replace('canary: {', 'canary: { retry: { attempts: 0 },'), OWN));
    expect(rig.backend('canary/a')).toBe(backend);
    expect(rig.report('canary/a').weight).toBe(7);
    expect(backend.idle).toBe(1);
    rig.reload(shop(CANARY.replaceAll('canary', 'next'), OWN));
    expect(rig.status()[0].backends.map(({ name }) => name)).toEqual(['a', 'next/a']);
    expect(backend.idle).toBe(0);
    expect(rig.slotsInUse).toBe(2);
    rig.reload(shop(CANARY, OWN));
    expect(rig.report('canary/a').weight).toBe(7); // what an operator has decided is kept by name
  });

  test('ends with its tenant, and comes with it again', () => {
    const rig = rigWithPools(CANARY, OWN);
    rig.reload('tenants: []');
    expect(rig.slotsInUse).toBe(0);
    rig.reload(shop(CANARY, OWN));
    expect(rig.slotsInUse).toBe(2);
  });
});
