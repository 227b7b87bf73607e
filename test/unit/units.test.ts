import { describe, expect, test } from 'bun:test';
import {
  bytes,
  formatDuration,
  formatSize,
  millis,
  parseDuration,
  parseSize,
  parseShare,
} from '../../src/core/units.ts';

describe('parseDuration', () => {
  test.each([
    [15, 15_000],
    ['15', 15_000],
    [0.5, 500],
    ['250ms', 250],
    ['15s', 15_000],
    ['2m', 120_000],
    ['1h', 3_600_000],
    ['1d', 86_400_000],
    ['1.5s', 1500],
    ['1.1s', 1100],
    ['583206821131ms', 583_206_821_131],
    [' 2 m ', 120_000],
    ['0', 0],
  ])('reads %p', (text, length) => {
    expect(parseDuration(text)).toBe(millis(length));
  });

  test.each([
    [''],
    ['s'],
    ['15 parsecs'],
    ['15S'],
    ['-1s'],
    [-1],
    ['1e3s'],
    ['1s2s'],
    ['.5s'],
    ['Infinity'],
    [Number.NaN],
    [Number.POSITIVE_INFINITY],
    [1e300],
    ['99999999999999999999d'],
    ['1toString'],
    ['1constructor'],
  ])('refuses %p', (text) => {
    expect(parseDuration(text)).toBeNull();
  });
});

describe('parseSize', () => {
  test.each([
    [512, 512],
    ['512', 512],
    ['512B', 512],
    ['32KiB', 32_768],
    ['1.5KiB', 1536],
    ['10MB', 10_000_000],
    ['1GiB', 1_073_741_824],
    ['0', 0],
  ])('reads %p', (text, size) => {
    expect(parseSize(text)).toBe(bytes(size));
  });

  test.each([['0.5B'], ['1K'], ['1kb'], ['-1'], [1.5], ['none'], ['']])('refuses %p', (text) => {
    expect(parseSize(text)).toBeNull();
  });
});

describe('parseShare', () => {
  test.each([
    ['20%', 0.2],
    ['0.2', 0.2],
    [0.2, 0.2],
    ['100%', 1],
    ['0%', 0],
    ['33.3%', 0.333],
  ])('reads %p', (text, part) => {
    expect<number | null>(parseShare(text)).toBe(part);
  });

  test.each([['101%'], [1.1], ['-1%'], ['20 percent'], ['']])('refuses %p', (text) => {
    expect(parseShare(text)).toBeNull();
  });
});

test.each([
  [0, '0ms'],
  [250, '250ms'],
  [1500, '1500ms'],
  [15_000, '15s'],
  [60_000, '1m'],
  [90_000, '90s'],
  [5_400_000, '90m'],
  [86_400_000, '1d'],
])('%p ms are written %p', (length, text) => {
  expect(formatDuration(millis(length))).toBe(text);
});

test.each([
  [0, '0B'],
  [1000, '1000B'],
  [1024, '1KiB'],
  [1536, '1536B'],
  [10 * 1024 * 1024, '10MiB'],
  [Number.POSITIVE_INFINITY, 'none'],
])('%p bytes are written %p', (size, text) => {
  expect(formatSize(bytes(size))).toBe(text);
});
