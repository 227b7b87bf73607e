// A bound address, from the moment its socket is made to the end of its last connection.
import type { AcceptGate } from '../core/descriptors.ts';
import type { BoundAddress, KernelSockets, WantedAddress } from '../core/kernel-sockets.ts';
import { type Result, ok } from '../core/result.ts';
import { type Millis, millis } from '../core/units.ts';
import type { AcceptProtocol, AcceptedConnection, ListenerTools } from './contract.ts';
import { Door, type DoorOptions } from './door.ts';
import { protocols } from './registry.ts';
import { type ListenOn, type ListeningSocket, bindHere, formatAddress } from './sockets.ts';
import { keepingFile } from './unix-socket.ts';

export type ListenOptions = DoorOptions & { readonly address: WantedAddress };

/** How a listener leaves. `followed`: another one has taken over its socket; `beside another`: clients of its address find
 * another socket there; `alone`: they find nobody. */
export type Leaving = 'followed' | 'beside another' | 'alone';

/** When what is in flight is cut. */
export type Deadlines = { readonly exchanges: Millis; readonly tunnels: Millis };

type Carries = AcceptedConnection['carries'];

export type LeavingTools = {
  /** Nobody else has its socket, but for a service manager that has given it. */
  readonly bindsItself: boolean;
  readonly sockets: KernelSockets | null;
  readonly now: () => Millis;
  readonly rest: (delay: Millis) => Promise<void>;
};

// An idle connection may have a request on its way, which is answered with `Connection: close`. A connection that is
// still idle after this time is closed.
const LAST_CALL = millis(200);

// The same where another process starts at the same time: on a busy machine this one may not get a core for a while.
const LONG_LAST_CALL = millis(1000);
const NEXT_TURN = millis(1);

// How often a shutdown looks whether the last exchange is over.
const DRAIN_POLL = millis(20);
// The same where WebSockets may go on for minutes.
const HAND_OVER_POLL = millis(100);

// How long a handshake of TCP that has begun may take to put its connection into the queue.
const LATE_COMERS = millis(500);
const LOOK = millis(10);
// A process that has so many waiting for so long does not accept.
const LONGEST_QUEUE = millis(5000);

// Connections that end in their own time may take minutes.
const LEAVING_POLL = millis(250);

export class Listener {
  private readonly door: Door;
  /** It stays when it is closed: the runtime has the connections by it. */
  private socket: ListeningSocket | null = null;
  private isAccepting = false;
  /** Null: it does not listen, or the system has none. */
  private gate: AcceptGate | null = null;

  constructor(
    private options: ListenOptions,
    private readonly tools: ListenerTools,
    /** The protocols that it offers; the first serves clients that do not choose one. */
    spoken: readonly [AcceptProtocol, ...AcceptProtocol[]] = protocols,
  ) {
    this.door = new Door(options, tools, spoken);
  }

  get share(): DoorOptions['share'] {
    return this.options.share;
  }

  get wantedAddress(): WantedAddress {
    return this.options.address;
  }

  get isEmpty(): boolean {
    return this.door.open.size === 0;
  }

  /** Null: it does not listen. */
  get address(): BoundAddress | null {
    return this.isAccepting && this.socket !== null ? this.socket.address : null;
  }

  /** Of its socket; null: it does not listen, or the system does not tell. */
  get descriptor(): number | null {
    return this.socket === null || !this.isAccepting ? null : this.tools.descriptors.numberOf(this.socket.server);
  }

  /** Makes its socket, without letting anybody in yet: clients wait in the kernel. Where the system cannot keep the runtime
   * from accepting, they are let in already. An error is one line for people. */
  bind(listenOn: ListenOn = bindHere): Result<BoundAddress, string> {
    const made = listenOn(this.options.address, this.door.handlers, this.tools.sockets);
    if (!made.ok) return made;
    const { server, address } = made.value;
    const { sending, descriptors } = this.tools;
    this.socket = made.value;
    this.isAccepting = true;
    this.door.place = formatAddress(address);
    sending.kernel.limit(server, this.options.rules.unsentBytes);
    descriptors.deepenQueue(server);
    this.gate = descriptors.gateOf(server);
    this.gate?.close();
    return ok(address);
  }

  /** Lets clients in. */
  open(): void {
    if (this.gate !== null) this.tools.watch.add(this.gate, this.options.share);
    this.tools.doors.add(this.door);
  }

  /** Binds and lets clients in; an error is one line for people. */
  start(listenOn?: ListenOn): Result<BoundAddress, string> {
    const bound = this.bind(listenOn);
    if (bound.ok) this.open();
    return bound;
  }

  /** Whether it can go on by other options, with its socket and its connections. */
  canBecome({ certificates, share }: ListenOptions): boolean {
    return (certificates === null) === (this.options.certificates === null) && share === this.options.share;
  }

