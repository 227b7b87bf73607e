// Answers of an admin API that has everything, as the dashboard asks for them: so that a test says what they are.
import type { Page, Route } from 'playwright-core';
import { faultOf } from './held-to-schema.ts';

const NOW = Date.now();
const POINTS = Array.from({ length: 90 }, (_, at) => at);

const overview = {
  version: '1.2.3',
  uptime_seconds: 93_222,
  state: 'ready',
  words: 'One thing wants a look: archive is down.',
  problems: [{ text: 'no backend serves', tenant: 'archive', backend: null }],
  more_problems: 0,
  now: {
    requests_per_second: 1240,
    error_share: 0.0042,
    p50_ms: 3.2,
    p95_ms: 18,
    p99_ms: 71,
    connections: 412,
    in_flight: 23,
    bytes_out_per_second: 8_400_000,
  },
  tenants: { total: 10_000, healthy: 9999, degraded: 0, down: 1 },
  backends: { total: 20_000, eligible: 19_998 },
  workers: [1, 2].map((number) => ({
    number,
    pid: 4000 + number,
    state: 'serving',
    cpu_share: 0.31,
    memory_bytes: 91_000_000,
    loop_delay_ms: 1.2,
  })),
};

const series = {
  step_seconds: 10,
  from_ms: NOW - 900_000,
  requests: POINTS.map((at) => 10 * (900 + at)),
  errors_4xx: POINTS.map(() => 12),
  errors_5xx: POINTS.map(() => 2),
  p50_ms: POINTS.map(() => 3),
  p95_ms: POINTS.map(() => 18),
  // Nothing is known of a while in which the gateway did not run.
  p99_ms: POINTS.map((at) => (at > 40 && at < 50 ? null : 70)),
  retries: POINTS.map(() => 1),
  bytes_out: POINTS.map(() => 8_000_000),
  in_flight: POINTS.map(() => 20),
};

const busy = (requests: number): object => ({ requests, at_least: requests, at_most: requests });

function top(asked: URLSearchParams): object {
  const isWhole = asked.get('tenant') === null;
  return {
    seconds: 50,
    requests: 60_000,
    tenants: isWhole ? [{ tenant: 'shop', ...busy(40_000) }] : [],
    paths: [
      { tenant: 'shop', path: `/cart/${'a-long-way-'.repeat(12)}`, ...busy(30_000) },
      { tenant: null, path: '/nobody', ...busy(20) },
    ],
    clients: [{ client: '2001:db8:85a3:8d3:1319:8a2e:370:7348', ...busy(12_000) }],
  };
}

const NAMES = Array.from({ length: 10_000 }, (_, at) => `tenant-${at}`);

function summaries(asked: URLSearchParams): object {
  const found = NAMES.filter((name) => name.includes(asked.get('search') ?? ''));
  const page = Number(asked.get('page'));
  const limit = Number(asked.get('limit'));
  const sorted = asked.get('order') === 'asc' ? found : found.toReversed();
  const tenants = sorted.slice((page - 1) * limit, page * limit).map((name) => ({
    name,
    health: 'healthy',
    reason: null,
    requests_per_second: 12.5,
    error_share: 0,
    p99_ms: 44,
    in_flight: 1,
    backends: { total: 2, eligible: 2 },
    spark: [1, 2, 3, 0, 5],
  }));
  return { total: found.length, page, limit, tenants };
}

const requests = {
  latest: 1,
  requests: [
    {
      number: 1,
      time: new Date(NOW).toISOString(),
      request_id: 'one',
      client: '192.0.2.7',
      listener: '0.0.0.0:80',
      route: null,
      pool: 'main',
      protocol: 'HTTP/1.1',
      failure: null,
      refused_by: null,
      bytes_in: 120,
      bytes_out: 2400,
      queue_ms: null,
      connect_ms: 0.4,
      first_byte_ms: 9,
      method: 'POST',
      host: 'shop.test',
      path: '/cart',
      status: 200,
      tenant: 'shop',
      backend: 'b',
      attempts: 2,
      duration_ms: 12,
      tried: [
        { backend: 'a', outcome: 'connect-refused', is_hedge: false, began_ms: 0, ended_ms: 1.2 },
        { backend: 'b', outcome: 200, is_hedge: false, began_ms: 1.3, ended_ms: 11 },
      ],
    },
  ],
};

