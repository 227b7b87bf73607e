// Connections to several processes: of a listener, and of a client.
import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { bytesOf } from '../../src/core/cells.ts';
import { GatewayCells, roomFor } from '../../src/core/gateway-cells.ts';
import { PerClient } from '../../src/listen/per-client.ts';
import { sharedProcesses } from '../support/shared-cells.ts';

const PROCESSES = 3;
const LISTENER = '0.0.0.0:80';

const step = fc.record({
  place: fc.nat(PROCESSES - 1),
  client: fc.nat(20),
  what: fc.constantFrom('comes' as const, 'comes' as const, 'comes' as const, 'goes' as const, 'dies' as const),
  which: fc.nat(99),
});

describe('connections', () => {
  test('of a client are limited over all processes, and end with the process that had them', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 300, size: 'max' }), fc.integer({ min: 1, max: 4 }), (steps, limit) => {
        const { owner, processes, another } = sharedProcesses(PROCESSES);
        const limits = processes.map(({ connections }) => new PerClient(limit, () => connections.of(LISTENER)));
        const open = processes.map((): string[] => []);
        for (const { place, client, what, which } of steps) {
          const address = `192.0.2.${client}`;
          const own = open[place];
          if (what === 'dies') {
            owner.takeBack(place);
            own.length = 0;
            const { connections } = another(place);
            limits[place] = new PerClient(limit, () => connections.of(LISTENER));
          } else if (what === 'goes') {
            const [left] = own.splice(which % Math.max(1, own.length), 1);
            if (left !== undefined) limits[place].leave(left);
          } else {
            const count = open.flat().filter((one) => one === address).length;
            expect(limits[place].admits(address)).toBe(count < limit);
            if (count < limit) own.push(address);
          }
        }
      }),
    );
  });

  test('of a listener are counted over all processes', () => {
    const { owner, processes } = sharedProcesses(PROCESSES);
    const listeners = processes.map(({ connections }) => connections.of(LISTENER));
    const other = processes[0].connections.of('0.0.0.0:443');
    expect(listeners.map((numbers, at) => numbers.publish(at + 1))).toEqual([1, 3, 6]);
    expect(other.publish(7)).toBe(7);
    expect(listeners[1].publish(0)).toBe(4);
    owner.takeBack(2);
    expect(listeners[1].publish(0)).toBe(1);
  });

  test('of a listener are counted over all processes after a thousand addresses have come and gone', () => {
    const room = roomFor(1, 1);
    const memory = new SharedArrayBuffer(bytesOf(room));
    const [one, other] = [0, 1].map((place) =>
      GatewayCells.shared({ memory, room, seat: { place, processes: 2 }, decides: false }),
    );
    for (let port = 1; port <= 1000; port++) one.connections.of(`127.0.0.1:${port}`).publish(0);
    one.connections.of(LISTENER).publish(3);
    expect(other.connections.of(LISTENER).publish(2)).toBe(5);
  });

  test('are counted by a process alone where there is no room for more clients or listeners', () => {
    const { processes } = sharedProcesses(2);
    const [one, other] = processes.map(({ connections }) => new PerClient(1, () => connections.of(LISTENER)));
    const clients = Array.from({ length: 200 }, (_, at) => `198.51.100.${at}`);
    expect(clients.filter((client) => !one.admits(client))).toEqual([]);
    expect(clients.filter((client) => one.admits(client))).toEqual([]);
    expect(clients.filter((client) => other.admits(client)).length).toBeLessThan(150);
    const addresses = Array.from({ length: 20 }, (_, at) => processes[0].connections.of(`0.0.0.0:${at}`));
    for (const numbers of addresses) expect(numbers.publish(1)).toBe(1);
  });
});
