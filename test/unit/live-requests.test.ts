import { describe, expect, test } from 'bun:test';
import { millis } from '../../src/core/units.ts';
import { LiveBoard } from '../../src/observe/live/live-board.ts';
import { LiveTap } from '../../src/observe/live/live-tap.ts';
import { type RequestFilter, readFilter } from '../../src/observe/live/request-filter.ts';
import { recordOf, timesOf } from '../support/record-of.ts';
import { VirtualClock, settle } from '../support/virtual-clock.ts';

const filterOf = (query: string): RequestFilter => {
  const filter = readFilter(new URLSearchParams(query));
  if (!filter.ok) throw new Error(filter.error);
  return filter.value;
};

/** A tap that has taken its sample of the moment. */
function tapOf(): LiveTap {
  const tap = new LiveTap(() => 1_700_000_000_000);
  tap.exchangeEnded(recordOf());
  tap.drain();
  return tap;
}

describe('who watches', () => {
  test('may say a class of statuses, one status, a duration, a method', () => {
    expect(filterOf('status=5xx').status).toEqual([500, 599]);
    expect(filterOf('status=503').status).toEqual([503, 503]);
    expect(filterOf('slower=500ms').slower).toBe(millis(500));
    expect(filterOf('method=get').method).toBe('GET');
    expect(filterOf('tenant=&path=').tenant).toBeNull();
  });

  test.each(['status=6xx', 'status=many', 'slower=fast'])('is told what is wrong with %s', (query) => {
    expect(readFilter(new URLSearchParams(query)).ok).toBe(false);
  });
});

describe('requests that are worth a look', () => {
  test('are errors, those with several attempts, slow ones, and some others', () => {
    const tap = tapOf();
    tap.exchangeEnded(recordOf());
    tap.exchangeEnded(recordOf({ status: 404 }));
    tap.exchangeEnded(recordOf({ status: 502 }));
    tap.exchangeEnded(recordOf({ attemptCount: 2 }));
    tap.exchangeEnded(recordOf({ times: timesOf(1000, 1500) }));
    tap.exchangeEnded(recordOf({ times: timesOf(1250, 1), status: 201 }));
    const { requests } = tap.drain();
    expect(requests.map(({ status, attempts, duration_ms: took }) => [status, attempts, took])).toEqual([
      [502, 1, 4],
      [200, 2, 4],
      [200, 1, 1500],
      [201, 1, 1],
    ]);
    expect(tap.drain().requests).toEqual([]);
  });

  test('do not show what was asked for behind the path', () => {
    const tap = tapOf();
    tap.exchangeEnded(recordOf({ status: 500 }));
    const [request] = tap.drain().requests;
    expect(request).toMatchObject({ method: 'GET', host: 'shop.test', path: '/cart', tenant: 'shop' });
    expect(JSON.stringify(request)).not.toContain('token');
  });

  test('are a bounded number in a second, and more while somebody watches, who hears of the rest', () => {
    const tap = tapOf();
    const fail = (): void => {
      for (let at = 0; at < 500; at++) tap.exchangeEnded(recordOf({ status: 500, times: timesOf(5000, 1) }));
    };
    fail();
    expect(tap.drain()).toMatchObject({ requests: { length: 20 }, leftOut: 0 });
    tap.watch([filterOf('')]);
    fail();
    expect(tap.drain()).toMatchObject({ requests: { length: 180 }, leftOut: 320 });
  });

  test('are not those that the gateway answers for itself', () => {
    const tap = tapOf();
    tap.watch([filterOf('')]);
    tap.exchangeEnded(recordOf({ tenantName: null, failure: null, times: timesOf(9000, 1) }));
    tap.exchangeEnded(recordOf({ tenantName: null, failure: 'no-route', status: 404, times: timesOf(9300, 1) }));
    expect(tap.drain().requests.map(({ failure }) => failure)).toEqual(['no-route']);
  });
});

describe('a tap that is watched', () => {
  test.each([
    ['tenant=shop', ['/a', '/b']],
    ['tenant=blog', []],
    ['path=/b', ['/b']],
    ['method=POST', ['/b']],
    ['status=4xx', ['/b']],
    ['slower=10ms', ['/a']],
  ])('takes what fits %s', (query, paths) => {
    const tap = tapOf();
    tap.watch([filterOf(query)]);
    tap.exchangeEnded(recordOf({ times: timesOf(1000, 20) }, 'GET /a HTTP/1.1'));
    tap.exchangeEnded(recordOf({ status: 404 }, 'POST /b HTTP/1.1'));
    expect(tap.drain().requests.map(({ path }) => path)).toEqual([...paths]);
  });
});

function boardOf() {
  const clock = new VirtualClock();
  const tap = tapOf();
  const board = new LiveBoard({ clock, watch: (filters) => tap.watch(filters) });
  const serve = (status: number): void => {
    tap.exchangeEnded(recordOf({ status }));
    board.add(tap.drain());
  };
  return { board, clock, serve, tap };
}

describe('the board', () => {
  test('keeps the latest, numbered', () => {
    const { board, serve } = boardOf();
    for (let status = 500; status < 505; status++) serve(status);
    expect(board.find(filterOf(''), 0, 2).map(({ number, status }) => [number, status])).toEqual([
      [4, 503],
      [5, 504],
    ]);
    expect(board.find(filterOf('status=501'), 0, 10).map(({ number }) => number)).toEqual([2]);
    expect(board.find(filterOf(''), 4, 10).map(({ number }) => number)).toEqual([5]);
  });

  test('has all processes look for what somebody watches, until nobody does', () => {
    const { board, serve, tap } = boardOf();
    const seen: number[] = [];
    const stop = board.watch(filterOf('status=4xx'), (requests) => seen.push(...requests.map(({ status }) => status)));
    serve(404);
    serve(500);
    expect(seen).toEqual([404]);
    stop?.();
    expect(tap.isWatched).toBe(false);
    serve(404);
    expect(seen).toEqual([404]);
  });

  test('answers who waits with the next that fits, and goes on to watch for a moment', async () => {
    const { board, clock, serve, tap } = boardOf();
    const next = board.next(filterOf('status=404'), millis(10_000));
    serve(404);
    expect((await next)?.map(({ status }) => status)).toEqual([404]);
    await settle();
    expect(tap.isWatched).toBe(true);
    await clock.advance(5000);
    expect(tap.isWatched).toBe(false);
  });

  test('shows nobody more than the tenants that they may see', () => {
    const { board, serve } = boardOf();
    serve(500);
    expect(board.find({ ...filterOf(''), among: ['shop'] }, 0, 10)).toHaveLength(1);
    expect(board.find({ ...filterOf(''), among: ['blog'] }, 0, 10)).toHaveLength(0);
  });

  test('watches once for somebody who asks again and again', async () => {
    const { board, clock, serve } = boardOf();
    for (let at = 0; at < 50; at++) {
      const next = board.next(filterOf('status=404'), millis(1000));
      serve(404);
      expect(await next).toHaveLength(1);
      await settle();
      expect(board.filters).toHaveLength(1);
    }
    await clock.advance(5000);
    expect(board.filters).toHaveLength(0);
  });

  test('answers nobody when too many watch', () => {
    const { board } = boardOf();
    while (board.hasRoom) board.watch(filterOf(''), () => undefined);
    expect(board.next(filterOf('status=404'), millis(1000))).toBeNull();
  });

  test('answers with nothing when the time is over', async () => {
    const { board, clock } = boardOf();
    const next = board.next(filterOf('status=404'), millis(1000));
    await clock.advance(1000);
    expect(await next).toEqual([]);
  });
});