const explanation = {
  kind: 'tenant',
  tenant: 'shop',
  rule: 'host shop.test',
  why: 'an exact host comes first',
  passed_over: [{ name: 'api', rule: 'host *.test', why: 'its host is a wildcard' }],
  route: null,
  pool: 'main',
  pool_by: null,
  policies: ['cors'],
  target: '/cart',
  stripped_prefix: null,
  forwarded: '/cart',
  backends: [
    { name: 'a', url: 'http://127.0.0.1:1', is_picked: false, reason: 'unhealthy: connect-refused' },
    { name: 'b', url: 'http://127.0.0.1:2', is_picked: true, reason: null },
  ],
  share: { weight: 1, of_weights: 3, patience: 1000 },
  limits: [{ name: 'requests_in_flight', limit: null, used: 1 }],
};

const certificates = {
  certificates: [
    certificate('old.test', -3, 'expired', null),
    certificate('shop.test', 61, 'valid', null),
    certificate('blog.test', 12, 'expires_soon', 'the next one cannot be read'),
  ],
};

function certificate(name: string, daysLeft: number, state: string, problem: string | null): object {
  const expires = new Date(NOW + daysLeft * 86_400_000).toISOString();
  const facts = { issuer: 'An authority', key: 'ec', fingerprint: `AB:${name}`, valid_from: expires, expires };
  return {
    names: [name],
    ...facts,
    days_left: daysLeft,
    state,
    file: `${name}.pem`,
    tenant: null,
    source: 'file',
    problem,
  };
}

const TEXT = 'tenants:\n  - name: shop\n    health_interval: 1\n';
export const CONFIG_TAG = '"7"';

function checked(text: string): object {
  const line = text.split('\n').findIndex((one) => one.includes('helth'));
  const nothing = { added: [], changed: [], removed: [], changes: [], quarantined: [], problems: [], differences: [] };
  const weighed = { ...nothing, changed: ['shop'], changes: ['shop/a weight 1 → 2'] };
  if (line < 0) return { kind: 'would_reload', valid: true, ...weighed };
  const problem = { file: 'keystone.yaml', line: line + 1, column: 5, path: 'tenants[0].helth_interval' };
  return {
    ...nothing,
    kind: 'refused',
    valid: false,
    problems: [{ ...problem, message: 'unknown key', expected: null, suggestion: 'health_interval' }],
  };
}

const config = {
  etag: CONFIG_TAG,
  version: 7,
  read_only: null,
  strayed: [],
  files: [{ file: 'keystone.yaml', text: TEXT, parsed: { tenants: [{ name: 'shop' }] }, read_only: null }],
};

const applied = {
  kind: 'reloaded',
  etag: '"8"',
  version: 8,
  added: [],
  changed: ['shop'],
  removed: [],
  changes: ['shop/a weight 1 → 2'],
  quarantined: [],
  problems: [],
};

/** What was ordered of the API. */
export type Ordered = { readonly path: string; readonly method: string; readonly headers: Record<string, string> };

/** Has the API of a page answer in this way; what is not named here comes from the gateway. `faults` get what no gateway would be asked
 * or would answer. */
export async function answerAll(page: Page, faults: string[]): Promise<Ordered[]> {
  const ordered: Ordered[] = [];
  const bodies: Readonly<Record<string, (route: Route, url: URL) => object>> = {
    '/overview': () => overview,
    '/series': () => series,
    '/summaries': (_, url) => summaries(url.searchParams),
    '/top': (_, url) => top(url.searchParams),
    '/requests': () => requests,
    '/explain': () => explanation,
    '/certificates': () => certificates,
    '/me': () => ({ name: 'ci', scope: 'admin', tenants: null, needsToken: true }),
    '/config': (route) => (route.request().method() === 'PUT' ? applied : config),
    '/config/check': (route) =>
      checked((route.request().postDataJSON() as { files: { text: string }[] }).files[0]?.text ?? ''),
  };
  await page.route('**/*', async (route) => {
    const url = new URL(route.request().url());
    const body = bodies[url.pathname];
    if (body === undefined) return await route.fallback();
    const { method, headers } = { method: route.request().method(), headers: route.request().headers() };
    if (method !== 'GET') ordered.push({ path: url.pathname, method, headers });
    const answer = body(route, url);
    const sent: unknown = route.request().postDataJSON();
    const fault = await faultOf({ method, url, body: sent ?? null, answer });
    if (fault !== null) faults.push(fault);
    return await route.fulfill({ json: answer });
  });
  await page.route('**/requests/stream*', async (route) => {
    const [line] = requests.requests;
    const more = { ...line, number: 2, request_id: 'two', method: 'GET', status: 502, tried: [], attempts: 1 };
    const url = new URL(route.request().url());
    const fault = await faultOf({ method: 'GET', url, body: null, answer: more });
    if (fault !== null) faults.push(fault);
    const data = JSON.stringify(more);
    await route.fulfill({ contentType: 'text/event-stream', body: `id: 1\ndata: ${data}\n\n` });
  });
  return ordered;
}
