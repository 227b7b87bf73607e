import { describe, expect, test } from 'bun:test';
import { settle } from '../../support/virtual-clock.ts';
import { fieldOf } from '../../support/policies/alone.ts';
import { Cached, kept, statusOf, textOf } from '../../support/policies/cached.ts';

const FRESH = 'Cache-Control: max-age=60';
const TAG = 'ETag: "1"';
const SHORT = 'Cache-Control: max-age=1';

describe('what is kept', () => {
  test('is given with its age and its own date, and says so', async () => {
    const scene = new Cached();
    const first = scene.fetch([FRESH, 'Age: 5', 'X-A: 1', 'Date: Thu, 01 Jan 1970 00:00:00 GMT']);
    expect([first.body, first.form, statusOf(first)]).toEqual([
      'ok',
      'framed',
      'keystone; fwd=uri-miss; fwd-status=200; stored',
    ]);
    await scene.pass(10);
    const second = scene.ask();
    const answer = kept(second);
    expect([answer.status, textOf(answer), fieldOf(answer, 'age'), fieldOf(answer, 'x-a')]).toEqual([
      200,
      'ok',
      '15',
      '1',
    ]);
    expect(fieldOf(answer, 'date')).toBe('Thu, 01 Jan 1970 00:00:00 GMT');
    expect(statusOf(second)).toBe('keystone; hit; ttl=45');
    expect(scene.requests).toBe(1);
  });

  test('has nothing in it that is of one connection', () => {
    const scene = new Cached();
    scene.fetch([FRESH, 'Connection: x-hop', 'X-Hop: 1', 'Keep-Alive: timeout=5', 'X-Request-Id: 7']);
    const names = kept(scene.ask()).headers.map(([name]) => name.toLowerCase());
    expect(names.toSorted()).toEqual(['age', 'cache-control', 'cache-status', 'date']);
  });

  test('is as the policies after it have left it, and passes those before it each time', () => {
    const header = (value: string) => ({ headers: { response: { set: { 'X-By': value } } } });
    const inner = new Cached({}, [], [header('inner')]);
    inner.fetch([FRESH, 'X-By: origin']);
    expect(kept(inner.ask()).headers.filter(([name]) => name === 'X-By')).toEqual([['X-By', 'inner']]);
    const outer = new Cached({}, [header('outer')]);
    outer.fetch([FRESH]);
    const client = outer.ask();
    expect([fieldOf(kept(client), 'x-by'), client.added]).toEqual([null, ['X-By: outer']]);
  });

  test('answers HEAD, conditions and single ranges', () => {
    const scene = new Cached();
    scene.fetch(
      [FRESH, TAG, 'Last-Modified: Thu, 01 Jan 1970 00:00:00 GMT', 'Content-Type: text/plain'],
      '/a',
      {},
      { body: '0123456789' },
    );
    const asked = (...fields: string[]) => kept(scene.ask('/a', { fields }));
    expect(kept(scene.ask('/a', { method: 'HEAD' })).body.length).toBe(10);
    for (const field of [
      'If-None-Match: "1"',
      'If-None-Match: W/"1", "2"',
      'If-None-Match: *',
      'If-Modified-Since: Thu, 01 Jan 1970 00:00:00 GMT',
    ]) {
      const answer = asked(field);
      expect([answer.status, fieldOf(answer, 'etag'), fieldOf(answer, 'content-type')]).toEqual([304, '"1"', null]);
    }
    expect(asked('If-None-Match: "2"', 'If-Modified-Since: Thu, 01 Jan 1970 00:00:00 GMT').status).toBe(200);
    for (const [field, range, text] of [
      ['Range: bytes=2-4', 'bytes 2-4/10', '234'],
      ['Range: bytes=7-', 'bytes 7-9/10', '789'],
      ['Range: bytes=-2', 'bytes 8-9/10', '89'],
      ['Range: bytes=5-99', 'bytes 5-9/10', '56789'],
    ] as const) {
      const answer = asked(field);
      expect([answer.status, fieldOf(answer, 'content-range'), textOf(answer)]).toEqual([206, range, text]);
    }
    expect([
      asked('Range: bytes=10-').status,
      asked('Range: bytes=0-1,3-4').status,
      asked('Range: lines=1-2').status,
    ]).toEqual([416, 200, 200]);
    expect([
      asked('Range: bytes=0-1', 'If-Range: "1"').status,
      asked('Range: bytes=0-1', 'If-Range: "2"').status,
    ]).toEqual([206, 200]);
    expect(scene.requests).toBe(1);
  });

  test('is apart for schemes, hosts with ports, paths, queries and methods', () => {
    const scene = new Cached();
    scene.fetch([FRESH]);
    for (const [target, host] of [
      ['/A', 'x'],
      ['/a?b', 'x'],
      ['/a', 'x:81'],
      ['/a', 'y'],
    ] as const)
      scene.fetch([FRESH], target, { host });
    expect(scene.requests).toBe(5);
    scene.fetch([FRESH], '/a', { host: 'X' });
    expect(scene.requests).toBe(5);
    expect(scene.ask('/a', { method: 'OPTIONS' }).response).toBeNull();
  });

  test('is not looked for where two programs read a path in two ways, or the request has a body', () => {
    const scene = new Cached();
    for (const target of ['/a;x', '//a', '/a%2fb']) {
      scene.fetch([FRESH], target);
      const again = scene.fetch([FRESH], target);
      expect(statusOf(again)).toBe('keystone; fwd=bypass; detail=path');
    }
  });
});

