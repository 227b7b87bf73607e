// The policies of a tenant on the way of its requests and responses, step by step.
import { describe, expect, test } from 'bun:test';
import { failure } from '../../src/core/failure.ts';
import { millis } from '../../src/core/units.ts';
import { requestEdit, responseEdit } from '../../src/message/edits.ts';
import { CONTINUE, PLACES, type Policy, type PolicyRequest, type Verdict } from '../../src/policies/contract.ts';
import { ExchangeRig, type FakeClient, read } from '../support/exchange-rig.ts';
import { linkTo, openTo, tenant } from '../support/exchange-scenes.ts';
import { ChangingStage, plansOf, scripted, withPolicies } from '../support/policies/scripted.ts';

const A = '{ name: a, url: "http://10.0.0.1:1" }';
const B = '{ name: b, url: "http://10.0.0.2:2" }';
const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n';
const CHUNKED = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n';
const REFUSED: Verdict = { kind: 'refuse', failure: failure('method-refused'), retryAfter: null };
const ANSWERED: Verdict = { kind: 'respond', response: { status: 418, headers: [], body: new Uint8Array(0) } };

/** A gateway whose one tenant has these policies, in this order. */
function rigWith(policies: Readonly<Record<string, Policy>>, settings = '', services = [A]): ExchangeRig {
  const kinds = Object.entries(policies).map(([type, policy]) => scripted(type, policy));
  const plan = withPolicies(read(tenant(settings, ...services)), plansOf(kinds));
  return new ExchangeRig(plan, undefined, { policies: kinds });
}

/** A verdict that a test gives when it likes. */
function later(): {
  readonly promise: Promise<Verdict>;
  readonly give: (verdict: Verdict) => Promise<void>;
  readonly reject: () => Promise<void>;
} {
  const { promise, resolve, reject } = Promise.withResolvers<Verdict>();
  const rest = async (): Promise<void> => {
    for (let n = 0; n < 10; n++) await Promise.resolve();
  };
  return {
    promise,
    give: async (verdict) => {
      resolve(verdict);
      await rest();
    },
    reject: async () => {
      reject(new Error('the store is down'));
      await rest();
    },
  };
}

/** What the only exchange so far has left behind. */
function ended({ ended: all }: ExchangeRig) {
  expect(all).toHaveLength(1);
  const [{ status, failure: code, refusedBy, attemptCount }] = all;
  return { status, failure: code, refusedBy, attemptCount };
}

function answer(rig: ExchangeRig, ...pieces: readonly string[]): void {
  openTo(rig, 'a').reply(...pieces);
}

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
        /a policy has failed.*tenant=main.*policy=broken/,
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

describe('the response step', () => {
  test('asks in the other order, and sees what the backend says', () => {
    const seen: string[] = [];
    const seeing = (name: string): Policy => ({
      response(request, response) {
        seen.push(`${name} ${response.head.status} ${response.field('x-a') ?? ''} for ${request.field('host') ?? ''}`);
        request.responseEdits.add(responseEdit.append('X-By', name));
        return CONTINUE;
      },
    });
    const rig = rigWith({ one: seeing('one'), two: seeing('two') });
    const client = rig.request('GET', 1);
    answer(rig, 'HTTP/1.1 200 OK\r\nX-A: 1\r\nContent-Length: 2\r\n\r\nok');
    expect(seen).toEqual(['two 200 1 for x', 'one 200 1 for x']);
    expect([client.form, client.added, client.body]).toEqual(['framed', ['X-By: two', 'X-By: one'], 'ok']);
  });

  test('may put an answer in the place of the response, or a refusal', () => {
    for (const [verdict, outcome] of [
      [ANSWERED, 418],
      [REFUSED, 503],
    ] as const) {
      const rig = rigWith({ strict: { response: () => verdict } });
      const client = rig.request('GET', 1);
      answer(rig, `${OK}ok`);
      expect([client.outcome, client.body]).toEqual([outcome, '']);
      expect(ended(rig)).toMatchObject({ refusedBy: 'strict', attemptCount: 1 });
      expect([linkTo(rig, 'a').state, rig.backend('a').inFlight]).toEqual(['closed', 0]);
    }
  });

  test('of a policy that throws keeps the response from the client', () => {
    const response = (): never => {
      throw new Error('a secret');
    };
    const rig = rigWith({ broken: { response } });
    const client = rig.request('GET', 1);
    answer(rig, `${OK}ok`);
    expect([client.failure?.code, client.hasHead]).toEqual(['policy-failed', false]);
  });

  test('is not asked about an answer that is left aside for a better one', () => {
    let asked = 0;
    const response = (): Verdict => {
      asked++;
      return CONTINUE;
    };
    const rig = rigWith({ counting: { response } }, '', [A, B]);
    const client = rig.request('GET', 1);
    const [name, other] = rig.network.links[0]?.backend.name === 'a' ? ['a', 'b'] : ['b', 'a'];
    openTo(rig, name).reply('HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n');
    openTo(rig, other).reply(`${OK}ok`);
    expect([client.outcome, asked]).toEqual([200, 1]);
  });
});

