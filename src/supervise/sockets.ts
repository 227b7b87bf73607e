// The listening sockets of the gateway: for each address one for each slot, so that the system spreads connections over the
// workers, and a worker that ends takes no waiting client with it. They stay open while workers come and go.
import type { BoundAddress, Descriptor, KernelSockets, WantedAddress } from '../core/kernel-sockets.ts';
import { type Result, err, ok } from '../core/result.ts';
import { type Millis, millis } from '../core/units.ts';
import { describeTooMany } from '../listen/given-sockets.ts';
import { describeListenProblem, describeSocketProblem, whoHas } from '../listen/listen-problems.ts';

/** An address with its sockets, in the order of the slots. */
export type SlotAddress = { readonly address: BoundAddress; readonly sockets: readonly Descriptor[] };

type Rest = (delay: Millis) => Promise<void>;

// How long a handshake that has begun may take to put its connection into the queue: several round trips over long ways.
const HANDSHAKES = millis(500);
const LOOK = millis(10);
// A worker that accepts nothing for so long will not begin again.
const LONGEST_QUEUE = millis(5000);

export class SlotSockets {
  private readonly held = new Set<SlotAddress>();

  constructor(
    private readonly kernel: KernelSockets,
    readonly slots: number,
  ) {}

  get addresses(): readonly SlotAddress[] {
    return [...this.held];
  }

  /** Binds the address for all slots or for none; the error is one line for people. `given`: sockets of this address that
   * somebody else has made. `sharing` shared: the gateway itself has an address that excludes this one. */
  add(
    wanted: WantedAddress,
    given: readonly Descriptor[] = [],
    sharing: 'alone' | 'shared' = 'alone',
  ): Result<SlotAddress, string> {
    const [first] = given;
    const made = first === undefined ? this.kernel.listen(wanted, sharing) : ok(first);
    if (!made.ok) return err(this.describe(made.error, wanted));
    const address = this.kernel.addressOf(made.value);
    if (address === null) return this.giveUp([made.value], 'ENOTSOCK', wanted);
    // Nobody would accept from those that are left over, and whoever has made them keeps them open.
    if (given.length > this.slots) return err(describeTooMany(given.length, address, this.slots));
    const sockets = [made.value, ...given.slice(1)];
    // The first one was bound alone: nobody else has the address. Only then the others may join it.
    this.kernel.share(made.value);
    while (sockets.length < this.slots) {
      const next = this.another(address, made.value);
      if (!next.ok) return this.giveUp(sockets, next.error, wanted);
      sockets.push(next.value);
    }
    const held = { address, sockets };
    this.held.add(held);
    return ok(held);
  }

  /** Lets no new client in, and resolves when nobody waits any more: then workers may close their descriptors, and lose no
   * client by it. Until then they go on to accept. */
  async retire(address: SlotAddress, rest: Rest): Promise<void> {
    await turnAway(address.sockets, this.kernel, rest);
  }

  /** Takes it back. */
  restore(address: SlotAddress): void {
    for (const socket of address.sockets) this.kernel.letIn(socket);
  }

  /** Closes this process's descriptors. Who waits is refused once workers have closed theirs, too; see `retire`. */
  close(address: SlotAddress): void {
    // The numbers of what is closed already may be others' by now.
    if (!this.held.delete(address)) return;
    for (const socket of address.sockets) {
      // A service manager that has given it still has it.
      this.kernel.letIn(socket);
      this.kernel.close(socket);
    }
  }

  // A Unix socket, and one that another user has made, cannot be joined: the slots then share one, which spreads connections
  // less evenly.
  private another(address: BoundAddress, first: Descriptor): Result<Descriptor, string> {
    if (address.kind === 'unix') return this.kernel.duplicate(first);
    const joined = this.kernel.listen(address, 'shared');
    return joined.ok ? joined : this.kernel.duplicate(first);
  }

  private giveUp(sockets: readonly Descriptor[], code: string, wanted: WantedAddress): Result<never, string> {
    for (const socket of sockets) this.kernel.close(socket);
    return err(this.describe(code, wanted));
  }

  private describe(code: string, wanted: WantedAddress): string {
    const who = whoHas(code, wanted, this.kernel);
    if (wanted.kind === 'unix') return describeSocketProblem(code, wanted.path, who);
    return describeListenProblem(code, { hostname: wanted.hostname ?? '0.0.0.0', port: wanted.port }, who);
  }
}

/** Lets no new client in by these sockets, and resolves when nobody waits in them any more. */
export async function turnAway(sockets: readonly Descriptor[], kernel: KernelSockets, rest: Rest): Promise<void> {
  for (const socket of sockets) kernel.turnAway(socket);
  if (sockets.length === 0) return;
  for (let passed = 0; passed < LONGEST_QUEUE; passed += LOOK) {
    await rest(LOOK);
    if (passed >= HANDSHAKES && !sockets.some((socket) => kernel.hasWaiting(socket))) return;
  }
}
