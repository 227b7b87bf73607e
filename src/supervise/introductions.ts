// What workers begin with. It is sent when there is a plan, and read by a worker when it has loaded its program: meanwhile
// the supervisor makes its own part of the gateway.
import type { Slot } from '../core/cells.ts';
import type { Descriptor } from '../core/kernel-sockets.ts';
import { type Result, err, ok } from '../core/result.ts';
import { partsOf } from '../plan/parts.ts';
import type { Plan } from '../plan/plan.ts';
import type { FleetGround } from './fleet-ground.ts';
import { writePlan } from './handed-plan.ts';
import type { WorkerProcess } from './worker-process.ts';

export type IntroductionTools = {
  readonly shared: FleetGround;
  readonly slots: number;
  /** The slot of a backend that gets no requests. */
  readonly nowhere: Slot;
  readonly close: (descriptor: Descriptor) => void;
};

export class Introductions {
  /** Which plan a worker has been sent first. */
  private readonly sent = new WeakMap<WorkerProcess, Plan>();
  /** The plan that was handed over last; null: none is kept. */
  private written: { readonly plan: Plan; readonly memory: Descriptor } | null = null;
  private count = 0;

  constructor(private readonly tools: IntroductionTools) {}

  /** Sees to it that a worker has what it begins with, and that plan. An error is one line for people. */
  send(worker: WorkerProcess, plan: Plan): string | null {
    const sent = this.sent.get(worker) ?? null;
    if (sent !== null) {
      if (!isSame(sent, plan))
        for (const part of partsOf(plan.gateway, plan.tenants)) worker.tell({ kind: 'part', part });
      return null;
    }
    const { shared, slots, nowhere } = this.tools;
    const { room, processes, places, memory, ground } = shared;
    const written = this.memoryOf(plan);
    if (!written.ok) return `the plan cannot be handed over: ${written.error}`;
    if (!worker.hand([memory, written.value])) return 'the memory could not be handed over';
    const turn = { number: this.count++ % slots, of: slots };
    worker.tell({ kind: 'begin', room, processes, turn, secrets: ground.secrets, nowhere, places });
    this.sent.set(worker, plan);
    return null;
  }

  /** No worker starts at the moment: the memory is for others. */
  rest(): void {
    if (this.written !== null) this.tools.close(this.written.memory);
    this.written = null;
  }

  private memoryOf(plan: Plan): Result<Descriptor, string> {
    if (this.written !== null && isSame(this.written.plan, plan)) return ok(this.written.memory);
    this.rest();
    const made = writePlan(plan);
    if (!made.ok) return err(made.error);
    this.written = { plan, memory: made.value };
    return made;
  }
}

// What is in force is another object than what was put in force, with the same in it.
function isSame(one: Plan, other: Plan): boolean {
  if (one.gateway !== other.gateway || one.tenants.length !== other.tenants.length) return false;
  return one.tenants.every((tenant, at) => tenant === other.tenants[at]);
}