describe('a response that waits for a verdict', () => {
  const waiting = (settings = '') => {
    const verdict = later();
    const rig = rigWith({ slow: { response: () => verdict.promise } }, settings);
    const client = rig.request('GET', 1, '', 0, 'Connection: TE\r\nTE: trailers\r\n');
    return { rig, client, ...verdict };
  };
  const received = ({ outcome, form, body }: FakeClient) => ({ outcome, form, body });

  test('is whole afterwards, even if its backend was done with it and has served another', async () => {
    const { rig, client, give } = waiting();
    answer(rig, `${OK}ok`);
    expect([client.hasHead, client.outcome, rig.backend('a').inFlight]).toEqual([false, null, 0]);
    const other = rig.request('GET', 2); // waits, too
    linkTo(rig, 'a').reply('HTTP/1.1 404 Not Found\r\nContent-Length: 3\r\n\r\nno!');
    await give(CONTINUE);
    expect(received(client)).toEqual({ outcome: 200, form: 'framed', body: 'ok' });
    expect(received(other)).toEqual({ outcome: 404, form: 'framed', body: 'no!' });
    expect(rig.network.links).toHaveLength(1);
  });

  test('goes on with what comes later', async () => {
    const { rig, client, give } = waiting();
    answer(rig, OK, 'o');
    await give(CONTINUE);
    expect(received(client)).toEqual({ outcome: null, form: 'framed', body: 'o' });
    linkTo(rig, 'a').reply('k');
    expect(received(client)).toEqual({ outcome: 200, form: 'framed', body: 'ok' });
  });

  test('in chunks comes as payload, with its trailers', async () => {
    const { rig, client, give } = waiting();
    answer(rig, `${CHUNKED}2\r\nok\r\n`, '1\r\n!\r\n0\r\nX-Sum: 1\r\n\r\n');
    await give(CONTINUE);
    expect(received(client)).toEqual({ outcome: 200, form: 'payload', body: 'ok![X-Sum: 1]' });
  });

  test('may still be answered otherwise', async () => {
    const { rig, client, give } = waiting();
    answer(rig, `${OK}o`);
    await give(ANSWERED);
    expect(received(client)).toEqual({ outcome: 418, form: null, body: '' });
    expect([linkTo(rig, 'a').state, rig.backend('a').inFlight]).toEqual(['closed', 0]);
  });

  test('whose backend breaks off is a failure, and what the policy says then is too late', async () => {
    const { rig, client, give } = waiting();
    answer(rig, `${OK}o`);
    linkTo(rig, 'a').break();
    expect([client.failure?.code, client.hasHead]).toEqual(['response-cut', false]);
    await give(CONTINUE);
    expect(ended(rig)).toMatchObject({ failure: 'response-cut', refusedBy: null });
  });

  test('whose policy rejects is a failure', async () => {
    const { rig, client, reject } = waiting();
    answer(rig, `${OK}ok`);
    await reject();
    expect([client.failure?.code, client.hasHead]).toEqual(['policy-failed', false]);
  });

  test('does not wait longer than the exchange may', async () => {
    const { rig, client } = waiting('    timeouts: { exchange: 2s }\n');
    answer(rig, `${OK}o`);
    await rig.clock.advance(2300);
    expect(client.failure?.code).toBe('exchange-timeout');
    expect(linkTo(rig, 'a').state).toBe('closed');
  });

  test('whose client leaves is over', async () => {
    const { rig, client, give } = waiting();
    answer(rig, `${OK}ok`);
    client.leave();
    await give(CONTINUE);
    expect(ended(rig)).toMatchObject({ status: 0, failure: 'client-gone' });
  });
});

