// Exchanges, pools and connections together, event by event: what real sockets show once in a thousand runs.
import { describe, expect, test } from 'bun:test';
import { failure } from '../../src/core/failure.ts';
import { millis } from '../../src/core/units.ts';
import type { Backend } from '../../src/pools/backend.ts';
import { seededRandom } from '../support/balancing.ts';
import { ExchangeRig, type FakeClient } from '../support/exchange-rig.ts';
import { linkTo, openTo, tenant } from '../support/exchange-scenes.ts';

const A = '{ name: a, url: "http://10.0.0.1:1" }';
const B = '{ name: b, url: "http://10.0.0.2:2" }';
const C = '{ name: c, url: "http://10.0.0.3:3" }';

/** What all pools of balancers count, which nothing else shows. */
function loadOf(rig: ExchangeRig): number {
  return rig.pool.inFlight;
}

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

describe('a hedge', () => {
  const retry = '    balance: first\n    retry: { hedge_after: 50%, per_try_timeout: 3s }\n';
  const rigWith = async (...services: readonly string[]): Promise<ExchangeRig> => {
    const rig = new ExchangeRig(tenant(retry, ...services), () => 0.1);
    await rig.clock.advance(100); // time 0 is "not measured"
    rig.request('GET', 1);
    await rig.clock.advance(100);
    openTo(rig, 'a').answer(200);
    return rig;
  };
  const hedged = async (rig: ExchangeRig, id: number): Promise<FakeClient> => {
    const client = rig.request('GET', id);
    await rig.clock.advance(400);
    return client;
  };

  test('that gets an answer worth a retry does not end the first attempt', async () => {
    const rig = await rigWith(A, B);
    const client = await hedged(rig, 2);
    openTo(rig, 'b').answer(503);
    expect(client.outcome).toBeNull();
    linkTo(rig, 'a').answer(200);
    expect([client.outcome, rig.backend('a').inFlight, rig.backend('b').inFlight]).toEqual([200, 0, 0]);
  });

  test('stays when the first attempt has taken too long, and nobody is asked twice', async () => {
    const rig = await rigWith(A, B);
    const client = await hedged(rig, 2);
    openTo(rig, 'b');
    await rig.clock.advance(4000);
    expect(rig.network.links.length).toBe(2);
    linkTo(rig, 'b').answer(200);
    expect([client.outcome, rig.backend('a').inFlight, rig.backend('b').inFlight]).toEqual([200, 0, 0]);
  });

  test('that is left alone and fails is not followed by the backend whose answer was left aside', async () => {
    const rig = await rigWith(A, B, C);
    const client = await hedged(rig, 2);
    openTo(rig, 'b');
    linkTo(rig, 'a').answer(503);
    linkTo(rig, 'b').break();
    await rig.clock.advance(1000);
    openTo(rig, 'c').answer(200);
    expect(client.outcome).toBe(200);
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

describe('a hedge of a request with a body', () => {
  test('sends the body, too', async () => {
    const retry = '    balance: first\n    retry: { hedge_after: 50%, per_try_timeout: 3s }\n';
    const rig = new ExchangeRig(tenant(retry, A, B), () => 0.1);
    await rig.clock.advance(100);
    rig.request('GET', 1);
    await rig.clock.advance(100);
    openTo(rig, 'a').answer(200);
    const client = rig.request('GET', 2, 'a', 4);
    client.sendMore(3);
    await rig.clock.advance(400);
    expect(openTo(rig, 'b').request).toMatchObject({ id: '2', isWhole: true });
  });
});
