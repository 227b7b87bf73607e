// The bound addresses of the gateway, and how a plan changes them: new ones are bound before old ones close, and an address
// that stays keeps its socket and its connections.
import { isTakenBy } from '../config/listen-address.ts';
import type { BoundAddress, HandedSocket, KernelSockets, WantedAddress } from '../core/kernel-sockets.ts';
import { type Result, err, ok } from '../core/result.ts';
import { type Millis, millis } from '../core/units.ts';
import type { ListenerTools } from './contract.ts';
import { type Deadlines, type Leaving, type ListenOptions, Listener } from './listener.ts';
import { type ListenOn, formatAddress, onGiven } from './sockets.ts';
import { OWNER_ONLY, permit, removeStaleSocket } from './unix-socket.ts';

/** A listener of a plan. */
export type WantedListener = ListenOptions & {
  /** Two plans mean the same listener by the same key. */
  readonly key: string;
  /** What has asked for the address: a setting, or an option of the command line. */
  readonly askedBy: string;
  /** Where it cannot be had, the gateway does without. */
  readonly isOptional: boolean;
  readonly toolsOf: () => ListenerTools;
};

/** A bound address. */
export type ServedAddress = { readonly hostname: string; readonly port: number; readonly isTls: boolean };

export type ListenersTools = {
  readonly listenOn: ListenOn;
  /** This process binds the sockets. Otherwise another one does, and sends them. */
  readonly bindsItself: boolean;
  /** Null: not on this system. */
  readonly sockets: KernelSockets | null;
  /** Nobody is let in before `open`, since another process still serves. */
  readonly isSuccessor: boolean;
  readonly now: () => Millis;
  readonly rest: (delay: Millis) => Promise<void>;
  /** An optional listener is missing. */
  readonly missing: (problem: string) => void;
};

/** Listeners that are bound, and let nobody in yet. */
export type PreparedListeners = {
  /** Where operators will connect; null: nowhere. */
  readonly operatorsAddress: BoundAddress | null;
  /** They open, and those that the plan does not have end in their own time, at most within `limit`. */
  readonly commit: (limit: Millis) => void;
  readonly drop: () => void;
};

type Running = { readonly wanted: WantedListener; readonly listener: Listener; readonly address: BoundAddress };

type Change = {
  /** What was there when it was made. */
  readonly base: ReadonlyMap<string, Running>;
  /** In the order of the plan, by their keys. */
  readonly running: Map<string, Running>;
  readonly kept: Running[];
  readonly opened: Listener[];
  /** What takes back permissions of sockets that stay. */
  readonly permitted: (() => void)[];
  readonly gone: { readonly listener: Listener; readonly how: Leaving }[];
  /** Optional ones that could not be bound. */
  readonly problems: string[];
};

// How often a listener that lets nobody in is looked at for its last connection.
const EMPTY_POLL = millis(1000);

export class Listeners {
  private running: ReadonlyMap<string, Running> = new Map();
  private readonly leaving = new Set<Listener>();
  private problems: readonly string[] = [];
  private isClosed = false;

  /** Who is not let in yet. */
  private readonly kept: Set<WantedListener['share']>;

  constructor(private readonly tools: ListenersTools) {
    this.kept = new Set(tools.isSuccessor ? ['clients', 'operators'] : []);
  }

  /** Lets them in, where they were kept out. */
  open(share: WantedListener['share']): void {
    this.kept.delete(share);
    for (const { listener } of this.running.values()) if (listener.share === share) listener.open();
  }

  /** All sockets, for another process. */
  get sockets(): readonly HandedSocket[] {
    return Array.from(this.running.values()).flatMap(({ wanted, listener: { descriptor }, address }) =>
      descriptor === null ? [] : [{ wanted: wanted.address, address, descriptor }],
    );
  }

  /** Where clients connect, in the order of the plan. */
  get addresses(): readonly ServedAddress[] {
    return Array.from(this.running.values()).flatMap(({ wanted, address }) =>
      wanted.share === 'clients' && address.kind === 'tcp'
        ? [{ hostname: address.hostname, port: address.port, isTls: wanted.certificates !== null }]
        : [],
    );
  }

