// Writes what is counted in records, series by series: one metric of all that have a record, in steps.
import type { Series } from '../../core/series-cells.ts';
import { METHOD_CLASSES, STATUS_CLASSES, SUM, requestsAt } from '../../core/series-layout.ts';
import type { Steps } from '../../core/slices.ts';
import type { Histogram } from '../../core/traffic-totals.ts';
import type { Exposition, Family } from './exposition.ts';

/** Who has a record, with the labels that say so. */
export type Labelled = { readonly labels: string; readonly record: number };

/** The labels of each class of requests, where it is counted. */
const CLASSES = METHOD_CLASSES.flatMap((methodClass, method) =>
  STATUS_CLASSES.map((statusClass, status) => ({
    at: requestsAt(method, status),
    labels: `method_class="${methodClass}",status_class="${statusClass}"`,
  })),
);

/** Requests by the classes of methods and statuses; those that never came are left out. */
export function* writeRequests(out: Exposition, family: Family, series: Series, all: readonly Labelled[]): Steps<void> {
  out.begin(family);
  for (const { labels, record } of all) {
    for (const { at, labels: more } of CLASSES) {
      const count = series.sum(record, at);
      if (count > 0) out.value(`${labels},${more}`, count);
    }
    yield;
  }
}

/** One value of each. */
export function* writeCounts(
  out: Exposition,
  family: Family,
  all: readonly Labelled[],
  read: (record: number) => number,
): Steps<void> {
  out.begin(family);
  for (const { labels, record } of all) {
    out.value(labels, read(record));
    yield;
  }
}

export type Measured = { readonly series: Series; readonly start: number; readonly bounds: readonly number[] };

/** A histogram of each; those of tenants that are asleep, as most are, are left out. */
export function* writeHistograms(
  out: Exposition,
  family: Family,
  all: readonly Labelled[],
  measured: Measured,
): Steps<void> {
  const ends = endsOf(measured.bounds);
  out.begin(family);
  for (const { labels, record } of all) {
    const histogram = histogramAt(measured, record);
    yield;
    if (labels === '' || histogram.counts.some((count) => count > 0)) writeParts(out, labels, ends, histogram);
  }
}

/** One that nobody else has. */
export function writeHistogram(out: Exposition, family: Family, histogram: Histogram): void {
  out.begin(family);
  writeParts(out, '', endsOf(histogram.bounds.map((bound) => bound * 1000)), histogram);
}

/** `bounds`: in milliseconds. */
function endsOf(bounds: readonly number[]): readonly string[] {
  return [...bounds.map((bound) => `le="${bound / 1000}"`), 'le="+Inf"'];
}

function histogramAt({ series, start, bounds }: Measured, record: number): Omit<Histogram, 'bounds'> {
  const counts = Array.from({ length: bounds.length + 1 }, (_, bucket) => series.sum(record, start + bucket));
  return { counts, sum: series.sum(record, start + SUM) / 1000 };
}

function writeParts(
  out: Exposition,
  labels: string,
  ends: readonly string[],
  { counts, sum }: Omit<Histogram, 'bounds'>,
): void {
  const before = labels === '' ? '' : `${labels},`;
  let below = 0;
  for (const [bucket, count] of counts.entries()) {
    below += count;
    out.part('_bucket', `${before}${ends[bucket] ?? ''}`, below);
  }
  out.part('_sum', labels, sum);
  out.part('_count', labels, below);
}
