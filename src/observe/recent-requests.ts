// A sample of what has been asked for lately, so that a new configuration can be tried on it. Taken by time: a busy gateway
// pays for a few requests a second, however many it serves.
import { Ring } from '../core/ring.ts';
import { type Millis, millis } from '../core/units.ts';
import { latin1 } from '../message/bytes.ts';
import type { Head } from '../message/head.ts';
import type { ExchangeRecord } from '../message/record.ts';

/** What a request was routed by. */
export type RecentRequest = {
  readonly method: string;
  /** As the client named it. */
  readonly host: string;
  /** In its normal form, without the query, which may hold secrets. */
  readonly path: string;
  /** The tenant that it came to; null: none. */
  readonly tenant: string | null;
};

const MOST = 1000;
const EVERY = millis(250);
// Of a path. What is longer is left out: its end might decide.
const LONGEST = 512;

export class RecentRequests {
  /** The next request that begins at this time or later is taken. */
  dueAt: Millis = millis(0);
  private readonly ring = new Ring<RecentRequest>(MOST);
  private fresh: RecentRequest[] = [];

  take({ request, tenantName, failure, times }: ExchangeRecord): void {
    // What the gateway answers for itself, such as its admin API, is not routed by tenants.
    const isOwn = tenantName === null && failure !== 'no-route';
    if (request === null || isOwn || request.pathEnd - request.pathStart > LONGEST) return;
    this.dueAt = millis(times.begun + EVERY);
    const taken = { ...keyOf(request), tenant: tenantName };
    this.ring.push(taken);
    this.fresh.push(taken);
    if (this.fresh.length > MOST) this.fresh = [];
  }

  /** Takes over what another process has seen. */
  add(requests: readonly RecentRequest[]): void {
    for (const one of requests) this.ring.push(one);
  }

  /** Those since the last call. */
  drain(): readonly RecentRequest[] {
    const { fresh } = this;
    this.fresh = [];
    return fresh;
  }

  /** The oldest first. */
  all(): readonly RecentRequest[] {
    return this.ring.toArray();
  }
}

function keyOf({
  bytes,
  start,
  methodEnd,
  hostStart,
  hostEnd,
  pathStart,
  pathEnd,
}: Head): Omit<RecentRequest, 'tenant'> {
  return {
    method: latin1(bytes, start, methodEnd),
    host: latin1(bytes, hostStart, hostEnd),
    path: latin1(bytes, pathStart, pathEnd),
  };
}
