// What everything that serves in a process is made with: its clocks, its turns, and what it may take on.
import { Admission } from '../admit/admission.ts';
import { Overload } from '../admit/overload.ts';
import { HANDSHAKE_COST } from '../admit/costs.ts';
import type { Share } from '../admit/share.ts';
import { SendBatch } from '../core/send-batch.ts';
import { ReadTurns } from '../core/read-turns.ts';
import { WorkTurns } from '../core/work-turns.ts';
import { TimerWheel } from '../core/timer-wheel.ts';
import type { Sending } from '../core/outbox.ts';
import { type AfterEvents, TurnEnd } from '../core/turn.ts';
import { millis } from '../core/units.ts';
import { RequestIds } from '../message/request-id.ts';
import { AcceptWatch } from '../listen/accept-watch.ts';
import type { Plan } from '../plan/plan.ts';
import type { World } from '../world.ts';
import { type Reports, createReports } from './reports.ts';
import { TICK } from './ticking.ts';

// Their own clock runs, too.
const LONGEST_HANDSHAKE_WAIT = millis(10_000);

export type Basics = {
  readonly world: World;
  readonly reports: Reports;
  readonly wheel: TimerWheel;
  readonly atEnd: AfterEvents;
  readonly sending: Sending;
  readonly turns: ReadTurns;
  readonly work: WorkTurns;
  readonly watch: AcceptWatch;
  readonly overload: Overload;
  readonly admission: Admission;
  readonly arrivals: Share;
  /** The requests of all listeners. */
  readonly ids: RequestIds;
};

export function basicsOf(world: World, { gateway }: Plan): Basics {
  const { kernel, afterEvents, random } = world;
  const atEnd = new TurnEnd(afterEvents).add;
  const sending = { kernel, batch: new SendBatch(atEnd) };
  const wheel = new TimerWheel(TICK);
  const reports = createReports(world, gateway.log);
  const overload = new Overload(gateway.overload);
  const watch = new AcceptWatch({ wheel, overload, descriptors: world.descriptors, warn: reports.warn });
  const turns = new ReadTurns(atEnd);
  const work = new WorkTurns(world.clock.now, atEnd);
  const admission = new Admission({
    now: world.clock.now,
    loopTime: world.loopTime,
    atEnd,
    leastBegun: () => work.least,
    reportBug: reports.reportBug,
  });
  const arrivals = admission.shareOf({ weight: 1, patience: LONGEST_HANDSHAKE_WAIT, cost: HANDSHAKE_COST });
  const ids = new RequestIds(random);
  return { world, reports, wheel, atEnd, sending, turns, work, overload, watch, admission, arrivals, ids };
}
