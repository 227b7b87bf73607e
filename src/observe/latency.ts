// Counts latencies in buckets, four for each power of two of microseconds, so that percentiles are exact to 25 %.

import { type TrafficCounters, UNMEASURED } from '../core/observer.ts';

const BUCKETS_PER_OCTAVE = 4;
// Up to more than an hour.
const BUCKETS = 128;

/** Counts one latency. */
export function countLatency(traffic: TrafficCounters, milliseconds: number): void {
  if (traffic.latency === UNMEASURED) traffic.latency = new Uint32Array(BUCKETS);
  traffic.latency[bucketOf(milliseconds)]++;
}

/** The latency in milliseconds that `share` (0 to 1) of those counted do not exceed; null: none was counted. */
export function percentile(buckets: Uint32Array, share: number): number | null {
  let total = 0;
  for (const count of buckets) total += count;
  if (total === 0) return null;
  let left = Math.ceil(total * share);
  for (let at = 0; at < buckets.length; at++) {
    left -= buckets[at];
    if (left <= 0) return upperBound(at);
  }
  return upperBound(buckets.length - 1);
}

function bucketOf(milliseconds: number): number {
  const micros = Math.max(1, milliseconds * 1000);
  return Math.min(BUCKETS - 1, Math.floor(Math.log2(micros) * BUCKETS_PER_OCTAVE));
}

function upperBound(bucket: number): number {
  return 2 ** ((bucket + 1) / BUCKETS_PER_OCTAVE) / 1000;
}
