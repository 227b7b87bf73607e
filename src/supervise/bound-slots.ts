// Where the gateway listens: the addresses of the plan with a socket for each slot, and what a worker gets of them.
import type { ListenAddress } from '../config/listen-address.ts';
import type { KernelSockets, WantedAddress } from '../core/kernel-sockets.ts';
import { type Result, err, ok } from '../core/result.ts';
import type { GivenSockets } from '../listen/given-sockets.ts';
import type { ServedAddress } from '../listen/listeners.ts';
import type { Plan } from '../plan/plan.ts';
import type { SentAddress } from './sent-sockets.ts';
import { type SlotAddress, SlotSockets } from './sockets.ts';
import type { WorkerProcess } from './worker-process.ts';

type Bound = { readonly wanted: WantedAddress; readonly held: SlotAddress; readonly isTls: boolean };

export class BoundSlots {
  private constructor(
    private readonly sockets: SlotSockets,
    private readonly bound: readonly Bound[],
  ) {}

  /** Binds all addresses or none; an error is one line for people. */
  static bind(
    plan: Plan,
    typed: ListenAddress | null,
    {
      kernel,
      slots,
      given,
    }: { readonly kernel: KernelSockets; readonly slots: number; readonly given: GivenSockets | undefined },
  ): Result<BoundSlots, string> {
    const sockets = new SlotSockets(kernel, slots);
    const bound: Bound[] = [];
    for (const { wanted, isTls } of wantedOf(plan, typed)) {
      const ready = (given?.take(wanted) ?? []).map(({ descriptor }) => descriptor);
      const held = sockets.add(wanted, ready);
      if (!held.ok) {
        for (const one of bound) sockets.close(one.held);
        return err(held.error);
      }
      bound.push({ wanted, held: held.value, isTls });
    }
    return ok(new BoundSlots(sockets, bound));
  }

  get addresses(): readonly ServedAddress[] {
    return this.bound.flatMap(({ held: { address }, isTls }) =>
      address.kind === 'tcp' ? [{ hostname: address.hostname, port: address.port, isTls }] : [],
    );
  }

  /** Hands a worker the sockets of a slot. Null: they could not be sent. */
  hand(worker: WorkerProcess, slot: number): readonly SentAddress[] | null {
    const sent = this.bound.map(({ wanted, held }) => ({ wanted, address: held.address }));
    const descriptors = this.bound.flatMap(({ held }) => held.sockets[slot] ?? []);
    return worker.hand(descriptors) ? sent : null;
  }

  close(): void {
    for (const { held } of this.bound) this.sockets.close(held);
  }
}

function wantedOf({ gateway }: Plan, typed: ListenAddress | null) {
  const { listeners } = gateway.start;
  const planned = listeners.map(({ hostname, port, tls }) => ({ hostname, port, isTls: tls }));
  const own = typed === null ? [] : [{ ...typed, isTls: gateway.certificate !== null }];
  return [...own, ...planned].map(({ hostname, port, isTls }) => ({
    wanted: { kind: 'tcp' as const, hostname, port },
    isTls,
  }));
}
