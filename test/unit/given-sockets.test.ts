// Sockets that somebody else has made, and who looks after those that nobody needs.
import { describe, expect, test } from 'bun:test';
import type { GivenSocket } from '../../src/listen/given-socket.ts';
import { GivenSockets } from '../../src/listen/given-sockets.ts';

const ANY_PORT = { kind: 'tcp', hostname: '127.0.0.1', port: 0 } as const;

function at(port: number, descriptor: number): GivenSocket {
  return { descriptor, address: { kind: 'tcp', hostname: '127.0.0.1', port }, wanted: ANY_PORT };
}

function descriptorsOf(sockets: readonly GivenSocket[]): readonly number[] {
  return sockets.map(({ descriptor }) => descriptor);
}

describe('sockets of a process whose place another one takes', () => {
  test('are found by what they were bound for, one address after the other', () => {
    const given = new GivenSockets([at(4001, 3), at(4001, 4), at(4002, 5)], () => undefined);
    expect(descriptorsOf(given.take(ANY_PORT))).toEqual([3, 4]);
    expect(descriptorsOf(given.take(ANY_PORT))).toEqual([5]);
    expect(descriptorsOf(given.take(ANY_PORT))).toEqual([]);
  });

  test('may be more than are needed: what is left is given back', () => {
    const spare: number[] = [];
    const given = new GivenSockets([at(4001, 3), at(4001, 4), at(4002, 5)], (descriptor) => spare.push(descriptor));
    expect(descriptorsOf(given.take({ kind: 'tcp', hostname: '127.0.0.1', port: 4001 }, 1))).toEqual([3]);
    expect(given.problem).toBe(null);
    given.giveBack();
    expect(spare).toEqual([4, 5]);
  });
});

describe('sockets of a service manager', () => {
  test('are all used, or it is a problem', () => {
    const given = new GivenSockets([at(4001, 3), at(4002, 4)]);
    expect(descriptorsOf(given.take({ kind: 'tcp', hostname: '127.0.0.1', port: 4001 }, 1))).toEqual([3]);
    given.giveBack();
    expect(given.problem).toContain('127.0.0.1:4002');
  });
});
