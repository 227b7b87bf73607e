// The policies of a tenant on the way of its requests.
import { describe, expect, test } from 'bun:test';
import { failure } from '../../src/core/failure.ts';
import { atOnce } from '../../src/core/slices.ts';
import { millis } from '../../src/core/units.ts';
import { requestEdit, responseEdit } from '../../src/message/edits.ts';
import { CONTINUE, type Policy, type PolicyRequest, type Verdict } from '../../src/policies/contract.ts';
import { ExchangeRig, read } from '../support/exchange-rig.ts';
import { linkTo, openTo, tenant } from '../support/exchange-scenes.ts';
import { planOf, plansOf, scripted, withPolicies } from '../support/policies/scripted.ts';
import { A, B } from '../support/exchange-scenes.ts';
import { ANSWERED, OK, REFUSED, answer, ended, later, rigWith } from '../support/policies/steps-scene.ts';

describe('the request step', () => {
  test('asks one policy after the other, before a backend is chosen', () => {
    const asked: string[] = [];
    const asking = (name: string): Policy => ({
      request: () => {
        asked.push(name);
        return CONTINUE;
      },
    });
    const rig = rigWith({ one: asking('one'), two: asking('two') });
    const client = rig.request('GET', 1);
    expect(asked).toEqual(['one', 'two']);
    answer(rig, `${OK}ok`);
    expect([client.outcome, client.body]).toEqual([200, 'ok']);
    expect(ended(rig)).toEqual({ status: 200, failure: null, refusedBy: null, attemptCount: 1 });
  });

  test('ends with the policy that answers, and no backend is asked', () => {
    const rig = rigWith({ teapot: { request: () => ANSWERED }, other: { request: () => REFUSED } });
    expect(rig.request('GET', 1).outcome).toBe(418);
    expect(rig.network.links).toEqual([]);
    expect(ended(rig)).toEqual({ status: 418, failure: null, refusedBy: 'teapot', attemptCount: 0 });
  });

  test('ends with the policy that refuses, and says when it is worth asking again', () => {
    const verdict: Verdict = { kind: 'refuse', failure: failure('too-many-connections'), retryAfter: millis(1200) };
    const rig = rigWith({ limit: { request: () => verdict } });
    const client = rig.request('GET', 1);
    expect(client.failure?.code).toBe('too-many-connections');
    expect(client.added).toEqual(['Retry-After: 2']);
    expect(ended(rig)).toMatchObject({ failure: 'too-many-connections', refusedBy: 'limit', attemptCount: 0 });
  });

  test('may take its time, and the client sends no more meanwhile', async () => {
    const first = later();
    const second = later();
    const rig = rigWith({ one: { request: () => first.promise }, two: { request: () => second.promise } });
    const client = rig.request('POST', 1, 'ab', 4);
    expect(client.isPaused).toBe(true);
    await first.give(CONTINUE);
    expect(rig.network.links).toEqual([]);
    client.sendMore(1); // it was on its way
    await second.give(CONTINUE);
    expect(openTo(rig, 'a').received).toEndWith('\r\n\r\nabx');
    expect(client.isPaused).toBe(false);
    client.sendMore(1);
    linkTo(rig, 'a').reply(`${OK}ok`);
    expect(client.outcome).toBe(200);
  });

  test('that takes its time may still answer or refuse', async () => {
    for (const [verdict, outcome] of [
      [ANSWERED, 418],
      [REFUSED, 503],
    ] as const) {
      const { promise, give } = later();
      const rig = rigWith({ slow: { request: () => promise } });
      const client = rig.request('GET', 1);
      await give(verdict);
      expect([client.outcome, rig.network.links.length]).toEqual([outcome, 0]);
      expect(ended(rig).refusedBy).toBe('slow');
    }
  });

  test('of a policy that throws or rejects refuses, and only the log learns why', async () => {
    const { promise, reject } = later();
    const throwing = (): never => {
      throw new Error('a secret');
    };
    for (const policy of [{ request: throwing }, { request: () => promise }]) {
      const rig = rigWith({ broken: policy });
      const client = rig.request('GET', 1);
      await reject();
      expect(client.failure).toMatchObject({ code: 'policy-failed', detail: 'A policy of the tenant failed.' });
      expect(ended(rig)).toMatchObject({ failure: 'policy-failed', refusedBy: 'broken', attemptCount: 0 });
      expect(rig.network.bugs.map(({ message }) => message)[0]).toMatch(
        /a policy has failed.*"tenant":"main".*"policy":"broken"/,
      );
    }
  });

  test('has the time that the whole exchange has', async () => {
    const { promise, give } = later();
    const rig = rigWith({ slow: { request: () => promise } }, '    timeouts: { exchange: 2s }\n');
    const client = rig.request('GET', 1);
    await rig.clock.advance(1900);
    expect(client.outcome).toBeNull();
    await rig.clock.advance(300);
    expect(client.failure?.code).toBe('exchange-timeout');
    await give(CONTINUE);
    expect([rig.network.links.length, rig.ended.length]).toEqual([0, 1]);
  });

  test('whose client has left is over: what comes late touches nobody', async () => {
    const { promise, give } = later();
    const seen: PolicyRequest[] = [];
    let isFirst = true;
    const policy: Policy = {
      request(request) {
        seen.push(request);
        if (!isFirst) return CONTINUE;
        isFirst = false;
        return promise;
      },
    };
    const rig = rigWith({ slow: policy });
    const client = rig.request('GET', 1, '', 0, 'X-Secret: one\r\n');
    expect(seen[0]?.field('x-secret')).toBe('one');
    client.leave();
    const other = rig.request('GET', 2, '', 0, 'X-Secret: two\r\n');
    expect(seen[0]?.field('x-secret')).toBeNull();
    seen[0]?.responseEdits.add(responseEdit.set('X-Late', '1'));
    seen[0]?.requestEdits.add(requestEdit.set('X-Late', '1'));
    await give(REFUSED);
    expect(openTo(rig, 'a').received).not.toContain('X-Late');
    linkTo(rig, 'a').reply(`${OK}ok`);
    expect([other.outcome, other.added]).toEqual([200, []]);
    expect(seen[1]?.field('x-secret')).toBeNull();
    expect(rig.ended.map(({ status, refusedBy }) => [status, refusedBy])).toEqual([
      [0, null],
      [200, null],
    ]);
  });
});

