import { describe, expect, test } from 'bun:test';
import { USUAL, isIncremental, readPriority } from '../../src/listen/h2/priority.ts';
import { SendOrder, turnOf } from '../../src/listen/h2/send-order.ts';
import { ascii } from '../../src/message/bytes.ts';

function read(text: string): { urgency: number; incremental: boolean } {
  const bytes = ascii(`xx${text}u=0`);
  const priority = readPriority(bytes, 2, bytes.length - 3);
  return { urgency: priority >> 1, incremental: isIncremental(priority) };
}

describe('the priority of a request', () => {
  test.each([
    ['', 3, false],
    ['u=0', 0, false],
    ['u=7, i', 7, true],
    ['i', 3, true],
    ['i=?0,u=2', 2, false],
    ['u=5;a=b , i=?1', 5, true],
    ['u=1,u=4', 4, false],
    ['u=8', 3, false],
    ['u=-1', 3, false],
    ['u=55', 3, false],
    ['u', 3, false],
    ['i=1', 3, false],
    ['image, urgent=1', 3, false],
    ['  u=2', 2, false],
  ] as const)('is read from %p', (text, urgency, incremental) => {
    expect(read(text)).toEqual({ urgency, incremental });
  });
});

type Sender = { readonly name: string; readonly priority: number; isWaiting: boolean };

function sender(name: string, priority: number): Sender {
  return { name, priority, isWaiting: false };
}

describe('the order of sending', () => {
  test('is by urgency, and within one by who has come first', () => {
    const order = new SendOrder<Sender>();
    for (const one of [sender('late', 14), sender('usual', USUAL), sender('first', 0), sender('other', USUAL)])
      order.add(one);
    expect([1, 2, 3, 4].map(() => order.next()?.name)).toEqual(['first', 'usual', 'other', 'late']);
    expect(order.isEmpty).toBe(true);
  });

  test('lets one whose turn was broken off go on before its equals, and has nobody twice', () => {
    const order = new SendOrder<Sender>();
    const [one, other] = [sender('one', USUAL), sender('other', USUAL)];
    order.add(one);
    order.add(other);
    order.add(other);
    const next = order.next();
    if (next !== undefined) order.goesOn(next);
    expect([order.next()?.name, order.next()?.name, order.next()]).toEqual(['one', 'other', undefined]);
  });

  test('comes to everybody, whatever others have', () => {
    const order = new SendOrder<Sender>();
    const [urgent, idle] = [sender('urgent', 0), sender('idle', 15)];
    order.add(urgent);
    order.add(idle);
    const seen: (string | undefined)[] = [];
    for (let turn = 0; turn < 64; turn++) {
      const next = order.next();
      seen.push(next?.name);
      if (next !== undefined) order.add(next);
    }
    expect(seen.filter((name) => name === 'idle').length).toBeGreaterThan(0);
    expect(seen.filter((name) => name === 'urgent').length).toBeGreaterThan(50);
  });

  test('gives short turns where the parts of an answer are of use', () => {
    expect(turnOf(USUAL + 1)).toBeLessThan(turnOf(USUAL));
  });
});