  /** Where operators connect; null: nowhere. */
  get operatorsAddress(): BoundAddress | null {
    return addressForOperators(this.running);
  }

  /** Binds what is new. If an address cannot be had, none stays bound, and the error is one line for people. Nothing that
   * serves has changed then. */
  async prepare(all: readonly WantedListener[]): Promise<Result<PreparedListeners, string>> {
    const change: Change = {
      base: this.running,
      running: new Map(),
      kept: [],
      opened: [],
      permitted: [],
      gone: [],
      problems: [],
    };
    const left = new Map(this.running);
    const drop = (): void => {
      for (const listener of change.opened) listener.stop();
      for (const takeBack of change.permitted) takeBack();
    };
    for (const { key } of all) left.delete(key);
    for (const wanted of all) {
      const problem = await this.prepareOne(wanted, change, left);
      if (problem === null) continue;
      if (!wanted.isOptional) {
        drop();
        return err(problem);
      }
      change.problems.push(problem);
    }
    for (const { listener, address } of left.values())
      change.gone.push({ listener, how: isCovered(address, change) ? 'beside another' : 'alone' });
    const operatorsAddress = addressForOperators(change.running);
    return ok({ operatorsAddress, commit: (limit) => this.commit(change, limit), drop });
  }

  private async prepareOne(
    wanted: WantedListener,
    change: Change,
    left: ReadonlyMap<string, Running>,
  ): Promise<string | null> {
    const before = this.running.get(wanted.key);
    if (before?.listener.canBecome(wanted) === true) {
      const kept = { ...before, wanted };
      change.running.set(wanted.key, kept);
      change.kept.push(kept);
      return this.permitAnew(wanted.address, before.wanted.address, change);
    }
    const how = before === undefined ? this.wayTo(wanted, left) : this.sameSocket(before);
    if (!how.ok) return how.error;
    const { address } = wanted;
    if (before === undefined && address.kind === 'unix') await removeStaleSocket(address.path);
    const listener = new Listener(wanted, wanted.toolsOf());
    const bound = listener.bind(how.value);
    if (!bound.ok) return bound.error.replace('--addr', wanted.askedBy);
    change.opened.push(listener);
    change.running.set(wanted.key, { wanted, listener, address: bound.value });
    if (before !== undefined) change.gone.push({ listener: before.listener, how: 'followed' });
    return null;
  }

  // A socket that a service manager has made stays as it has made it, until the configuration says something else.
  private permitAnew(address: WantedAddress, before: WantedAddress, change: Change): string | null {
    if (address.kind !== 'unix' || before.kind !== 'unix') return null;
    const { path, permissions = OWNER_ONLY } = address;
    const { permissions: earlier = OWNER_ONLY } = before;
    if (Bun.deepEquals(permissions, earlier)) return null;
    const { sockets } = this.tools;
    change.permitted.push(() => void permit(path, earlier, sockets));
    return permit(path, permissions, sockets);
  }

  private wayTo({ address }: WantedListener, left: ReadonlyMap<string, Running>): Result<ListenOn, string> {
    const { listenOn, bindsItself } = this.tools;
    if (!bindsItself) return ok(listenOn);
    for (const one of this.leaving) if (excludes(one.address, address)) one.closeSocket();
    const rival = Array.from(left.values()).find((one) => excludes(one.address, address));
    return rival === undefined ? ok(listenOn) : this.beside(rival, address);
  }

  // One of the gateway's own that is to go has the address, or one that excludes it. The system lets two sockets be bound to
  // it where both agree.
  private beside({ listener, address }: Running, wanted: WantedAddress): Result<ListenOn, string> {
    const { sockets } = this.tools;
    const { descriptor } = listener;
    if (sockets === null || descriptor === null) return err(ownAddress(address, wanted));
    sockets.share(descriptor);
    const made = sockets.listen(wanted, 'shared');
    const bound = made.ok ? sockets.addressOf(made.value) : null;
    if (!made.ok || bound === null) return err(ownAddress(address, wanted));
    return ok(onGiven({ descriptor: made.value, address: bound }));
  }