describe('edits of policies', () => {
  const policy: Policy = {
    request({ requestEdits, responseEdits }) {
      requestEdits.add(requestEdit.set('X-User', 'ada'));
      requestEdits.add(requestEdit.remove('Cookie'));
      responseEdits.add(responseEdit.append('X-Seen', '1'));
      return CONTINUE;
    },
  };

  test('reach the backend, at every attempt, and the client', () => {
    const rig = rigWith({ change: policy }, '', [A, B]);
    const client = rig.request('GET', 1, '', 0, 'Cookie: a=b\r\nX-User: eve\r\n');
    const [name, other] = rig.network.links[0]?.backend.name === 'a' ? ['a', 'b'] : ['b', 'a'];
    expect(openTo(rig, name).received.match(/^(cookie|x-user).*/gim)).toEqual(['X-User: ada']);
    linkTo(rig, name).reply('HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n');
    expect(openTo(rig, other).received.match(/^(cookie|x-user).*/gim)).toEqual(['X-User: ada']);
    linkTo(rig, other).reply(`${OK}ok`);
    expect([client.outcome, client.added]).toEqual([200, ['X-Seen: 1']]);
  });

  test('change the answers of the gateway itself, too, and end with their exchange', () => {
    const rig = rigWith({ change: policy }, '    when_none_eligible: fail\n    retry: { attempts: 0 }\n');
    const client = rig.request('GET', 1);
    linkTo(rig, 'a').refuse();
    expect([client.failure?.code, client.added]).toEqual(['connect-refused', ['X-Seen: 1']]);
    const next = rig.request('GET', 2);
    answer(rig, `${OK}ok`);
    expect(next.added).toEqual(['X-Seen: 1']);
  });
});

describe('the policies of a tenant', () => {
  test('are the same after a reload that does not change them', () => {
    let made = 0;
    const kind = {
      ...scripted('counting', {}),
      create: () => {
        made++;
        return {};
      },
    };
    const plan = (settings: string) => withPolicies(read(tenant(settings, A)), plansOf([kind]));
    const rig = new ExchangeRig(plan(''), undefined, { policies: [kind] });
    atOnce(rig.apply(plan('    timeouts: { exchange: 3s }\n')));
    expect(made).toBe(1);
    rig.stop();
  });

  test('must be of a kind that there is', () => {
    const plan = withPolicies(read(tenant('', A)), [planOf('unheard_of')]);
    expect(() => new ExchangeRig(plan)).toThrow('there is no policy unheard_of');
  });

  test('are none where compression is off: nobody is asked', () => {
    const rig = new ExchangeRig(tenant('    compression: { enabled: false }\n', A));
    expect(rig.store.current.sites[0]?.current.policies).toBeNull();
  });
});

describe('a process that asks a policy', () => {
  test('says meanwhile which one it is, by its place among all of the tenant, and nothing afterwards', () => {
    const said: (number | null)[] = [];
    const say = (): void => void said.push(rig.crumb?.policy ?? null);
    const saying: Policy = {
      request: () => (say(), CONTINUE),
      response: () => (say(), CONTINUE),
      stage: () => (say(), null),
    };
    const failing: Policy = {
      response: () => {
        say();
        throw new Error('broken');
      },
    };
    const rig = rigWith({ none: {}, saying, failing });
    rig.request('GET', 1);
    expect(rig.crumb).toBeNull();
    answer(rig, `${OK}ok`);
    expect([said, rig.crumb]).toEqual([[1, 2, 1], null]);
    const fine = rigWith({ saying: { ...saying, response: () => CONTINUE } });
    fine.request('GET', 1);
    expect(fine.crumb).toBeNull();
  });
});
