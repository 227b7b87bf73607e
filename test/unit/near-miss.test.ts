import { describe, expect, test } from 'bun:test';
import { editDistance, nearest } from '../../src/core/near-miss.ts';

const KEYS = ['name', 'domains', 'path_prefix', 'health_interval', 'health_check', 'url'];

describe('nearest', () => {
  test.each([
    ['health_intervall', 'health_interval'],
    ['healthInterval', 'health_interval'],
    ['health-interval', 'health_interval'],
    ['HEALTH_INTERVAL', 'health_interval'],
    ['domain', 'domains'],
    ['doamins', 'domains'],
    ['nmae', 'name'],
    ['uri', 'url'],
  ])('takes %s for %s', (typed, meant) => {
    expect(nearest(typed, KEYS)).toBe(meant);
  });

  test.each([[''], ['x'], ['tenants'], ['completely_different'], ['n'.repeat(10_000)]])(
    'has no idea what %p is',
    (typed) => {
      expect(nearest(typed, KEYS)).toBeNull();
    },
  );

  test('takes the nearer of two', () => {
    expect(nearest('tokens', ['token', 'tokens'])).toBe('tokens');
  });
});

describe('editDistance', () => {
  test.each([
    ['', '', 0],
    ['', 'abc', 3],
    ['abc', 'abc', 0],
    ['abc', 'acb', 1],
    ['abc', 'abd', 1],
    ['kitten', 'sitting', 3],
  ])('from %p to %p is %p', (a, b, distance) => {
    expect(editDistance(a, b)).toBe(distance);
  });
});
