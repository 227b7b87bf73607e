// Every answer of a tenant passes its policies, whoever has made it; and those who follow an exchange hear how it ends.
import { describe, expect, test } from 'bun:test';
import type { Moved } from '../../src/message/contract.ts';
import { responseEdit } from '../../src/message/edits.ts';
import { CONTINUE, type ExchangeEnd, type Policy, type ReadBody, type Verdict } from '../../src/policies/contract.ts';
import { ExchangeRig, read } from '../support/exchange-rig.ts';
import { linkTo, openTo, tenant } from '../support/exchange-scenes.ts';
import { planOf, scripted, withPolicies } from '../support/policies/scripted.ts';
import { A } from '../support/exchange-scenes.ts';
import { ANSWERED, OK, REFUSED, answer, ended, later, rigWith } from '../support/policies/steps-scene.ts';

/** Notes the answers that it is asked about. */
function noting(seen: string[], name: string): Policy {
  return {
    response(request, { status, failure: why }) {
      seen.push(`${name}: ${status} ${why?.code ?? '-'}`);
      request.responseEdits.add(responseEdit.append('X-By', name));
      return CONTINUE;
    },
  };
}

describe('the policies of a tenant are asked', () => {
  test('about the refusal of one of them: those that were reached, in the other order', () => {
    const seen: string[] = [];
    const rig = rigWith({
      first: noting(seen, 'first'),
      refusing: { ...noting(seen, 'refusing'), request: () => REFUSED },
      last: noting(seen, 'last'),
    });
    const client = rig.request('GET', 1);
    expect(seen).toEqual(['refusing: 503 method-refused', 'first: 503 method-refused']);
    expect(client.added).toEqual(['X-By: refusing', 'X-By: first']);
    expect(ended(rig)).toEqual({ status: 503, failure: 'method-refused', refusedBy: 'refusing', attemptCount: 0 });
  });

  test('about the answer of one of them', () => {
    const seen: string[] = [];
    const rig = rigWith({ first: noting(seen, 'first'), answering: { request: () => ANSWERED } });
    expect(rig.request('GET', 1).response?.status).toBe(418);
    expect(seen).toEqual(['first: 418 -']);
  });

  test('about a failure of the backends', () => {
    const seen: string[] = [];
    const rig = rigWith({ only: noting(seen, 'only') }, '    retry: { attempts: 0 }\n');
    const client = rig.request('GET', 1);
    linkTo(rig, 'a').refuse();
    expect([seen, client.added]).toEqual([['only: 503 connect-refused'], ['X-By: only']]);
    expect(ended(rig)).toMatchObject({ failure: 'connect-refused', refusedBy: null });
  });

  test('about the answer that another one has put in the place of the first', () => {
    const seen: string[] = [];
    const page: Verdict = {
      kind: 'respond',
      response: { status: 404, headers: [['X-Page', '1']], body: new Uint8Array(1) },
    };
    const rig = rigWith({
      outer: noting(seen, 'outer'),
      pages: { response: (_, { status }) => (status === 418 ? page : CONTINUE) },
      answering: { request: () => ANSWERED },
    });
    expect(rig.request('GET', 1).response).toMatchObject({ status: 404, headers: [['X-Page', '1']] });
    expect(seen).toEqual(['outer: 404 -']);
    expect(ended(rig)).toMatchObject({ status: 404, refusedBy: 'pages' });
  });

  test('once: a failure of theirs goes to the client, and what they have edited for another answer does not', () => {
    const seen: string[] = [];
    const broken: Policy = {
      stage: () => {
        throw new Error('broken');
      },
    };
    const rig = rigWith({ noting: noting(seen, 'noting'), broken });
    const client = rig.request('GET', 1);
    answer(rig, `${OK}ok`);
    expect(seen).toEqual(['noting: 200 -', 'noting: 503 policy-failed']);
    expect(client.added).toEqual(['X-By: noting']);
  });

  test('and may take their time about an answer of the gateway, while the client sends no more', async () => {
    const { promise, give } = later();
    const rig = rigWith({ slow: { response: () => promise }, refusing: { request: () => REFUSED } });
    const client = rig.request('POST', 1, 'ab', 4);
    client.sendMore(1);
    expect([client.outcome, client.isPaused]).toEqual([null, true]);
    await give(CONTINUE);
    expect(client.outcome).toBe(503);
    expect(rig.network.bugs).toEqual([]);
  });

  test('about an answer no longer than the whole exchange may take', async () => {
    const { promise, give } = later();
    const rig = rigWith(
      { slow: { response: () => promise }, refusing: { request: () => REFUSED } },
      '    timeouts: { exchange: 2s }\n',
    );
    const client = rig.request('GET', 1);
    await rig.clock.advance(2200);
    expect(client.failure?.code).toBe('exchange-timeout');
    await give(ANSWERED);
    expect([rig.ended.length, rig.network.bugs]).toEqual([1, []]);
  });
});

describe('a policy that is not for every request', () => {
  test('is asked about those that it is for, in both steps', () => {
    const seen: string[] = [];
    const kinds = [scripted('some', { ...noting(seen, 'some'), request: () => (seen.push('asked'), CONTINUE) })];
    const plans = [planOf('some', {}, { methods: ['POST'] })];
    const rig = new ExchangeRig(withPolicies(read(tenant('', A)), plans), undefined, { policies: kinds });
    rig.request('GET', 1);
    answer(rig, `${OK}ok`);
    expect(seen).toEqual([]);
    rig.request('POST', 2);
    openTo(rig, 'a').reply(`${OK}ok`);
    expect(seen).toEqual(['asked', 'some: 200 -']);
  });
});