  // The runtime cannot change what accepted sockets of a listener tell, so that another listener has to take its socket over.
  private sameSocket({ listener, address }: Running): Result<ListenOn, string> {
    const { sockets } = this.tools;
    const { descriptor } = listener;
    const copy = sockets === null || descriptor === null ? null : sockets.duplicate(descriptor);
    return copy?.ok === true
      ? ok(onGiven({ descriptor: copy.value, address }))
      : err(`cannot switch TLS on or off at ${formatAddress(address)} while it serves, on this system; start anew`);
  }

  private commit({ base, running, kept, opened, gone, problems }: Change, limit: Millis): void {
    // A worker that has begun or ceased to listen meanwhile is told again.
    if (this.isClosed || this.running !== base) {
      for (const listener of opened) listener.stop();
      return;
    }
    this.running = running;
    for (const { listener, wanted } of kept) listener.change(wanted);
    for (const listener of opened) {
      // Clients are the new one's from here on.
      for (const one of this.leaving) if (excludes(one.address, listener.wantedAddress)) one.closeSocket();
      if (!this.kept.has(listener.share)) listener.open();
    }
    for (const { listener, how } of gone) void this.leave(listener, how, limit);
    for (const problem of problems) if (!this.problems.includes(problem)) this.tools.missing(problem);
    this.problems = problems;
  }

  private async leave(listener: Listener, how: Leaving, limit: Millis): Promise<void> {
    this.leaving.add(listener);
    await listener.leave(how, limit, this.tools);
    this.leaving.delete(listener);
  }

  /** Lets nobody in any more; connections go on. The next plan that is prepared begins anew. */
  unlisten(): void {
    for (const { listener } of this.running.values()) {
      listener.closeSocket();
      this.leaving.add(listener);
      void this.forgetWhenEmpty(listener);
    }
    this.running = new Map();
  }

  private async forgetWhenEmpty(listener: Listener): Promise<void> {
    while (!listener.isEmpty) await this.tools.rest(EMPTY_POLL);
    listener.stop();
    this.leaving.delete(listener);
  }

  /** Every answer to a client is the last of its connection from here on. New connections are accepted. */
  sayLast(): void {
    for (const listener of this.all('clients')) listener.sayLast();
  }

  /** Accepts no more, lets what is under way end, and cuts what is left at its deadline. Returns how many exchanges and
   * tunnels were cut. */
  async drain(share: WantedListener['share'], deadlines: Deadlines, handsOver: boolean): Promise<number> {
    this.isClosed = true;
    const cut = await Promise.all(this.all(share).map((listener) => listener.drain(deadlines, this.tools, handsOver)));
    return cut.reduce((sum, count) => sum + count, 0);
  }

  /** Ends at once. */
  stop(): void {
    this.isClosed = true;
    for (const share of ['clients', 'operators'] as const) for (const listener of this.all(share)) listener.stop();
  }

  private all(share: WantedListener['share']): readonly Listener[] {
    return [...Array.from(this.running.values(), ({ listener }) => listener), ...this.leaving].filter(
      (listener) => listener.share === share,
    );
  }
}

function addressForOperators(running: ReadonlyMap<string, Running>): BoundAddress | null {
  return Array.from(running.values()).find(({ wanted }) => wanted.share === 'operators')?.address ?? null;
}

/** Whether clients of the address find another listener there. */
function isCovered(address: BoundAddress, { running }: Change): boolean {
  return Array.from(running.values()).some((other) => excludes(address, other.address));
}

function excludes(bound: BoundAddress | null, wanted: WantedAddress): boolean {
  if (bound === null) return false;
  if (bound.kind === 'unix' || wanted.kind === 'unix')
    return bound.kind === 'unix' && wanted.kind === 'unix' && bound.path === wanted.path;
  return isTakenBy(bound, wanted);
}

function ownAddress(own: BoundAddress, wanted: WantedAddress): string {
  const place = wanted.kind === 'unix' ? wanted : { ...wanted, hostname: wanted.hostname ?? '' };
  return `cannot listen on ${formatAddress(place)}: the gateway itself listens on ${formatAddress(own)}, which this configuration gives up; put one in force that has neither first`;
}
