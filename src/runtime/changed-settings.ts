// What a plan changes of a process that serves, besides its tenants and listeners. What everybody holds is changed in place.
import type { MemoryBudget } from '../core/memory-budget.ts';
import type { Overload } from '../admit/overload.ts';
import { type OwnMarks, loopIdOf } from '../message/own-marks.ts';
import type { GatewayPlan } from '../plan/plan.ts';
import type { TransportTools } from '../upstream/contract.ts';
import type { OverloadWatch } from './overload-watch.ts';
import type { Reports } from './reports.ts';

export function marksOf({ via, loopId }: GatewayPlan, { loop }: LoopSecret): Omit<OwnMarks, 'idPrefix'> {
  return {
    viaOnRequests: via !== 'none',
    viaOnResponses: via === 'both',
    loopId: loopIdOf(loopId, () => loop),
  };
}

/** Makes the gateway's name in CDN-Loop. */
type LoopSecret = { readonly loop: string };

type Settings = {
  /** Has observers go by the plan in force. */
  readonly observe: () => void;
  readonly reports: Reports;
  readonly transport: TransportTools;
  readonly marks: OwnMarks;
  readonly ground: {
    readonly cells: { shareOf(whole: number): number };
    readonly prepareNames: (gateway: GatewayPlan) => () => void;
    readonly secrets: LoopSecret;
  };
  readonly memory: MemoryBudget;
  readonly watch: OverloadWatch;
  readonly overload: Overload;
};

export function settingsOf({
  observe,
  reports,
  transport,
  marks,
  ground,
  memory,
  watch,
  overload,
}: Settings): (gateway: GatewayPlan) => () => void {
  return (gateway) => {
    const useNames = ground.prepareNames(gateway);
    return () => {
      useNames();
      // Which observers there are depends on the level of the log.
      reports.application.use(gateway.log);
      observe();
      Object.assign(marks, marksOf(gateway, ground.secrets));
      Object.assign(transport.headLimits, gateway.responseHeadLimits);
      watch.memory = gateway.memory;
      overload.bounds = gateway.overload;
      transport.idle.limit = ground.cells.shareOf(gateway.idleConnections);
      memory.all = gateway.cacheMemory;
    };
  };
}
