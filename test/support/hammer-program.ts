// A process that takes places in a pool that it shares with others, as fast as it can, and gives them back: descriptor 3 is
// the memory. The words say where it sits, among how many, and how many requests it makes (0: until it is killed).
import { processFields, sectionsOf, slotOf } from '../../src/core/cells.ts';
import { GatewayCells, OWN } from '../../src/core/gateway-cells.ts';
import type { Backend } from '../../src/pools/backend.ts';
import { mapSharedMemory } from '../../src/world/shared-memory.ts';
import { ROOM } from './shared-cells.ts';
import { SharedProcess, type SharedRequest, planOf } from './shared-pools.ts';
import { HAMMERED } from './hammered.ts';

const INHERITED = 3;
const [, , place, processes, requests] = process.argv.map(Number);
const most = requests === 0 ? Number.POSITIVE_INFINITY : requests;
const memory = mapSharedMemory(INHERITED);
// Beside the cells: how many requests each backend has at the moment, by the count of those who have them.
const { policies } = sectionsOf(memory, ROOM);
const cells = GatewayCells.shared({ memory, room: ROOM, seat: { place, processes }, decides: false });
const plan = planOf(HAMMERED.settings, HAMMERED.services);
const slots = plan.services.map(({ backend }) => backend.identity);
const member = new SharedProcess(cells, plan, (identity) => slotOf(slots.indexOf(identity)), place);

const score = { violations: 0, made: 0 };
const held: SharedRequest[] = [];
let waiting: SharedRequest | null = null;

function take(): void {
  const request = waiting ?? member.request();
  waiting = null;
  if (request.backend !== null) hold(request, request.backend);
  else if (!request.isRefused) waiting = request;
}

function hold(request: SharedRequest, { slot, maxRequests, traffic }: Backend): void {
  if (Atomics.add(policies, slot, 1) + 1 > maxRequests) score.violations++;
  traffic.countRequest();
  held.push(request);
  score.made++;
}

// Counts it as over before its place is free.
function giveBack(): void {
  const request = held.shift();
  if (request === undefined || request.backend === null) return;
  Atomics.sub(policies, request.backend.slot, 1);
  request.end();
}

for (let turn = 0; score.made < most; turn++) {
  if (held.length < 4 && turn % 3 !== 0) take();
  else giveBack();
  if (turn % 16 === 0) member.tick();
  cells.processes.set(OWN, processFields.heartbeat, turn);
}
if (waiting !== null) member.abandon(waiting);
while (held.length > 0) giveBack();
member.tick();
process.stdout.write(JSON.stringify(score));
