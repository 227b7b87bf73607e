// How the long run judges what it sees.
import { describe, expect, test } from 'bun:test';
import { type Failed, causeOf } from '../../bench/lib/soak/ledger.ts';
import { type Sample, growthOf } from '../../bench/lib/soak/samples.ts';

const MEBIBYTE = 1024 * 1024;

function samples(share: (at: number) => number): readonly Sample[] {
  return Array.from({ length: 240 }, (_, index) => {
    const at = index * 5;
    return { at, share: share(at), resident: 90 * MEBIBYTE, descriptors: 20, threads: 7 };
  });
}

function isFlat(taken: readonly Sample[], quantity: string): boolean {
  return growthOf(taken).find((growth) => growth.quantity === quantity)?.isFlat ?? false;
}

describe('whether something grows', () => {
  test('is told from the second half: what a program needs to get warm does not count', () => {
    expect(
      isFlat(
        samples((at) => Math.min(at, 200) * 0.3 * MEBIBYTE),
        'share',
      ),
    ).toBe(true);
  });

  test('a loss of a few KiB in each second is seen', () => {
    expect(
      isFlat(
        samples((at) => 60 * MEBIBYTE + at * 0.05 * MEBIBYTE),
        'share',
      ),
    ).toBe(false);
  });

  test('a heap that fills and is emptied again does not grow', () => {
    expect(
      isFlat(
        samples((at) => (60 + (at % 60) / 2) * MEBIBYTE),
        'share',
      ),
    ).toBe(true);
  });

  test('each descriptor that is left in a while is seen', () => {
    const lost = samples(() => MEBIBYTE).map((sample) => ({ ...sample, descriptors: 20 + Math.floor(sample.at / 30) }));
    expect(isFlat(lost, 'descriptors')).toBe(false);
    expect(isFlat(lost, 'threads')).toBe(true);
  });
});

describe('whether a failed request could have been saved', () => {
  const request: Failed = {
    what: 'GET',
    isRepeatable: true,
    outcome: { kind: 'broken', at: 'asked' },
    wasKilled: false,
    wasBackendLost: false,
  };

  test('not where the process was killed that had its connection', () => {
    expect(causeOf({ ...request, wasKilled: true }).couldBeSaved).toBe(false);
  });

  test('not where its backend went away in the middle of the answer', () => {
    const cut: Failed = { ...request, outcome: { kind: 'broken', at: 'answering' } };
    expect(causeOf({ ...cut, wasBackendLost: true }).couldBeSaved).toBe(false);
    expect(causeOf(cut).couldBeSaved).toBe(true);
  });

  test('not where it must not be sent twice, and its backend went away', () => {
    const refused: Failed = { ...request, outcome: { kind: 'answered', status: 502 }, wasBackendLost: true };
    expect(causeOf({ ...refused, isRepeatable: false }).couldBeSaved).toBe(false);
    expect(causeOf(refused).couldBeSaved).toBe(true);
  });

  test('in every other case', () => {
    expect(causeOf(request).couldBeSaved).toBe(true);
    expect(causeOf({ ...request, isRepeatable: false }).couldBeSaved).toBe(true);
  });
});
