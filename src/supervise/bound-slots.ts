// Where the gateway listens: the addresses of the plan with a socket for each slot, and what a worker gets of them.
import { isTakenBy } from '../config/listen-address.ts';
import type { BoundAddress, HandedSocket, KernelSockets } from '../core/kernel-sockets.ts';
import { type Result, err, ok } from '../core/result.ts';
import { type Millis, millis } from '../core/units.ts';
import type { GivenSockets } from '../listen/given-sockets.ts';
import type { ServedAddress } from '../listen/listeners.ts';
import type { Plan } from '../plan/plan.ts';
import { type Places, type WantedPlace, wantedPlaces } from '../plan/wanted-addresses.ts';
import type { SentAddress } from './sent-sockets.ts';
import { type SlotAddress, SlotSockets } from './sockets.ts';
import type { WorkerProcess } from './worker-process.ts';

type Bound = { readonly wanted: WantedPlace; readonly held: SlotAddress };

// A busy worker needs longer to let those in who wait.
const WORKERS_LEAVE = millis(10_000);

export type BoundSlotsTools = {
  readonly kernel: KernelSockets;
  readonly slots: number;
  readonly places: Places;
  readonly rest: (delay: Millis) => Promise<void>;
};

/** The addresses of another plan, bound. */
export type PreparedSlots = {
  /** Hands a worker the sockets that are new. Null: they could not be sent. */
  hand(worker: WorkerProcess, slot: number): readonly SentAddress[] | null;
  commit(): void;
  drop(): void;
};

export class BoundSlots {
  private readonly sockets: SlotSockets;
  /** Counts the changes. */
  private version = 0;
  private bound: readonly Bound[] = [];
  /** Addresses that a plan has removed a moment ago, by their keys: a plan that has one again gets its sockets back. */
  private readonly leaving = new Map<string, Bound>();
  /** Addresses that a plan has removed, as long as a worker may still have their sockets. */
  private readonly recent = new Set<BoundAddress>();
  /** Which version of the addresses a worker has. */
  private readonly handed = new WeakMap<WorkerProcess, number>();

  private constructor(private readonly tools: BoundSlotsTools) {
    this.sockets = new SlotSockets(tools.kernel, tools.slots);
  }

  /** Binds all addresses or none; an error is one line for people. */
  static bind(plan: Plan, tools: BoundSlotsTools, given: GivenSockets): Result<BoundSlots, string> {
    const slots = new BoundSlots(tools);
    const prepared = slots.prepare(plan, given);
    if (!prepared.ok) return prepared;
    prepared.value.commit();
    return ok(slots);
  }

  get addresses(): readonly ServedAddress[] {
    return this.bound.flatMap(({ held: { address }, wanted: { isTls } }) =>
      address.kind === 'tcp' ? [{ hostname: address.hostname, port: address.port, isTls }] : [],
    );
  }

  /** Binds what another plan has besides; nothing else changes before the commit. An error is one line for people. */
  prepare({ gateway }: Plan, given?: GivenSockets): Result<PreparedSlots, string> {
    const all = wantedPlaces(gateway, this.tools.places);
    if (!all.ok) return all;
    const before = new Map(this.bound.map((one) => [one.wanted.key, one]));
    const [next, fresh]: [Bound[], Bound[]] = [[], []];
    const restored = new Set<Bound>();
    const drop = (): void => {
      for (const one of fresh)
        if (restored.has(one)) void this.leave(one);
        else this.sockets.close(one.held);
    };
    for (const wanted of all.value) {
      const known = before.get(wanted.key);
      const left = known === undefined ? this.restore(wanted) : null;
      const held = left ?? known?.held ?? null;
      const made = held === null ? this.add(wanted, given) : ok(held);
      if (!made.ok) {
        drop();
        return err(made.error.replace('--addr', wanted.askedBy));
      }
      const bound = { wanted, held: made.value };
      next.push(bound);
      if (known === undefined) fresh.push(bound);
      if (left !== null) restored.add(bound);
    }
    const hand: PreparedSlots['hand'] = (worker, slot) => {
      this.handed.set(worker, this.version + 1);
      return handOver(worker, slot, fresh);
    };
    return ok({ hand, commit: () => this.take(next), drop });
  }

  private restore({ key }: WantedPlace): SlotAddress | null {
    const left = this.leaving.get(key);
    if (left === undefined) return null;
    this.leaving.delete(key);
    this.sockets.restore(left.held);
    return left.held;
  }

  private add(wanted: WantedPlace, given?: GivenSockets): Result<SlotAddress, string> {
    const ready = (given?.take(wanted.address, this.tools.slots) ?? []).map(({ descriptor }) => descriptor);
    // One of the gateway's own has the address, or one that excludes it.
    const own = [...this.bound.map(({ held }) => held.address), ...this.recent];
    const isOwn = own.some((address) => excludes(address, wanted));
    return this.sockets.add(wanted.address, ready, isOwn ? 'shared' : 'alone');
  }

  private take(next: readonly Bound[]): void {
    const kept = new Set(next.map(({ held }) => held));
    const gone = this.bound.filter(({ held }) => !kept.has(held));
    this.bound = next;
    this.version++;
    for (const one of gone) void this.leave(one);
  }

  // Workers close theirs when nobody waits any more.
  private async leave(one: Bound): Promise<void> {
    const { wanted, held } = one;
    this.leaving.set(wanted.key, one);
    this.recent.add(held.address);
    const isCovered = this.bound.some((other) => excludes(held.address, other.wanted));
    if (!isCovered) await this.sockets.retire(held, this.tools.rest);
    if (this.leaving.get(wanted.key) === one) {
      this.leaving.delete(wanted.key);
      this.sockets.close(held);
    }
    await this.tools.rest(WORKERS_LEAVE);
    this.recent.delete(held.address);
  }

  /** All sockets, for another gateway. */
  get handedOver(): readonly HandedSocket[] {
    return this.bound.flatMap(({ wanted, held: { address, sockets } }) =>
      sockets.map((descriptor) => ({ wanted: wanted.address, address, descriptor })),
    );
  }

  /** Hands a worker the sockets of a slot. Null: they could not be sent. */
  hand(worker: WorkerProcess, slot: number): readonly SentAddress[] | null {
    this.handed.set(worker, this.version);
    return handOver(worker, slot, this.bound);
  }

  /** Whether a worker has the sockets of the addresses in force. */
  isUpToDate(worker: WorkerProcess): boolean {
    return this.handed.get(worker) === this.version;
  }

  close(): void {
    for (const held of this.sockets.addresses) this.sockets.close(held);
  }
}

function handOver(worker: WorkerProcess, slot: number, all: readonly Bound[]): readonly SentAddress[] | null {
  const sent = all.map(({ wanted, held }) => ({ wanted: wanted.address, address: held.address }));
  const descriptors = all.flatMap(({ held }) => held.sockets[slot] ?? []);
  return descriptors.length === 0 || worker.hand(descriptors) ? sent : null;
}

function excludes(bound: BoundAddress, { address }: WantedPlace): boolean {
  return bound.kind === 'tcp' && isTakenBy(bound, address);
}
