// What one tenant may have of the gateway at a time, and by and by: all of its pools, routes and processes together.
import type { TenantUsage } from '../core/tenant-usage.ts';
import { type Bytes, type Millis, millis } from '../core/units.ts';

/** Infinity: without a limit. */
export type TenantLimitSettings = {
  readonly requestsInFlight: number;
  readonly connections: number;
  /** In a second. */
  readonly requestRate: number;
  /** Bytes of bodies in a second, both ways together. */
  readonly bandwidth: Bytes;
  /** Bytes of bodies that are kept. */
  readonly bufferedBytes: Bytes;
};

/** A limit by the last part of its setting. */
export type LimitName = 'requests_in_flight' | 'connections' | 'request_rate' | 'bandwidth' | 'buffered_bytes';

/** What a tenant has of its limits. `limit` null: there is none; `used` null: nobody counts. */
export type LimitUse = { readonly name: LimitName; readonly limit: number | null; readonly used: number | null };

const SECOND = 1000;
// Of the time of its requests or bytes, a tenant may be so far ahead.
const BURST = SECOND;
const BURST_OF_BYTES = 100;

export class TenantLimits {
  /** A request has to ask before it goes on. */
  hasGuard = false;
  /** Connections are counted. */
  hasDoor = false;
  /** The bytes of its bodies are counted. */
  hasPace = false;

  constructor(
    private settings: TenantLimitSettings,
    private readonly usage: TenantUsage,
  ) {
    this.reconfigure(settings);
  }

  /** What it has, it keeps. */
  reconfigure(settings: TenantLimitSettings): void {
    this.settings = settings;
    this.hasPace = Number.isFinite(settings.bandwidth);
    this.hasDoor = Number.isFinite(settings.connections);
    const isCounted = Number.isFinite(settings.requestsInFlight) || Number.isFinite(settings.requestRate);
    this.hasGuard = isCounted || this.hasPace;
  }

  get configured(): TenantLimitSettings {
    return this.settings;
  }

  /** What operators see of it, in the order of the reference. */
  get uses(): readonly LimitUse[] {
    const { usage, settings } = this;
    return [
      useOf('requests_in_flight', settings.requestsInFlight, usage.total('requests')),
      useOf('connections', settings.connections, usage.total('connections')),
      useOf('request_rate', settings.requestRate, null),
      useOf('bandwidth', settings.bandwidth, null),
      useOf('buffered_bytes', settings.bufferedBytes, usage.total('buffered')),
    ];
  }

  /** Requests that were kept out. */
  get refused(): number {
    return this.usage.total('refused');
  }

  /** A request begins, and ends by `requestEnded`. The limit that keeps it out; null: none. */
  requestBegins(now: Millis): LimitName | null {
    const { usage } = this;
    const { requestsInFlight, requestRate } = this.settings;
    if (!usage.take('requests', 1, requestsInFlight)) return this.refuse('requests_in_flight');
    if (requestRate === Number.POSITIVE_INFINITY || usage.requests.take(SECOND / requestRate, BURST, now)) return null;
    usage.add('requests', -1);
    return this.refuse('request_rate');
  }

  requestEnded(): void {
    this.usage.add('requests', -1);
  }

  /** A connection sends its first request to the tenant. False: that is one too many. */
  connectionBegins(): boolean {
    return this.usage.take('connections', 1, this.settings.connections) || this.refuse('connections') === null;
  }

  connectionEnded(): void {
    this.usage.add('connections', -1);
  }

  /** So many more bytes are kept, or fewer. */
  keeps(bytes: number): void {
    this.usage.add('buffered', bytes);
  }

  /** As much is kept as may be. */
  get isFull(): boolean {
    return this.usage.total('buffered') >= this.settings.bufferedBytes;
  }

  /** Bytes of a body have passed. Returns how long their connection has to rest. */
  passed(bytes: number, now: Millis): Millis {
    const { bandwidth } = this.settings;
    if (bandwidth === Number.POSITIVE_INFINITY) return NO_REST;
    return restOf(this.usage.bytes.spend((bytes * SECOND) / bandwidth, now));
  }

  /** How long a request has to rest before it may begin. */
  restBefore(now: Millis): Millis {
    return this.hasPace ? restOf(this.usage.bytes.ahead(now)) : NO_REST;
  }

  /** Counts a request that is kept out. */
  refuse(why: LimitName): LimitName {
    this.usage.add('refused', 1);
    return why;
  }
}

function useOf(name: LimitName, limit: number, used: number | null): LimitUse {
  const hasLimit = Number.isFinite(limit);
  return { name, limit: hasLimit ? limit : null, used: hasLimit ? used : null };
}

const NO_REST = millis(0);

function restOf(ahead: Millis): Millis {
  return millis(Math.max(0, ahead - BURST_OF_BYTES));
}