describe('parameters that do not count', () => {
  test('come to no backend', () => {
    const scene = new Cached({ query: { without: ['utm_*', 'id'] } });
    scene.ask('/a?utm_source=%3Cscript%3E&b=1&u%74m_x=2&id=3');
    expect(scene.answer([FRESH]).split(' ')[1]).toBe('/a?b=1');
    expect(kept(scene.ask('/a?b=1&utm_source=other')).status).toBe(200);
    expect(scene.ask('/a?b=2').response).toBeNull();
  });

  test('may be all but some, or all', () => {
    const only = new Cached({ query: { only: ['page'] } });
    only.ask('/a?x=1&page=2&y');
    expect(only.answer([FRESH]).split(' ')[1]).toBe('/a?page=2');
    const none = new Cached({ query: 'none' });
    none.ask('/a?x=1');
    expect(none.answer([FRESH]).split(' ')[1]).toBe('/a');
  });
});

describe('many requests for the same', () => {
  test('are one', async () => {
    const scene = new Cached();
    const clients = Array.from({ length: 1000 }, () => scene.ask());
    scene.answer([FRESH]);
    await settle();
    expect(clients.slice(1).map(({ outcome }) => outcome)).toEqual(new Array<number>(999).fill(200));
    expect([scene.requests, scene.waiting]).toEqual([1, null]);
    expect(statusOf(clients[1] ?? scene.ask())).toBe('keystone; fwd=uri-miss; collapsed');
  });

  test('are many where the answer is not for all, and do not wait for each other', async () => {
    const scene = new Cached();
    const clients = Array.from({ length: 20 }, () => scene.ask());
    expect(scene.rig.network.links.length).toBe(1);
    scene.answer(['Cache-Control: private']);
    await settle();
    expect(scene.rig.network.links.length).toBeGreaterThanOrEqual(19);
    for (let left = 19; left > 0; left--) scene.answer(['Cache-Control: private']);
    expect(clients.map(({ outcome }) => outcome)).toEqual(new Array<number>(20).fill(200));
    const [one, other] = [scene.ask(), scene.ask()];
    scene.answer();
    scene.answer();
    expect([one.outcome, other.outcome]).toEqual([200, 200]);
  });

  test('wait for a while only', async () => {
    const scene = new Cached({ collapse_wait: '500ms' });
    const [, second] = [scene.ask(), scene.ask()];
    await scene.pass(0.6);
    scene.answer([FRESH], { body: 'own' });
    expect([second?.outcome, second?.body]).toEqual([200, 'own']);
  });

  test('go on when the first one leaves', async () => {
    const scene = new Cached();
    const clients = [scene.ask(), scene.ask(), scene.ask()];
    expect(scene.waiting).not.toBeNull();
    clients[0]?.leave();
    await settle();
    scene.answer([FRESH]);
    await settle();
    expect(clients.map(({ outcome }) => outcome)).toEqual(['gone', 200, 200]);
    expect(scene.requests).toBe(1);
  });

  test('go on when the first one leaves in the middle of the answer', async () => {
    const scene = new Cached();
    const [first, second] = [scene.ask(), scene.ask()];
    scene.waiting?.reply('HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nContent-Length: 4\r\n\r\nha');
    first?.leave();
    await settle();
    scene.answer([FRESH], { body: 'half' });
    await settle();
    expect([second?.outcome, second?.body]).toEqual([200, 'half']);
    expect(textOf(kept(scene.ask()))).toBe('half');
  });

  test('whose clients have left are not asked for', async () => {
    const scene = new Cached();
    const clients = [scene.ask(), scene.ask()];
    clients[1]?.leave();
    clients[0]?.leave();
    await settle();
    expect(scene.rig.network.links.length).toBe(1);
    scene.ask();
    scene.answer([FRESH]);
    expect(kept(scene.ask()).status).toBe(200);
  });

  test('that differ in what the answer varies by are asked for one by one', async () => {
    const scene = new Cached();
    const [, other] = [scene.ask('/a', { fields: ['X-A: 1'] }), scene.ask('/a', { fields: ['X-A: 2'] })];
    scene.answer([FRESH, 'Vary: X-A'], { body: 'one' });
    await settle();
    scene.answer([FRESH, 'Vary: X-A'], { body: 'two' });
    expect(other?.body).toBe('two');
  });
});