  /** Goes on by other options. They hold for connections that are open as well, from their next wait or request on. */
  change(options: ListenOptions): void {
    this.options = options;
    this.door.change(options);
    if (this.isAccepting && this.socket !== null)
      this.tools.sending.kernel.limit(this.socket.server, options.rules.unsentBytes);
  }

  /** Its address is gone: it lets those in who wait already, answers what comes over open connections with `Connection:
   * close`, and ends what is left after `limit`. */
  async leave(how: Leaving, limit: Millis, tools: LeavingTools): Promise<void> {
    const { door } = this;
    const end = tools.now() + limit;
    door.leave();
    await this.emptyQueue(how, tools);
    this.closeSocket();
    while (door.open.size > 0 && tools.now() < end) await tools.rest(LEAVING_POLL);
    const last = millis(tools.now() + 2 * LAST_CALL);
    await this.drain({ exchanges: last, tunnels: last }, tools);
  }

  private async emptyQueue(how: Leaving, { sockets, now, rest, bindsItself }: LeavingTools): Promise<void> {
    const { descriptor, address } = this;
    if (how === 'followed' || sockets === null || descriptor === null) return;
    // The path of a Unix socket goes with its listener.
    const turnsAway = how === 'alone' && address?.kind === 'tcp';
    if (turnsAway) sockets.turnAway(descriptor);
    const begun = now();
    const least = begun + (turnsAway ? LATE_COMERS : LOOK);
    while (now() < begun + LONGEST_QUEUE && this.descriptor === descriptor) {
      await rest(LOOK);
      if (now() >= least && this.descriptor === descriptor && !sockets.hasWaiting(descriptor)) break;
    }
    // A service manager that has given the socket still has it.
    if (turnsAway && bindsItself && this.descriptor === descriptor) sockets.letIn(descriptor);
  }

  /** Every answer is the last of its connection from here on. New ones are accepted. */
  sayLast(): void {
    this.door.tools.isDraining = true;
  }

  /** Accepts no more connections, lets what is in flight end, and cuts what is left at its deadline. Returns how many
   * exchanges and tunnels were cut. `handsOver`: another process listens on the socket, and WebSockets are told only then. */
  async drain(
    deadlines: Deadlines,
    { now, rest }: Pick<LeavingTools, 'now' | 'rest'>,
    handsOver = false,
  ): Promise<number> {
    const { open, tools } = this.door;
    tools.isDraining = true;
    tools.isEnding = !handsOver;
    if (handsOver) this.leaveToOthers();
    else this.closeSocket();
    await this.lastCall(handsOver ? LONG_LAST_CALL : LAST_CALL, rest);
    // Timers come before sockets: what has arrived meanwhile is read first.
    if (open.size > 0) await rest(NEXT_TURN);
    for (const connection of open) connection.drain(handsOver);
    let cut = 0;
    while (open.size > 0 && now() < Math.max(deadlines.exchanges, deadlines.tunnels)) {
      if (now() >= deadlines.tunnels) cut += this.cut((carries) => carries === 'tunnel');
      if (now() >= deadlines.exchanges) cut += this.cut((carries) => carries !== 'tunnel');
      await rest(handsOver ? HAND_OVER_POLL : DRAIN_POLL);
    }
    if (handsOver && open.size > 0) {
      for (const connection of open) connection.drain(false);
      await rest(LAST_CALL);
    }
    cut += this.cut(() => true);
    this.stop();
    return cut;
  }

  // In short rests: on a busy machine each of them takes longer, and so do clients.
  private async lastCall(length: Millis, rest: LeavingTools['rest']): Promise<void> {
    for (let passed = 0; passed < length && this.door.open.size > 0; passed += DRAIN_POLL) await rest(DRAIN_POLL);
  }

  // Returns how many of them were not idle.
  private cut(isMeant: (carries: Carries) => boolean): number {
    let count = 0;
    for (const connection of this.door.open) {
      const { carries } = connection;
      if (!isMeant(carries)) continue;
      if (carries !== 'nothing') count++;
      connection.cut();
    }
    return count;
  }

  private leaveToOthers(): void {
    const { address } = this;
    if (address?.kind === 'unix') keepingFile(address.path, () => this.closeSocket());
    else this.closeSocket();
  }

  /** Accepts no more connections and cuts all that are open. */
  stop(): void {
    // Each connection knows whether it must end with a reset. The runtime would end all of them with FIN.
    for (const connection of this.door.open) connection.cut();
    this.closeSocket(true);
    this.door.open.clear();
    this.tools.doors.delete(this.door);
    this.tools.ended();
  }

  /** Accepts no more connections; those that are open go on. Later calls change nothing. */
  closeSocket(closesConnections = false): void {
    if (this.gate !== null) this.tools.watch.remove(this.gate);
    this.gate = null;
    this.isAccepting = false;
    this.socket?.server.stop(closesConnections);
  }
}
