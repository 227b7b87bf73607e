// What observers do with the record of an exchange: counting it, and its line of the access log.
import { usualAccessLog } from '../../src/config/access-log.ts';
import { BACKEND_RECORD, FIRST_TENANT } from '../../src/core/series-layout.ts';
import { millis } from '../../src/core/units.ts';
import type { Head } from '../../src/message/head.ts';
import type { ExchangeRecord } from '../../src/message/record.ts';
import { RequestIds } from '../../src/message/request-id.ts';
import { type FormatSettings, lineFormat } from '../../src/observe/access-log/line-format.ts';
import { Lines } from '../../src/observe/access-log/line-writer.ts';
import { TrafficCounter } from '../../src/observe/metrics/traffic-counter.ts';
import { TopTap } from '../../src/observe/top/top-tap.ts';
import { accessRecord } from '../../test/support/access-record.ts';
import { sharedProcesses } from '../../test/support/shared-cells.ts';

type Step = readonly [name: string, step: () => number];

const BUCKETS = [1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000, 30_000, 60_000];
const ROOM = 2 * 1024 * 1024;

/** `plain`: a request as of a load test; `browser`: one with the fields of one. */
export function observeSteps(plain: Head, browser: Head): readonly Step[] {
  return [
    ['count an exchange for the metrics', counted(recordOf(plain))],
    ['count what is busiest, while somebody looks', busiest(recordOf(plain), 1)],
    ['count what is busiest, always another client', busiest(recordOf(plain), 100_000)],
    ['a JSON line of the access log, plain request', lined(recordOf(plain), 'json')],
    ["a JSON line of the access log, browser's request", lined(recordOf(browser), 'json')],
    ["a combined line of the access log, browser's request", lined(recordOf(browser), 'combined')],
  ];
}

type Moving = { readonly record: ExchangeRecord; readonly next: () => void };

// Each exchange has another id, ends a little later, and has taken another time.
function recordOf(request: Head): Moving {
  const ids = new RequestIds(Math.random);
  ids.number(request);
  const times = { ...accessRecord('').times };
  const traffic = { requests: 0, failures: 0, series: 1, countRequest: () => undefined, countFailure: () => undefined };
  const record = {
    ...accessRecord(''),
    request,
    times,
    tenantSeries: FIRST_TENANT,
    tenantName: 'shop',
    attemptCount: 1,
    backend: { name: 'origin-1', address: { hostname: '127.0.0.1', port: 3000, tls: null }, traffic },
    get requestId(): string {
      return ids.text(request);
    },
    get requestIdBytes(): Uint8Array {
      return ids.bytes(request);
    },
  };
  let number = 0;
  const next = (): void => {
    number++;
    ids.number(request);
    times.left = millis(100_000 + number * 0.031);
    times.begun = millis(times.left - 0.4 - (number % 64) * 0.013);
    times.answered = millis(times.left - 0.1);
    times.attempted = times.begun;
    times.connected = millis(0);
    record.bytesOut = 1200 + (number % 16);
  };
  return { record, next };
}

function counted({ record, next }: Moving): () => number {
  const { owner, processes } = sharedProcesses(2);
  owner.traffic.bounds = BUCKETS;
  owner.tenants.take('shop');
  const [{ traffic }] = processes;
  const counter = new TrafficCounter(traffic);
  return () => {
    next();
    counter.exchangeEnded(record);
    return traffic.backends.words[traffic.backends.base + BACKEND_RECORD];
  };
}

/** `clients`: so many come in turn; more than are told apart take each other's places. */
function busiest({ record, next }: Moving, clients: number): () => number {
  const tap = new TopTap();
  tap.want({ scopes: [null], places: 500 });
  const client = { ...record.client, address: '' };
  const asked: ExchangeRecord = Object.defineProperty(Object.create(record), 'client', { value: client });
  const all = Array.from({ length: clients }, (_, at) => `client-${at}`);
  let number = 0;
  return () => {
    next();
    number = (number + 1) % clients;
    client.address = all[number] ?? '';
    tap.exchangeEnded(asked);
    return number;
  };
}

function lined({ record, next }: Moving, format: FormatSettings['format']): () => number {
  const lines = new Lines(new Uint8Array(ROOM));
  const clock = { now: () => millis(performance.now()), wall: () => Date.now() };
  const write = lineFormat({ ...usualAccessLog, format }, lines, clock);
  return () => {
    if (lines.at > ROOM / 2) lines.at = 0;
    next();
    lines.begin();
    write(record);
    lines.end();
    return lines.at;
  };
}
