// How `keystone top` and `keystone tail` show traffic.
import { describe, expect, test } from 'bun:test';
import { requestsAnswer, overviewAnswer, summariesAnswer, topAnswer } from '../../src/cli/admin-answers.ts';
import { exactPercent, size } from '../../src/cli/charts.ts';
import { paint } from '../../src/cli/paint.ts';
import { requestLine } from '../../src/cli/tail.ts';
import { busiestLines, trafficLines } from '../../src/cli/top/table.ts';

const overview = overviewAnswer.parse({
  words: 'blog: no backend serves.',
  now: {
    requests_per_second: 1234.4,
    error_share: 0.002,
    p50_ms: 1.25,
    p95_ms: 8,
    p99_ms: null,
    connections: 100,
    in_flight: 12,
    bytes_out_per_second: 1_234_567,
  },
});

function summary(name: string, more: Readonly<Record<string, unknown>> = {}) {
  return {
    name,
    health: 'healthy',
    reason: null,
    requests_per_second: 12,
    error_share: 0,
    p99_ms: 20,
    in_flight: 3,
    backends: { total: 2, eligible: 2 },
    spark: Array.from({ length: 30 }, (_, at) => at),
    ...more,
  };
}

function shown(tenants: readonly unknown[], total: number, width: number, unicode = true): readonly string[] {
  const summaries = summariesAnswer.parse({ total, tenants });
  return trafficLines({ overview, summaries }, { width, unicode }).map((line) =>
    paint(line, Number.POSITIVE_INFINITY, false),
  );
}

describe('the busiest paths and clients', () => {
  const figures = (requests: number) => ({ requests, at_least: requests, at_most: requests });
  const busiest = topAnswer.parse({
    seconds: 20,
    requests: 300,
    tenants: [],
    paths: [
      { tenant: 'shop', path: `/a-long-way/${'x'.repeat(200)}`, ...figures(200) },
      { tenant: null, path: '/', ...figures(4) },
    ],
    clients: [{ client: '2001:db8::1', ...figures(300) }],
  });

  test('are lines within the width, with what came in a second', () => {
    const lines = busiestLines({ busiest }, 80).map((line) => paint(line, 80, false));
    expect(lines.every((line) => line.length <= 80)).toBe(true);
    expect(lines.map((line) => line.replace(/ {2,}/g, '  '))).toEqual([
      '',
      'BUSIEST PATHS, LAST 20 S  REQ/S',
      expect.stringMatching(/^shop \/a-long-way\/x+… {2}10$/),
      '- /  0.2',
      '',
      'BUSIEST CLIENTS, LAST 20 S  REQ/S',
      '2001:db8::1  15',
    ]);
  });

  test('are none where nothing was counted, or nobody tells', () => {
    expect(busiestLines({ busiest: null }, 80)).toEqual([]);
    expect(busiestLines({ busiest: { ...busiest, requests: 0 } }, 80)).toEqual([]);
  });
});

describe('the traffic of tenants', () => {
  const tenants = [
    summary('a-tenant-with-a-name-that-is-long', { requests_per_second: 999_999, p99_ms: 59_900 }),
    summary('blog', { health: 'unhealthy', reason: 'no backend serves', error_share: 1, requests_per_second: 0.1 }),
  ];

  test('has the whole above it', () => {
    expect(shown(tenants, 2, 80).slice(0, 3)).toEqual([
      'blog: no backend serves.',
      'requests 1,234/s  errors 0.2 %  p50 1.3ms  p95 8.0ms  p99 -  ',
      'in flight 12  connections 100  out 1.2 MB/s  ',
    ]);
  });

  test('has a line for each, and the reason below those that are not well', () => {
    expect(shown([tenants[1]], 1, 80).slice(4)).toEqual([
      'TENANT  HEALTH        REQ/S   ERRORS      P99  IN FLIGHT  BACKENDS  LAST 5 MIN',
      `blog    unhealthy       0.1    100 %     20ms          3       2/2  ${sparkOf(12)}`,
      '  no backend serves',
    ]);
  });

  test.each([80, 100, 200])('fits into %d columns, with a curve where there is room', (width) => {
    const lines = shown(tenants, 2, width);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(width);
    expect(lines[4]?.includes('LAST 5 MIN')).toBe(width > 80);
  });

  test('says so where none is left of the search', () => {
    expect(shown([], 0, 80).slice(-1)).toEqual(['there is no tenant to show']);
  });

  test('is cut nowhere in a pipe, and says how many tenants it leaves out', () => {
    const lines = shown(tenants, 1002, Number.POSITIVE_INFINITY, false);
    expect(lines.join('\n')).toContain('a-tenant-with-a-name-that-is-long');
    expect(lines.at(-1)).toBe('1,000 more tenants are not shown: --name TEXT or --limit');
    expect(lines.join('')).toMatch(/^[ -~]*$/);
  });
});

/** The curve of a traffic that grows from 0 to 29, its last columns. */
function sparkOf(width: number): string {
  return Array.from({ length: width }, (_, at) => '▁▂▃▄▅▆▇█'[Math.floor(((30 - width + at) / 29) * 7.5)] ?? '█').join(
    '',
  );
}

test.each([
  [0, '0 %'],
  [0.0004, '<0.1 %'],
  [0.004, '0.4 %'],
  [0.12, '12 %'],
  [1, '100 %'],
])('a share of %p is %s', (part, text) => {
  expect(exactPercent(part)).toBe(text);
});

test.each([
  [0, '0 B'],
  [999, '999 B'],
  [1234, '1.2 kB'],
  [45_600_000, '46 MB'],
  [999_600_000, '1.0 GB'],
])('%p bytes are %s', (bytes, text) => {
  expect(size(bytes)).toBe(text);
});

describe('a request that has ended', () => {
  const request = (more: Readonly<Record<string, unknown>>): string => {
    const usual = {
      number: 1,
      time: '2026-11-28T17:00:00.000Z',
      client: '127.0.0.1',
      tenant: 'shop',
      method: 'GET',
      host: 'shop.test',
      path: '/cart',
      status: 200,
      failure: null,
      refused_by: null,
      duration_ms: 12,
      backend: 'a',
      tried: [],
    };
    const [row] = requestsAnswer.parse({ latest: 1, requests: [{ ...usual, ...more }] }).requests;
    return row === undefined ? '' : paint(requestLine(row), Number.POSITIVE_INFINITY, false);
  };

  test('is one line', () => {
    expect(request({})).toBe('2026-11-28T17:00:00.000Z  200    12ms  shop/a  GET shop.test/cart');
  });

  test('says why no backend answered, and what was tried', () => {
    const tried = ['connect-refused', 'timeout'].map((outcome) => ({
      backend: 'b',
      outcome,
      is_hedge: false,
      began_ms: 0,
      ended_ms: 1,
    }));
    expect(request({ status: 502, failure: 'connect-refused', backend: 'b', tried })).toEndWith(
      'shop/b  GET shop.test/cart  after b connect-refused, b timeout  connect-refused',
    );
  });

  test('cannot move the cursor with what the client has sent', () => {
    expect(request({ path: '/\u001b[2J\n' })).toEndWith('GET shop.test/ [2J ');
  });
});
