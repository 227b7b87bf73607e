// Places in the pool of a tenant, taken by real processes that know nothing of each other.
import { describe, expect, test } from 'bun:test';
import { closeSync } from 'node:fs';
import { join } from 'node:path';
import { NO_PLACE, bytesOf, processFields, standingFields, trafficFields } from '../../src/core/cells.ts';
import { GatewayCells, OWN } from '../../src/core/gateway-cells.ts';
import { weightToCell } from '../../src/standing/word.ts';
import { makeSharedMemory, mapSharedMemory } from '../../src/world/shared-memory.ts';
import { HAMMERED } from '../support/hammered.ts';
import { ROOM } from '../support/shared-cells.ts';
import { until } from '../support/until.ts';

const PROGRAM = join(import.meta.dir, '../support/hammer-program.ts');
const EACH = 20_000;

type Report = { readonly violations: number; readonly made: number };

/** Memory with the records of the tenant's backends, and the owner of standing. */
function ground(processes: number) {
  const made = makeSharedMemory('test', bytesOf(ROOM));
  if (!made.ok) throw new Error(made.error);
  const memory = mapSharedMemory(made.value);
  const owner = GatewayCells.shared({ memory, room: ROOM, seat: { place: NO_PLACE, processes }, decides: true });
  owner.tenants.take('main');
  const slots = HAMMERED.services.map(() => owner.backends.take());
  for (const slot of slots) owner.backends.standing.set(slot, standingFields.weight, weightToCell(1));
  const start = (place: number, requests: number) =>
    Bun.spawn([process.execPath, PROGRAM, String(place), String(processes), String(requests)], {
      stdio: ['ignore', 'pipe', 'inherit', made.value],
    });
  const inFlight = (): number => slots.reduce((sum, slot) => sum + owner.backends.inFlight(slot), 0);
  const requests = (): number =>
    slots.reduce((sum, slot) => sum + owner.backends.traffic.sum(slot, trafficFields.requests), 0);
  const isRunning = (place: number): boolean => owner.processes.of(place, OWN, processFields.heartbeat) > 1000;
  return { owner, slots, start, inFlight, requests, isRunning, [Symbol.dispose]: () => closeSync(made.value) };
}

async function reportOf(child: { readonly stdout: ReadableStream<Uint8Array> }): Promise<Report> {
  const report: unknown = JSON.parse(await new Response(child.stdout).text());
  if (typeof report !== 'object' || report === null || !('violations' in report) || !('made' in report))
    throw new Error('no report');
  return { violations: Number(report.violations), made: Number(report.made) };
}

describe.if(process.platform === 'linux')('processes that share a pool', () => {
  test('never take more places than there are, and count to the last request', async () => {
    using shared = ground(3);
    const reports = await Promise.all([0, 1, 2].map((place) => reportOf(shared.start(place, EACH))));
    expect(reports.map(({ violations }) => violations)).toEqual([0, 0, 0]);
    expect(reports.map(({ made }) => made)).toEqual([EACH, EACH, EACH]);
    expect([shared.requests(), shared.inFlight()]).toEqual([3 * EACH, 0]);
    expect(shared.slots.map((slot) => shared.owner.backends.standing.get(slot, standingFields.waiters))).toEqual([
      0, 0, 0,
    ]);
  });

  test('leave everything usable when one of them is killed', async () => {
    using shared = ground(2);
    const other = shared.start(0, 2 * EACH);
    for (let round = 0; round < 3; round++) {
      const victim = shared.start(1, 0);
      await until(() => shared.isRunning(1), 'it takes places', 20_000);
      victim.kill('SIGKILL');
      await victim.exited;
      const before = shared.requests();
      shared.owner.takeBack(1);
      expect(shared.requests()).toBeGreaterThanOrEqual(before);
      for (const slot of shared.slots) expect(shared.owner.backends.places.of(1, slot)).toBe(0);
    }
    expect((await reportOf(other)).made).toBe(2 * EACH);
    expect(shared.inFlight()).toBe(0);
    expect(shared.requests()).toBeGreaterThan(2 * EACH);
  });
});
