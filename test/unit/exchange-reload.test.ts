// Reloads while exchanges are under way or wait, event by event: what stays, and what the next request meets.
import { describe, expect, test } from 'bun:test';
import type { Backend } from '../../src/pools/backend.ts';
import { seededRandom } from '../support/balancing.ts';
import { ExchangeRig } from '../support/exchange-rig.ts';
import { A, B, C, linkTo, loadOf, openTo, tenant } from '../support/exchange-scenes.ts';

describe('a reload', () => {
  const unknown = (more = '') =>
    tenant(`    timeouts: { queue: 500ms }\n${more}`, '{ name: a, url: "http://10.0.0.1:1", health: /health }');

  test('leaves the load of the pool right when a request that waited before goes to a backend that is not known', async () => {
    const rig = new ExchangeRig(unknown());
    rig.settle(); // no verdict will come
    const client = rig.request('GET', 1);
    rig.reload(unknown('    retry: { attempts: 1 }\n'));
    rig.settle();
    await rig.clock.advance(1000);
    openTo(rig, 'a').answer(200);
    expect([client.outcome, loadOf(rig)]).toEqual([200, 0]);
  });

  test('does not send a request that waited to a backend that is gone', async () => {
    const rig = new ExchangeRig(unknown());
    rig.settle();
    rig.request('GET', 1);
    rig.reload(unknown().replaceAll('10.0.0.1:1', '10.0.0.9:9'));
    rig.settle();
    await rig.clock.advance(1000);
    expect(linkTo(rig, 'a').backend).toBe(rig.backend('a'));
  });

  test('in an outage forgets nothing of who was eligible last', async () => {
    const service = A.replace(' }', ', health: /health }');
    const config = (more: string) => tenant(`    when_none_eligible: last_known\n${more}`, service);
    const rig = new ExchangeRig(config(''));
    await rig.clock.advance(100);
    rig.ill.add(1);
    await rig.clock.advance(60_000);
    expect(rig.backend('a').obstacle).toBe('unhealthy');
    rig.reload(config('    retry: { attempts: 1 }\n'));
    const client = rig.request('GET', 1);
    openTo(rig, 'a').answer(200);
    expect(client.outcome).toBe(200);
  });

  test('changes the timeouts of connections that are kept', async () => {
    const timeouts = (time: string) => tenant(`    timeouts: { first_byte: ${time} }\n`, A);
    const rig = new ExchangeRig(timeouts('1s'));
    rig.request('GET', 1);
    openTo(rig, 'a').answer(200);
    rig.reload(timeouts('5s'));
    const client = rig.request('GET', 2);
    await rig.clock.advance(3000);
    linkTo(rig, 'a').answer(200);
    expect([client.outcome, rig.network.links.length]).toEqual([200, 1]);
  });
});

describe('a reload of the same file', () => {
  const served = (rig: ExchangeRig, id: number): string => {
    rig.request('GET', id);
    const link = rig.network.links.find(({ request }) => request?.id === String(id)) ?? rig.network.links.at(-1);
    if (link === undefined) throw new Error('nothing was sent');
    link.accept();
    link.answer(200);
    return link.backend.name;
  };

  test('goes on with the turns of the balancer', () => {
    const config = tenant('', A, B, C);
    const rig = new ExchangeRig(config);
    const names = [1, 2, 3, 4, 5, 6].map((id) => {
      rig.reload(config);
      return served(rig, id);
    });
    expect(names).toEqual(['a', 'b', 'c', 'a', 'b', 'c']);
  });

  test('keeps what a balancer has measured', async () => {
    const config = tenant('    balance: peak_ewma\n', A, B);
    const rig = new ExchangeRig(config, seededRandom(1));
    await rig.clock.advance(100);
    for (const [id, time] of [500, 10].entries()) {
      rig.request('GET', id);
      await rig.clock.advance(time);
      openTo(rig, ['a', 'b'][id] ?? '').answer(200);
    }
    rig.reload(config);
    expect(Array.from({ length: 10 }, (_, at) => served(rig, 10 + at))).toEqual(new Array<string>(10).fill('b'));
  });

  test('leaves those in line who wait', () => {
    const config = tenant('', A.replace(' }', ', max_requests: 1 }'));
    const rig = new ExchangeRig(config);
    rig.request('GET', 1);
    const client = rig.request('GET', 2);
    rig.reload(config);
    expect(rig.pool.waiting).toBe(1);
    openTo(rig, 'a').answer(200);
    linkTo(rig, 'a').answer(200);
    expect([client.outcome, loadOf(rig)]).toEqual([200, 0]);
  });
});

describe('a reload that changes a check', () => {
  const checked = (check: string) => tenant(`    health_check: ${check}\n`, A.replace(' }', ', health: /health }'));
  const reloaded = async (before: string, after: string): Promise<{ rig: ExchangeRig; backend: Backend }> => {
    const rig = new ExchangeRig(checked(before));
    await rig.clock.advance(100);
    rig.request('GET', 1);
    openTo(rig, 'a').answer(200);
    const backend = rig.backend('a');
    rig.reload(checked(after));
    return { rig, backend };
  };

  test('keeps the backend and its connections, and asks by the new schedule', async () => {
    const { rig, backend } = await reloaded('{ interval: 60s, timeout: 1s }', '{ interval: 1s, timeout: 1s }');
    expect([rig.backend('a') === backend, backend.transport.idle, rig.report('a').state.health]).toEqual([
      true,
      1,
      'healthy',
    ]);
    await rig.clock.advance(10_000);
    expect(rig.report('a').timeline.probes().length).toBeGreaterThan(8);
  });

  test('asks the new question at once, and believes the old answers until then', async () => {
    const { rig, backend } = await reloaded('{ interval: 60s, fall: 1 }', '{ interval: 60s, fall: 1, method: HEAD }');
    expect([rig.backend('a') === backend, backend.transport.idle, rig.report('a').state.health]).toEqual([
      true,
      1,
      'healthy',
    ]);
    rig.ill.add(1);
    await rig.clock.advance(100);
    expect(rig.report('a').state.health).toBe('unhealthy');
  });

  test('forgets what a check has found out that is none any more', async () => {
    const rig = new ExchangeRig(checked('{ interval: 60s, fall: 1 }'));
    rig.ill.add(1);
    await rig.clock.advance(100);
    rig.reload(tenant('', A));
    const client = rig.request('GET', 1);
    openTo(rig, 'a').answer(200);
    rig.reload(checked('{ interval: 60s, fall: 1 }'));
    expect([client.outcome, rig.report('a').state.health]).toEqual([200, 'unknown']);
  });
});

describe('a name', () => {
  test('that leads elsewhere takes the backends of before out of those that were eligible last', async () => {
    const service = '{ name: dns, url: "http://dyn.test:9", discover: addresses }';
    const rig = new ExchangeRig(`dns: { max_ttl: 1s }\n${tenant('    when_none_eligible: last_known\n', service)}`);
    rig.lookup.a('dyn.test', ['10.0.0.7', '10.0.0.8'], 1);
    await rig.clock.advance(100);
    rig.command(rig.backend('dns@10.0.0.8:9'), { kind: 'disable' });
    rig.lookup.a('dyn.test', ['10.0.0.8'], 1);
    await rig.clock.advance(10_000);
    expect(rig.pool.backends.map(({ name }) => name)).toEqual(['dns@10.0.0.8:9']);
    expect(rig.request('GET', 1).failure?.code).toBe('none-eligible');
    expect([rig.network.links.length, loadOf(rig)]).toEqual([0, 0]);
  });
});
