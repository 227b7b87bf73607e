// The policies of a tenant on the way of the responses to its requests.
import { describe, expect, test } from 'bun:test';
import { millis } from '../../src/core/units.ts';
import { Stages } from '../../src/forward/stages.ts';
import { responseEdit } from '../../src/message/edits.ts';
import { CONTINUE, type Policy, type Verdict } from '../../src/policies/contract.ts';
import type { OpenStage, StageOutput } from '../../src/policies/stage.ts';
import type { FakeClient } from '../support/fake-client.ts';
import { linkTo, openTo } from '../support/exchange-scenes.ts';
import { ChangingStage } from '../support/policies/scripted.ts';
import { A, B } from '../support/exchange-scenes.ts';
import { ANSWERED, CHUNKED, OK, REFUSED, answer, ended, later, rigWith } from '../support/policies/steps-scene.ts';

describe('the response step', () => {
  test('asks in the other order, and sees what the backend says', () => {
    const seen: string[] = [];
    const seeing = (name: string): Policy => ({
      response(request, response) {
        seen.push(`${name} ${response.status} ${response.field('x-a') ?? ''} for ${request.field('host') ?? ''}`);
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
      // All of the answer had come, so its connection may serve again.
      expect([linkTo(rig, 'a').state, rig.backend('a').inFlight]).toEqual(['open', 0]);
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

  test('tell the exchange how long they have kept the event loop busy', () => {
    const told: number[] = [];
    const owner = {
      account: 0,
      stagesDrained: () => undefined,
      stagesDone: () => undefined,
      stageFailed: () => undefined,
    };
    const outputs: StageOutput[] = [];
    const open: OpenStage = (output) => {
      outputs.push(output);
      return new ChangingStage(output, (text) => text);
    };
    const planned = ['one', 'two'].map((type) => ({ type, open, keepsBody: false }));
    const client = rigWith({}).request('GET', 1);
    const stages = new Stages(planned, client, { ...owner, stageWorked: (time) => void told.push(time) });
    for (const output of outputs) output.worked(millis(0.25));
    stages.destroy();
    expect(told).toEqual([0.25, 0.25]);
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