describe('an answer that is old', () => {
  test('is asked about, and given again with what the origin has said anew', async () => {
    const scene = new Cached();
    scene.fetch([SHORT, TAG, 'X-A: 1', 'X-B: 1']);
    await scene.pass(2);
    const client = scene.ask('/a', { fields: ['If-None-Match: "0"', 'Range: bytes=0-0'] });
    const received = scene.answer([FRESH, TAG, 'X-A: 2'], { status: 304 });
    expect(received.match(/^(?:if-none-match|range).*$/gim)).toEqual(['If-None-Match: "1"']);
    const answer = kept(client);
    expect([answer.status, textOf(answer), fieldOf(answer, 'x-a'), fieldOf(answer, 'x-b')]).toEqual([
      206,
      'o',
      '2',
      '1',
    ]);
    expect(statusOf(client)).toBe('keystone; fwd=stale; fwd-status=304; stored');
    expect(fieldOf(kept(scene.ask()), 'x-a')).toBe('2');
    expect(scene.link.state).toBe('open');
  });

  test('is confirmed to a client that has it', async () => {
    const scene = new Cached();
    scene.fetch([SHORT, TAG]);
    await scene.pass(2);
    const client = scene.ask('/a', { fields: ['If-None-Match: "1"'] });
    scene.answer([FRESH, TAG], { status: 304 });
    expect(kept(client).status).toBe(304);
  });

  test('gives way to a new one', async () => {
    const scene = new Cached();
    scene.fetch([SHORT, TAG], '/a', {}, { body: 'old' });
    await scene.pass(2);
    expect(scene.fetch([FRESH, 'ETag: "2"'], '/a', {}, { body: 'new' }).body).toBe('new');
    expect(textOf(kept(scene.ask()))).toBe('new');
  });

  test('is given while a new one is fetched behind the back of the client', async () => {
    const scene = new Cached({ stale_while_revalidate: '1m' });
    scene.fetch([SHORT], '/a', {}, { body: 'old' });
    await scene.pass(3);
    const client = scene.ask('/a', { fields: ['Range: bytes=0-0'] });
    expect([textOf(kept(client)), statusOf(client)]).toEqual(['o', 'keystone; hit; ttl=-2']);
    expect(textOf(kept(scene.ask()))).toBe('old');
    const received = scene.answer([FRESH], { body: 'new' });
    expect(received).not.toMatch(/^range:/im);
    expect([textOf(kept(scene.ask())), scene.requests, scene.waiting]).toEqual(['new', 2, null]);
    expect(scene.rig.backend('a').inFlight).toBe(0);
  });

  test('is asked about behind the back of the client, too', async () => {
    const scene = new Cached({ stale_while_revalidate: '1m' });
    scene.fetch([SHORT, TAG], '/a', {}, { body: 'old' });
    await scene.pass(3);
    kept(scene.ask());
    expect(scene.answer([FRESH], { status: 304 })).toMatch(/if-none-match: "1"/i);
    expect(statusOf(scene.ask())).toMatch(/hit; ttl=(?:59|60)/);
  });

  test('stands in when the backend fails, and after its time does not', async () => {
    const scene = new Cached({ stale_if_error: '10s' }, [], [{ headers: { response: { set: { 'X-By': 'inner' } } } }]);
    scene.fetch([SHORT], '/a', {}, { body: 'old' });
    await scene.pass(3);
    const client = scene.fetch([], '/a', {}, { status: 503, body: 'down' });
    expect([textOf(kept(client)), statusOf(client), client.added]).toEqual([
      'old',
      'keystone; hit; ttl=-2; fwd=stale; fwd-status=503',
      [],
    ]);
    await scene.pass(20);
    expect(scene.fetch([], '/a', {}, { status: 503, body: 'down' }).body).toBe('down');
  });

  test('stands in when no backend can be reached', async () => {
    const scene = new Cached({ stale_if_error: '1m' }, [], [], '    retry: { attempts: 1 }\n');
    scene.fetch([SHORT], '/a', {}, { body: 'old' });
    await scene.pass(3);
    scene.link.break();
    const client = scene.ask();
    for (let n = 0; n < 5 && client.outcome === null; n++) {
      scene.link.refuse();
      await scene.pass(3);
    }
    expect(textOf(kept(client))).toBe('old');
  });

  test('stands in for nothing that a policy refuses', async () => {
    const limit = { rate_limit: { requests: 1, per: '1m' } };
    const scene = new Cached({ stale_if_error: '1m' }, [], [limit]);
    scene.fetch([SHORT], '/a', {}, { body: 'old' });
    await scene.pass(3);
    expect([scene.ask().failure?.code, scene.waiting]).toEqual(['rate-limited', null]);
  });
});