describe('who follows an exchange', () => {
  const following = (ends: ExchangeEnd[], more: Policy = {}): Policy => ({
    request(request) {
      request.follow({ ...more, end: (end) => ends.push(end) });
      return CONTINUE;
    },
  });

  test('hears how it ends, once, whatever happens', () => {
    const ends: ExchangeEnd[] = [];
    const rig = rigWith({ following: following(ends) }, '    retry: { attempts: 0 }\n');
    rig.request('GET', 1);
    answer(rig, `${OK}ok`);
    rig.request('GET', 2).leave();
    rig.request('GET', 3);
    linkTo(rig, 'a').refuse();
    expect(ends).toEqual([
      { status: 200, failure: null },
      { status: 0, failure: 'client-gone' },
      { status: 503, failure: 'connect-refused' },
    ]);
  });

  test('is asked about the answer at the place of its policy', () => {
    const seen: string[] = [];
    const rig = rigWith({
      outer: noting(seen, 'outer'),
      following: following([], noting(seen, 'follower')),
      inner: noting(seen, 'inner'),
    });
    rig.request('GET', 1);
    answer(rig, `${OK}ok`);
    expect(seen).toEqual(['inner: 200 -', 'follower: 200 -', 'outer: 200 -']);
  });

  test('hears the body of the request', () => {
    const heard: string[] = [];
    const listening: Policy = {
      request(request) {
        request.follow({
          requestBody: (bytes, start, end) => heard.push(Buffer.from(bytes.subarray(start, end)).toString()),
        });
        return CONTINUE;
      },
    };
    const rig = rigWith({ listening });
    const client = rig.request('POST', 1, 'ab', 4);
    client.sendMore(2);
    expect(heard.join('')).toBe('abxx');
  });
});

describe('a policy that reads the body', () => {
  const reading = (heard: ReadBody[], limit: number): Policy => ({
    async request(request) {
      heard.push(await request.readBody(limit));
      return CONTINUE;
    },
  });
  const rest = async (): Promise<void> => {
    for (let n = 0; n < 20; n++) await Promise.resolve();
  };

  test('gets all of it, and the backend gets it as well', async () => {
    const heard: ReadBody[] = [];
    const rig = rigWith({ reading: reading(heard, 10) });
    const client = rig.request('POST', 1, 'ab', 4);
    expect(client.isPaused).toBe(false);
    client.sendMore(2);
    await rest();
    expect(heard).toEqual([{ kind: 'whole', bytes: Uint8Array.from(Buffer.from('abxx')) }]);
    expect(openTo(rig, 'a').received).toEndWith('\r\n\r\nabxx');
  });

  test('hears when it is too long, and what has come goes on', async () => {
    const heard: ReadBody[] = [];
    const rig = rigWith({ reading: reading(heard, 3) });
    const client = rig.request('POST', 1, 'ab', 6);
    await rest();
    expect(heard).toEqual([{ kind: 'too_large' }]);
    expect(openTo(rig, 'a').received).toEndWith('\r\n\r\nab');
    client.sendMore(4);
    expect(linkTo(rig, 'a').received).toEndWith('\r\n\r\nabxxxx');
  });

  test('of a client that leaves hears nothing', async () => {
    const heard: ReadBody[] = [];
    const rig = rigWith({ reading: reading(heard, 10) });
    rig.request('POST', 1, 'ab', 4).leave();
    await rest();
    expect([heard, rig.network.links, rig.network.bugs]).toEqual([[], [], []]);
  });
});

describe('a policy that rewrites', () => {
  const rewriting = (target: string, moved?: Moved): Policy => ({
    request(request) {
      request.rewrite(target, moved);
      request.rewriteHost('inside.test');
      return CONTINUE;
    },
  });

  test('has the backend get another target and Host, at every attempt', () => {
    const rig = rigWith({ rewriting: rewriting('/other/%41?x=1', { prefix: '/v1', base: '', mapsBack: true }) });
    rig.request('GET', 1);
    const { received } = openTo(rig, 'a');
    expect(received).toStartWith('GET /other/A?x=1 HTTP/1.1\r\nHost: inside.test\r\n');
    expect(received.match(/^X-Forwarded-(Prefix|Host).*$/gim)).toEqual([
      'X-Forwarded-Host: x',
      'X-Forwarded-Prefix: /v1',
    ]);
  });

  test.each(['other', '//evil.test/', '/a b', '/a%2f..%2fb', '', '/a\r\nX: y', '/a#b'])(
    'to %p is refused as a bug of its own',
    (target) => {
      const rig = rigWith({ rewriting: rewriting(target) });
      expect(rig.request('GET', 1).failure?.code).toBe('policy-failed');
      expect(rig.network.links).toEqual([]);
    },
  );

  test('is seen by those after it', () => {
    const seen: string[] = [];
    const seeing: Policy = { request: ({ target }) => (seen.push(target), CONTINUE) };
    const rig = rigWith({ before: seeing, rewriting: rewriting('/other'), after: seeing });
    rig.request('GET', 1);
    expect(seen).toEqual(['/1', '/other']);
  });
});

test('what a client sends by a name that policies tell backends something by reaches no backend, in any spelling', () => {
  const kind = { ...scripted('who', { request: () => CONTINUE }), identityFields: () => ['x-user'] };
  const rig = new ExchangeRig(withPolicies(read(tenant('', A)), [planOf('who')]), undefined, { policies: [kind] });
  rig.request('GET', 1, '', 0, 'X-User: eve\r\nx_user: eve\r\nX-USER: eve\r\nX-Users: 1\r\n');
  expect(openTo(rig, 'a').received.match(/^x.user.*$/gim)).toEqual(['X-Users: 1']);
});