describe('stages', () => {
  const staged = (...changes: readonly ((text: string) => string)[]) => {
    const stages: ChangingStage[] = [];
    const policies = changes.map((change, at): readonly [string, Policy] => [
      `stage${at}`,
      {
        stage: () => (output) => {
          const stage = new ChangingStage(output, change);
          stages.push(stage);
          return stage;
        },
      },
    ]);
    return { rig: rigWith(Object.fromEntries(policies)), stages };
  };

  test('change a body one after the other, the one that saw the request first comes last', () => {
    const { rig } = staged(
      (text) => `<${text}>`,
      (text) => text.toUpperCase(),
    );
    const client = rig.request('GET', 1);
    answer(rig, CHUNKED, '2\r\nok\r\n', '1\r\n!\r\n0\r\n\r\n');
    expect([client.outcome, client.form, client.body]).toEqual([200, 'payload', '<OK><!><>']);
  });

  test('rest when the client does, and go on when it goes on', () => {
    const { rig, stages } = staged((text) => text);
    const client = rig.request('GET', 1);
    client.isFull = true;
    answer(rig, `${OK}o`);
    client.drain();
    expect(stages[0]?.calls).toEqual(['resume']);
    linkTo(rig, 'a').reply('k');
    expect([client.outcome, client.body]).toEqual([200, 'ok']);
  });

  test('are destroyed with a response that breaks off', () => {
    const { rig, stages } = staged(
      (text) => text,
      (text) => text,
    );
    const client = rig.request('GET', 1);
    answer(rig, `${OK}o`);
    linkTo(rig, 'a').break();
    expect(client.outcome).toBe('cut');
    expect(stages.map(({ calls }) => calls)).toEqual([['destroy'], ['destroy']]);
  });

  test('that fail break the response off', () => {
    const broken: Policy = {
      stage: () => (output) => ({
        write: () => {
          output.failed(new Error('the encoder is broken'));
          return true;
        },
        end: () => undefined,
        resume: () => undefined,
        destroy: () => undefined,
      }),
    };
    const rig = rigWith({ broken });
    const client = rig.request('GET', 1);
    answer(rig, `${OK}ok`);
    expect(client.outcome).toBe('cut');
    expect(ended(rig)).toMatchObject({ failure: 'policy-failed', refusedBy: 'broken' });
  });

  test('that cannot even be planned keep the response from the client', () => {
    const stage = (): never => {
      throw new Error('a secret');
    };
    const rig = rigWith({ broken: { stage } });
    const client = rig.request('GET', 1);
    answer(rig, `${OK}ok`);
    expect([client.failure?.code, client.hasHead]).toEqual(['policy-failed', false]);
  });

  test('follow a verdict that took its time', async () => {
    const { promise, give } = later();
    const policy: Policy = {
      response: () => promise,
      stage: () => (output) => new ChangingStage(output, (text) => text.toUpperCase()),
    };
    const rig = rigWith({ both: policy });
    const client = rig.request('GET', 1);
    answer(rig, `${OK}ok`);
    await give(CONTINUE);
    expect([client.outcome, client.form, client.body]).toEqual([200, 'payload', 'OK']);
  });
});

describe('the policies of a tenant', () => {
  test('stand in the order of their places', () => {
    const asked: string[] = [];
    const kinds = PLACES.toReversed().map((place) =>
      scripted(
        place,
        {
          request: () => {
            asked.push(place);
            return CONTINUE;
          },
        },
        place,
      ),
    );
    const rig = new ExchangeRig(withPolicies(read(tenant('', A)), plansOf(kinds)), undefined, { policies: kinds });
    rig.request('GET', 1);
    expect(asked).toEqual([...PLACES]);
  });

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
    for (const _ of rig.apply(plan('    timeouts: { exchange: 3s }\n')));
    expect(made).toBe(1);
    rig.stop();
  });

  test('must be of a kind that there is', () => {
    const plan = withPolicies(read(tenant('', A)), [{ type: 'unheard_of', options: {} }]);
    expect(() => new ExchangeRig(plan)).toThrow('there is no policy unheard_of');
  });

  test('are none where compression is off: nobody is asked', () => {
    const rig = new ExchangeRig(tenant('    compression: { enabled: false }\n', A));
    expect(rig.store.current.sites[0]?.current.policies).toBeNull();
  });
});