describe('what changes an address', () => {
  test.each(['POST', 'PUT', 'DELETE', 'PATCH'])('by %s has its answer forgotten', (method) => {
    const scene = new Cached();
    scene.fetch([FRESH]);
    const changing = scene.ask('/a', { method });
    scene.answer([], { status: 201 });
    expect([changing.outcome, statusOf(changing)]).toEqual([201, 'keystone; fwd=method']);
    expect(scene.ask().response).toBeNull();
  });

  test('and fails changes nothing', () => {
    const scene = new Cached();
    scene.fetch([FRESH]);
    scene.ask('/a', { method: 'POST' });
    scene.answer([], { status: 400 });
    expect(kept(scene.ask()).status).toBe(200);
  });
});

test('an answer that is replaced by a policy further out is not kept, and nobody waits for it for ever', async () => {
  const scene = new Cached({}, [{ error_pages: { inline: 'sorry', statuses: [404], from: 'origin' } }]);
  const [first, second] = [
    scene.ask('/a', { fields: ['Accept: text/html'] }),
    scene.ask('/a', { fields: ['Accept: text/html'] }),
  ];
  scene.answer([FRESH], { status: 404 });
  await settle();
  if (scene.waiting !== null) scene.answer([FRESH], { status: 404 });
  await settle();
  expect([first?.outcome, second?.outcome]).toEqual([404, 404]);
});

test('a request for what is kept only is answered so', () => {
  const scene = new Cached();
  const client = scene.ask('/a', { fields: ['Cache-Control: only-if-cached'] });
  expect([client.outcome, statusOf(client)]).toEqual([504, 'keystone; fwd=uri-miss; detail=only-if-cached']);
});

test('a WebSocket passes', () => {
  const scene = new Cached();
  const client = scene.ask('/a', { fields: ['Connection: upgrade', 'Upgrade: websocket'] });
  scene.waiting?.switchProtocols();
  expect([client.responseStatus, statusOf(client)]).toEqual([101, null]);
});
