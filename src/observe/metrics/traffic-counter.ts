// Counts each exchange where all processes of the gateway see it: for the whole, for its tenant and for its backend.
import type { Series, TrafficSeries } from '../../core/series-cells.ts';
import { SUM, WHOLE, requestsAt, tenantSeries as at } from '../../core/series-layout.ts';
import type { ExchangeObserver, ExchangeRecord } from '../../message/record.ts';
import { failureNumber, reasonNumber } from './reasons.ts';

// What a time is that the exchange never came to.
const NEVER = -1;

export class TrafficCounter implements ExchangeObserver {
  readonly wantsAttempts = false;
  /** The bounds of the histograms in milliseconds. */
  private bounds: Float64Array | null = null;
  // Of the exchange that is counted at the moment: a value made for each would have to be collected.
  private kind = 0;
  private bytesIn = 0;
  private bytesOut = 0;
  private duration = 0;
  private durationBucket = 0;
  private firstByte = NEVER;
  private firstByteBucket = 0;

  constructor(private readonly series: TrafficSeries) {}

  exchangeEnded(record: ExchangeRecord): void {
    const { series } = this;
    this.look(record);
    const { tenantSeries, backend } = record;
    this.countTenant(record, WHOLE);
    this.countTenant(record, tenantSeries);
    if (backend !== null) this.countTraffic(series.backends, backend.traffic.series);
  }

  attemptEnded(): void {}

  private look(record: ExchangeRecord): void {
    const { request, status, times } = record;
    const { begun, attempted, answered, left } = times;
    const method = request === null ? 'once' : request.methodClass;
    this.kind = requestsAt(method === 'safe' ? 0 : method === 'idempotent' ? 1 : 2, statusClass(status));
    this.bytesIn = record.bytesIn;
    this.bytesOut = record.bytesOut;
    this.duration = begun === 0 || left === 0 ? 0 : left - begun;
    this.durationBucket = this.bucketOf(this.duration);
    this.firstByte = answered === 0 ? NEVER : answered - attempted;
    if (answered !== 0) this.firstByteBucket = this.bucketOf(this.firstByte);
  }

  private countTraffic({ words, base, size }: Series, number: number): void {
    const start = base + number * size;
    words[start + this.kind]++;
    words[start + at.bytesIn] += this.bytesIn;
    words[start + at.bytesOut] += this.bytesOut;
    words[start + at.duration + this.durationBucket]++;
    words[start + at.duration + SUM] += this.duration;
    if (this.firstByte === NEVER) return;
    words[start + at.firstByte + this.firstByteBucket]++;
    words[start + at.firstByte + SUM] += this.firstByte;
  }

  private countTenant(record: ExchangeRecord, number: number): void {
    const { tenants } = this.series;
    this.countTraffic(tenants, number);
    const { times, failure } = record;
    const start = tenants.base + number * tenants.size;
    const { words } = tenants;
    if (failure !== null) {
      words[start + at.failed]++;
      words[start + at.failures + failureNumber(failure)]++;
    }
    if (times.connected !== 0) this.observe(words, start + at.connect, times.connected - times.connecting);
    if (times.queued !== 0) this.observe(words, start + at.queue, times.queued);
    if (record.attemptCount > 1) countAttempts(record, words, start);
  }

  private observe(words: Float64Array, start: number, milliseconds: number): void {
    words[start + this.bucketOf(milliseconds)]++;
    words[start + SUM] += milliseconds;
  }

  // From the least on, as most exchanges are short.
  private bucketOf(milliseconds: number): number {
    const bounds = this.bounds ?? this.readBounds();
    let bucket = 0;
    while (bucket < bounds.length && milliseconds > bounds[bucket]) bucket++;
    return bucket;
  }

  // The process that decides has set them before any exchange ends.
  private readBounds(): Float64Array {
    this.bounds = Float64Array.from(this.series.bounds);
    return this.bounds;
  }
}

function statusClass(status: number): number {
  return status < 100 || status > 599 ? 0 : (status / 100) | 0;
}

function countAttempts({ tried, failure }: ExchangeRecord, words: Float64Array, start: number): void {
  if (failure === null) words[start + at.saved]++;
  for (let number = 0; number < tried.length; number++) {
    const { outcome, isHedge } = tried[number];
    if (isHedge) words[start + at.hedges]++;
    else if (outcome !== 'superseded' && number < tried.length - 1) words[start + at.retries + reasonNumber(outcome)]++;
  }
}
