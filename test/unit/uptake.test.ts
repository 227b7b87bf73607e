import { describe, expect, test } from 'bun:test';
import { TimerWheel } from '../../src/core/timer-wheel.ts';
import { millis } from '../../src/core/units.ts';
import { Uptake } from '../../src/listen/uptake.ts';

const TICK = millis(50);
const IDLE = millis(60_000);
const RATE = 240;
const SIZE = 1_000_000;

/** A client that is sent `SIZE` bytes, over a clock that the test moves. */
class Client {
  private readonly wheel = new TimerWheel(TICK);
  readonly uptake = new Uptake(this.wheel, RATE, IDLE);

  constructor() {
    this.uptake.begin();
    this.uptake.written = SIZE;
  }

  passes(seconds: number): void {
    for (let tick = 0; tick < (seconds * 1000) / TICK; tick++) this.wheel.advance();
  }

  /** Whether it is worth waiting for when so many bytes are left. */
  isWorthwhile(left: number | null): boolean {
    return this.uptake.isWorthwhile(left);
  }
}

describe('a client that is behind', () => {
  test('is given up after 5 s where it takes less than it must', () => {
    const client = new Client();
    client.uptake.isBehind();
    client.passes(4.5);
    expect(client.isWorthwhile(SIZE - 100)).toBe(true);
    client.passes(0.5);
    expect(client.isWorthwhile(SIZE - 1100)).toBe(false);
  });

  test('is waited for where it takes enough on average', () => {
    const client = new Client();
    client.uptake.isBehind();
    for (let seconds = 5; seconds <= 300; seconds += 5) {
      client.passes(5);
      expect(client.isWorthwhile(SIZE - seconds * RATE)).toBe(true);
    }
    client.passes(5);
    expect(client.isWorthwhile(SIZE - 300 * RATE)).toBe(false);
  });

  test('may have an outage once it has taken much, but not longer than anybody', () => {
    const client = new Client();
    client.uptake.isBehind();
    client.passes(5);
    expect(client.isWorthwhile(100_000)).toBe(true);
    client.passes(55);
    expect(client.isWorthwhile(100_000)).toBe(true);
    client.passes(5);
    expect(client.isWorthwhile(100_000)).toBe(false);
  });

  test('is not charged with the time in which nothing waited for it', () => {
    const client = new Client();
    client.uptake.isBehind();
    client.passes(2);
    client.uptake.caughtUp();
    client.passes(1000);
    client.uptake.isBehind();
    client.passes(2.5);
    expect(client.isWorthwhile(SIZE)).toBe(true);
    client.passes(0.5);
    expect(client.isWorthwhile(SIZE)).toBe(false);
  });

  test('begins anew with every response', () => {
    const client = new Client();
    client.uptake.isBehind();
    client.passes(50);
    client.uptake.begin();
    client.uptake.written = SIZE;
    client.passes(4);
    expect(client.isWorthwhile(SIZE)).toBe(true);
    client.passes(1);
    expect(client.isWorthwhile(SIZE)).toBe(false);
  });

  test('is given up by its silence alone where nobody knows what it takes', () => {
    const client = new Client();
    client.uptake.isBehind();
    client.passes(55);
    expect(client.isWorthwhile(null)).toBe(true);
    client.uptake.isBehind();
    client.passes(55);
    expect(client.isWorthwhile(null)).toBe(true);
    client.passes(5);
    expect(client.isWorthwhile(null)).toBe(false);
  });
});
