// Which orders may begin: neither hosts in the configuration nor those that clients ask for hold up the others.
import { expect, test } from 'bun:test';
import { type HostKind, OrderPlaces } from '../../src/acme/order-places.ts';
import type { Job } from '../../src/acme/schedule.ts';

const NOW = Date.parse('2030-01-01T00:00:00Z');
const kindOf = (host: string): HostKind => (host.startsWith('asked') ? 'demanded' : 'declared');
const orders = (name: string, count: number): Job[] =>
  Array.from({ length: count }, (_, at) => ({ kind: 'order', host: `${name}-${at}` }));

function begin(places: OrderPlaces, jobs: readonly Job[], most: number, now = NOW): string[] {
  const begun = places.free(jobs, kindOf, most, now).map(({ host }) => host);
  for (const host of begun) places.begin(host, kindOf(host), Promise.resolve());
  return begun;
}

test('four of each kind are under way at a time, and no host twice', () => {
  const places = new OrderPlaces();
  const jobs = [...orders('asked', 9), ...orders('own', 9)];
  expect(begin(places, jobs, 100)).toEqual([...orders('asked', 4), ...orders('own', 4)].map(({ host }) => host));
  expect(begin(places, jobs, 100)).toEqual([]);
  places.end('own-2');
  expect(begin(places, jobs, 100)).toEqual(['own-2']);
});

test('names that clients ask for leave a quarter of the orders to the configuration', () => {
  const places = new OrderPlaces();
  let count = 0;
  for (const job of orders('asked', 20)) {
    count += begin(places, [job], 8).length;
    places.end(job.host);
  }
  expect(count).toBe(6);
  expect(begin(places, orders('own', 4), 8)).toEqual(['own-0', 'own-1']);
});

test('a pause is for orders, and advice is asked for all the same', () => {
  const places = new OrderPlaces();
  places.pause(NOW + 1000);
  const advice: Job = { kind: 'advice', host: 'own-9' };
  expect(begin(places, [...orders('own', 1), advice], 8)).toEqual(['own-9']);
  expect(begin(places, orders('own', 1), 8, NOW + 1000)).toEqual(['own-0']);
});

test('an order that has come to no authority does not count', () => {
  const places = new OrderPlaces();
  expect(begin(places, orders('own', 2), 1)).toEqual(['own-0']);
  places.end('own-0');
  expect(begin(places, orders('own', 2), 1)).toEqual([]);
  places.giveBack();
  expect(begin(places, orders('own', 2), 1)).toEqual(['own-0']);
});
