// A bound address, from the moment its socket is made to the end of its last connection.
import type { AcceptGate } from '../core/descriptors.ts';
import type { BoundAddress, WantedAddress } from '../core/kernel-sockets.ts';
import { type Result, ok } from '../core/result.ts';
import { type Millis, millis } from '../core/units.ts';
import type { AcceptProtocol, ListenerTools } from './contract.ts';
import { Door, type DoorOptions } from './door.ts';
import { protocols } from './registry.ts';
import { type ListenOn, type ListeningSocket, bindHere, formatAddress } from './sockets.ts';

export type ListenOptions = DoorOptions & { readonly address: WantedAddress };

// An idle connection may have a request on its way, which is answered with `Connection: close`. A connection that is
// still idle after this time is closed.
const LAST_CALL = millis(200);

// How often a shutdown looks whether the last exchange is over.
const DRAIN_POLL = millis(20);

export class Listener {
  private readonly door: Door;
  private socket: ListeningSocket | null = null;
  /** Null: it does not listen, or the system has none. */
  private gate: AcceptGate | null = null;

  constructor(
    private readonly options: ListenOptions,
    private readonly tools: ListenerTools,
    /** The protocols that it offers; the first serves clients that do not choose one. */
    spoken: readonly [AcceptProtocol, ...AcceptProtocol[]] = protocols,
  ) {
    this.door = new Door(options, tools, spoken);
  }

  /** Makes its socket, without letting anybody in yet: clients wait in the kernel. Where the system cannot keep the runtime
   * from accepting, they are let in already. An error is one line for people. */
  bind(listenOn: ListenOn = bindHere): Result<BoundAddress, string> {
    const made = listenOn(this.options.address, this.door.handlers, this.tools.sockets);
    if (!made.ok) return made;
    const { server, address } = made.value;
    const { sending, descriptors } = this.tools;
    this.socket = made.value;
    this.door.place = formatAddress(address);
    sending.kernel.limit(server, this.options.rules.unsentBytes);
    descriptors.deepenQueue(server);
    this.gate = descriptors.gateOf(server);
    this.gate?.close();
    return ok(address);
  }

  /** Lets clients in. */
  open(): void {
    if (this.gate !== null) this.tools.watch.add(this.gate);
    this.tools.doors.add(this.door);
  }

  /** Binds and lets clients in; an error is one line for people. */
  start(listenOn?: ListenOn): Result<BoundAddress, string> {
    const bound = this.bind(listenOn);
    if (bound.ok) this.open();
    return bound;
  }

  /** Lets nobody in any more; connections go on. */
  close(): void {
    this.stopAccepting(false);
  }

  /** Accepts no more connections, lets the exchanges in flight end, and cuts those that are left once `expired` is true. */
  async drain(expired: () => boolean, rest: (delay: Millis) => Promise<void>): Promise<void> {
    const { open, tools } = this.door;
    tools.isDraining = true;
    this.stopAccepting(false);
    if (open.size > 0) await rest(LAST_CALL);
    for (const connection of open) connection.drain();
    while (open.size > 0 && !expired()) await rest(DRAIN_POLL);
    this.stop();
  }

  /** Accepts no more connections and cuts all that are open. */
  stop(): void {
    // Each connection knows whether it must end with a reset. The runtime would end all of them with FIN.
    for (const connection of this.door.open) connection.cut();
    this.stopAccepting(true);
    this.door.open.clear();
    this.tools.doors.delete(this.door);
  }

  // Later calls change nothing.
  private stopAccepting(closeActive: boolean): void {
    if (this.gate !== null) this.tools.watch.remove(this.gate);
    this.gate = null;
    this.socket?.server.stop(closeActive);
  }
}
