// Counts latencies in buckets, four for each power of two of microseconds, so that percentiles are exact to 25 %.

import { type TrafficCounters, UNMEASURED } from '../core/observer.ts';

const BUCKETS_PER_OCTAVE = 4;
// Up to half an hour.
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

// Where the second, third and fourth bucket of an octave begin.
const SECOND = 2 ** 0.25;
const THIRD = 2 ** 0.5;
const FOURTH = 2 ** 0.75;
const LONGEST = 2 ** 31 - 1;

// Without a logarithm, which would cost as much as routing a request.
function bucketOf(milliseconds: number): number {
  const micros = Math.min(LONGEST, Math.max(1, milliseconds * 1000)) | 0;
  const octave = 31 - Math.clz32(micros);
  const part = micros / (1 << octave);
  const quarter = part >= THIRD ? (part >= FOURTH ? 3 : 2) : part >= SECOND ? 1 : 0;
  return Math.min(BUCKETS - 1, octave * BUCKETS_PER_OCTAVE + quarter);
}

function upperBound(bucket: number): number {
  return 2 ** ((bucket + 1) / BUCKETS_PER_OCTAVE) / 1000;
}
