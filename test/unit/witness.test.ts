// Whose bad results count against a backend.
import { describe, expect, test } from 'bun:test';
import { millis } from '../../src/core/units.ts';
import { ServedClients } from '../../src/pools/served-clients.ts';
import { Witnesses } from '../../src/standing/witness.ts';

const TICK = 50;
const SECOND = 1000 / TICK;

function witness(client: string) {
  return { client, servesOthers: true, waited: millis(0) };
}

describe('bad results of a backend that serves others', () => {
  test('do not count while one client meets them alone, however many', () => {
    const witnesses = new Witnesses();
    for (let at = 0; at < 100; at++) expect(witnesses.believe(witness('a'), true, millis(at))).toBe(false);
  });

  test('count as soon as two clients meet them within ten seconds', () => {
    const witnesses = new Witnesses();
    expect(witnesses.believe(witness('a'), true, millis(0))).toBe(false);
    expect(witnesses.believe(witness('b'), true, millis(9000))).toBe(true);
    expect(witnesses.believe(witness('b'), true, millis(9001))).toBe(true);
    expect(witnesses.believe(witness('b'), true, millis(20_000))).toBe(false);
    expect(witnesses.believe(witness('a'), true, millis(31_000))).toBe(false);
  });

  test('of its only client count at once', () => {
    expect(new Witnesses().believe(witness('a'), false, millis(0))).toBe(true);
  });
});

describe('the clients that a backend has served', () => {
  test('are remembered for ten seconds, so that for each it is known whether there was another', () => {
    const clients = new ServedClients();
    expect(clients.hasOtherThan('a', SECOND, TICK)).toBe(false);
    clients.served('a', SECOND);
    expect(clients.hasOtherThan('a', SECOND, TICK)).toBe(false);
    expect(clients.hasOtherThan('b', SECOND, TICK)).toBe(true);
    clients.served('b', 2 * SECOND);
    for (let n = 0; n < 3; n++) clients.served('b', 3 * SECOND);
    expect(clients.hasOtherThan('a', 3 * SECOND, TICK)).toBe(true);
    expect(clients.hasOtherThan('b', 10 * SECOND, TICK)).toBe(true);
    expect(clients.hasOtherThan('b', 11 * SECOND, TICK)).toBe(false);
    expect(clients.hasOtherThan('c', 12 * SECOND, TICK)).toBe(true);
    expect(clients.hasOtherThan('c', 14 * SECOND, TICK)).toBe(false);
  });
});
