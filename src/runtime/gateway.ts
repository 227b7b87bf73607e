// A plan and a world become a running gateway.
import type { AdminAddress } from '../config/admin.ts';
import type { ListenAddress } from '../config/listen-address.ts';
import type { Certificate } from '../core/certificate.ts';
import { errorOf } from '../core/error-of.ts';
import { type Result, err, ok } from '../core/result.ts';
import { type Pace, inSlices } from '../core/slices.ts';
import { type Millis, millis } from '../core/units.ts';
import type { GivenSockets } from '../listen/given-sockets.ts';
import type { Listeners, ServedAddress } from '../listen/listeners.ts';
import type { ListenOn } from '../listen/sockets.ts';
import type { BoundAddress } from '../core/kernel-sockets.ts';
import type { Log } from '../observe/log.ts';
import { type ExplainedRequest, type Explanation, explain } from '../forward/explain.ts';
import { type Snapshot, ofListener, tenantNamed } from '../forward/snapshot.ts';
import type { Plan, StartPlan } from '../plan/plan.ts';
import { type Difference, difference } from '../plan/difference.ts';
import { type ChangeWords, planChanges } from '../plan/difference-in-words.ts';
import { type DescriptorShortfall, descriptorShortfall } from '../plan/descriptor-needs.ts';
import { waitingSettings } from '../plan/settings-at-start.ts';
import { type TenantStatus, readStatus } from '../admin/status.ts';
import { type AdminListener, bindAdmin } from './admin-listener.ts';
import { type AssembleOptions, type Parts, assemble } from './assemble.ts';
import { type ControlSource, type ControlState, controlSource, exportState } from './control-state.ts';
import type { PreparedChange } from './apply.ts';
import { tellOfQuarantine } from './quarantine.ts';
import { Certificates } from './certificates.ts';
import { bindAll, listenOptions, listenRules } from './places.ts';
import type { AlsoPrepared, Followers } from './followers.ts';

export type GatewayOptions = AssembleOptions & {
  /** Where to listen, besides the listeners of the plan; port 0: one that the system chooses. */
  readonly address: ListenAddress | null;
  /** Where the admin API listens if the plan does not say. The gateway does without if it is taken. Absent: nowhere. */
  readonly usualAdminAddress?: AdminAddress;
  /** Sockets that somebody else has made. It must need all of them. */
  readonly given?: GivenSockets;
  /** False: it lets nobody in before `listen`. Absent: it listens at once. */
  readonly listensAtOnce?: boolean;
  /** Another process decides, has read the certificate (null: there is none), and tells people. Absent: this one does. */
  readonly decided?: {
    readonly certificate: Certificate | null;
    readonly assemble: (options: AssembleOptions) => ServedParts;
  };
  /** Called when all addresses are bound and all files are read, before anybody is let in. With an error nobody is. */
  readonly bound?: (admin: BoundAddress | null) => Result<void, string>;
};

/** What has become of a plan that was to be put in force. */
export type Applied =
  | { readonly kind: 'in_force'; readonly change: Difference; readonly words: ChangeWords }
  /** The one before is in force as if nothing had been. */
  | { readonly kind: 'failed'; readonly reason: string }
  /** A later one has taken its place, or the gateway ends. */
  | { readonly kind: 'dropped' };

/** The parts of a gateway. `control` null: another process decides. */
export type ServedParts = Omit<Parts, 'control'> & { readonly control: Parts['control'] | null };

type Running = ServedParts & {
  readonly certificates: Certificates | null;
  /** The processes that serve for this one; null: it serves itself. */
  readonly followers: Followers | null;
};

/** A plan that has been prepared; see `InForce.prepare`. */
export type PreparedPlan = {
  readonly change: Difference;
  /** Rejects only because of a bug; what was in force before is so again then. */
  readonly commit: () => Promise<void>;
  readonly drop: () => void;
};

/** How many requests came to their end while the gateway was ending, and how many were cut. */
export type Ending = { readonly finished: number; readonly cut: number };

/** A running gateway. */
export class Gateway {
  private applying: Promise<unknown> = Promise.resolve();
  private wanted: Plan | null = null;
  private isEnding = false;

  private constructor(
    private readonly parts: Running,
    private listeners: readonly Listeners[],
    private readonly admin: AdminListener | null,
    /** What was read when it started. */
    private readonly start: StartPlan,
    /** The address that was given besides those of the plan. */
    private readonly typed: ListenAddress | null,
  ) {}

  /** Where it listens first. */
  get address(): ServedAddress {
    return this.addresses[0] ?? { hostname: '', port: 0, isTls: false };
  }

  /** Where it listens. */
  get addresses(): readonly ServedAddress[] {
    return this.parts.followers?.addresses ?? this.listeners.flatMap(({ addresses }) => addresses);
  }

  /** Where the admin API listens; null: it has no address of its own. */
  get adminAddress(): BoundAddress | null {
    return this.admin?.served ?? null;
  }

  /** Probes, but serves nothing: for `explain`. */
  static offline(options: AssembleOptions): Gateway {
    const { plan } = options;
    return new Gateway(
      { ...assemble(options), certificates: null, followers: null },
      [],
      null,
      plan.gateway.start,
      null,
    );
  }

  /** Starts to listen and to probe. An error is one line for people; nothing is left running then. */
  static async start(options: GatewayOptions): Promise<Result<Gateway, string>> {
    const { plan, address, world } = options;
    const { start } = plan.gateway;
    const loaded = await Certificates.load(plan.gateway.certificate, world, options.decided?.certificate);
    if (!loaded.ok) return loaded;
    const certificates = loaded.value;
    const { decided, followers = null } = options;
    const { listensAtOnce = followers === null } = options;
    const parts = (decided?.assemble ?? assemble)({ ...options, certificates });
    const listeners = bindAll(
      listensAtOnce ? listenOptions(options, certificates) : [],
      parts,
      options.given?.listenOn,
    );
    if (!listeners.ok) {
      parts.stop();
      return listeners;
    }
    const admin = madeReady(options, await openAdmin(options, parts));
    if (!admin.ok) {
      listeners.value.stop();
      parts.stop();
      return admin;
    }
    listeners.value.open();
    admin.value?.listener.open();
    if (decided === undefined) {
      certificates?.begin(parts.log);
      tellOfQuarantine([], plan.gateway.quarantined, parts.recorder);
      tellOfShortfall(parts.log, descriptorShortfall(start, address !== null, world.descriptors.limit));
    }
    return ok(new Gateway({ ...parts, certificates, followers }, [listeners.value], admin.value, start, address));
  }

  /** Lets clients in, on sockets that somebody else has made; for a gateway that did not listen at once. */
  listen(listenOn: ListenOn): Result<void, string> {
    const { parts, typed, plan } = this;
    const bound = bindAll(listenOptions({ plan, address: typed }, parts.certificates), parts, listenOn);
    if (!bound.ok) return bound;
    // Those of before may have connections still.
    this.listeners = [...this.listeners, bound.value];
    bound.value.open();
    return ok(undefined);
  }

  /** Lets nobody in any more; connections go on. */
  unlisten(): void {
    for (const all of this.listeners) all.close();
  }

  /** Puts another plan in force while requests are served; exchanges in flight end as they began. Of plans that come
   * while one is being put in force the last one follows it. */
  apply(plan: Plan): Promise<Applied> {
    this.wanted = plan;
    const turn = this.applying.then(() => this.applyNow(plan));
    this.applying = turn;
    return turn;
  }

  private async applyNow(plan: Plan): Promise<Applied> {
    if (this.wanted !== plan) return { kind: 'dropped' };
    this.wanted = null;
    const { inForce, pace, log } = this.parts;
    const before = inForce.plan;
    try {
      const prepared = await this.prepare(plan);
      if (prepared === null) return { kind: 'dropped' };
      const { change } = prepared;
      await prepared.commit();
      tellOfQuarantine(before.gateway.quarantined, plan.gateway.quarantined, this.parts.recorder);
      this.tellWhatWaits(plan);
      const words = await inSlices(planChanges(before, change), pace, () => this.isEnding);
      return { kind: 'in_force', change, words: words ?? { lines: [], more: 0 } };
    } catch (error) {
      log('error', 'the new plan cannot be put in force; the one before stays', { error: textOf(error) });
      return { kind: 'failed', reason: errorOf(error).message };
    }
  }

  /** Makes all that a plan needs, while requests are served. Rejects where it cannot be made; nothing has changed then. Null:
   * the gateway ends. One plan at a time. */
  async prepare(plan: Plan): Promise<PreparedPlan | null> {
    const { inForce, pace } = this.parts;
    const prepared = await inSlices(inForce.prepare(plan), pace, () => this.isEnding);
    if (prepared === null) return null;
    const others = await this.prepareOthers(plan, prepared);
    const commit = async (): Promise<void> => {
      try {
        await inSlices(prepared.commit(), pace, () => false);
      } catch (error) {
        others?.drop();
        throw error;
      }
      await others?.commit();
      this.parts.writeAs(plan.gateway.log);
      await this.renewCertificate(plan);
      const { certificates, followers } = this.parts;
      if (certificates !== null) followers?.show(certificates.current);
    };
    const drop = (): void => {
      prepared.drop();
      others?.drop();
    };
    return { change: prepared.change, commit, drop };
  }

  // All processes change together, or none does.
  private async prepareOthers(plan: Plan, prepared: PreparedChange): Promise<AlsoPrepared | null> {
    try {
      return (await this.parts.followers?.prepare(plan, prepared.change)) ?? null;
    } catch (error) {
      prepared.drop();
      throw error;
    }
  }

  /** What a plan would change of the one in force. Null: the gateway ends. */
  async compare(plan: Plan): Promise<{ readonly change: Difference; readonly words: ChangeWords } | null> {
    const { inForce, pace } = this.parts;
    const isOver = (): boolean => this.isEnding;
    const change = await inSlices(difference(inForce.plan, plan), pace, isOver);
    const words = change === null ? null : await inSlices(planChanges(inForce.plan, change), pace, isOver);
    return change === null || words === null ? null : { change, words };
  }

  private async renewCertificate({ gateway: { certificate } }: Plan): Promise<void> {
    // Where another process decides, it tells what it has read.
    if (certificate !== null && this.parts.control !== null)
      await this.parts.certificates?.renew(certificate, this.log);
  }

  private tellWhatWaits({ gateway }: Plan): void {
    const settings = waitingSettings(this.start.settings, gateway.start.settings, this.typed !== null);
    if (settings.length > 0) this.log('warn', 'takes effect at the next start', { settings: settings.join(', ') });
  }

  /** What it shows to clients; null: it has no certificate. */
  get certificate(): Certificate | null {
    return this.parts.certificates?.current ?? null;
  }

  /** Handshakes that begin from here on get this certificate. */
  show(certificate: Certificate): void {
    if (this.parts.certificates !== null) this.parts.certificates.current = certificate;
  }

  get log(): Log {
    return this.parts.log;
  }

  /** What is in force. */
  get plan(): Plan {
    return this.parts.inForce.plan;
  }

  get snapshot(): Snapshot {
    return this.parts.store.current;
  }

  /** What it knows and has decided. */
  get control(): ControlSource {
    const { control } = this.parts;
    if (control === null) throw new Error('another process decides');
    return controlSource({ ...this.parts, control });
  }

  /** All of that as one value, with which another gateway may begin (`carried`). */
  exportState(): ControlState {
    return exportState(this.control);
  }

  get pace(): Pace {
    return this.parts.pace;
  }

  status(): readonly TenantStatus[] {
    const { control } = this.parts;
    return control === null ? [] : [...readStatus(this.snapshot, control)];
  }

  /** How many exchanges another attempt has saved. */
  get saved(): number {
    return this.parts.recorder.saved;
  }

  /** Latencies of one backend, in buckets; see observe/latency.ts. */
  latency(tenant: string, backend: string): Uint32Array | null {
    const found = tenantNamed(this.snapshot, tenant)?.pool.backends.find(({ name }) => name === backend);
    return found?.traffic.latency ?? null;
  }

  /** Resolves when every backend has had its first verdict, or after `limit`. */
  async settled(limit: Millis): Promise<void> {
    const { clock } = this.parts;
    const end = clock.now() + limit;
    const isSettled = (): boolean =>
      this.status().every(
        ({ backends, names }) =>
          names.every(({ state }) => state !== 'resolving') && backends.every(({ health }) => health !== 'unknown'),
      );
    while (!isSettled() && clock.now() < end) await this.parts.rest(millis(5));
  }

  /** Stops to accept, lets what is in flight end within `timeouts.shutdown`, then cuts the rest. */
  async shutdown(): Promise<Ending> {
    const { clock, settle, inForce, recorder } = this.parts;
    this.isEnding = true;
    // Before names are closed: workers still need them.
    const others = this.parts.followers?.retire(this.plan);
    settle();
    const before = recorder.ended;
    const end = clock.now() + inForce.plan.gateway.shutdownTimeout;
    let finished: number | null = null;
    const isOver = (): boolean => {
      // What ends from here on is cut.
      if (clock.now() >= end) finished ??= recorder.ended - before;
      return finished !== null;
    };
    const { rest } = this.parts;
    const ends = this.listeners.map((all) => all.drain(isOver, rest));
    await Promise.all([...ends, this.admin?.listener.drain(isOver, rest)]);
    this.parts.certificates?.stop();
    this.parts.stop();
    const ended = recorder.ended - before;
    const theirs = (await others) ?? { finished: 0, cut: 0 };
    const own = finished ?? ended;
    return { finished: own + theirs.finished, cut: ended - own + theirs.cut };
  }

  /** Ends at once. */
  stop(): void {
    this.isEnding = true;
    this.parts.followers?.stop();
    for (const all of this.listeners) all.stop();
    this.admin?.listener.stop();
    this.parts.certificates?.stop();
    this.parts.stop();
  }

  /** What would happen to a request, and why. `listener`: the place of the one that it comes to among those of the plan;
   * null: none of them. */
  explain(request: ExplainedRequest, listener: number | null = null): Explanation {
    const snapshot = listener === null ? this.snapshot : ofListener(this.snapshot, listener);
    return explain(snapshot, this.start.headLimits, request);
  }
}

type OpenedAdmin = Result<AdminListener | null, string>;

// The last of what can fail.
function madeReady({ given, bound }: GatewayOptions, admin: OpenedAdmin): OpenedAdmin {
  if (!admin.ok) return admin;
  const unused = given?.problem ?? null;
  const ready = unused === null ? (bound?.(admin.value?.served ?? null) ?? ok(undefined)) : err(unused);
  if (ready.ok) return admin;
  admin.value?.listener.stop();
  return ready;
}

// A configured address must be free. Nobody has asked for the usual one: another gateway may have it.
async function openAdmin(
  { plan, usualAdminAddress = { kind: 'none' }, given, decided }: GatewayOptions,
  parts: ServedParts,
): Promise<OpenedAdmin> {
  // Where others decide, they have it.
  if (decided !== undefined) return ok(null);
  const { admin, typed } = plan.gateway.start;
  const opened = await bindAdmin(admin ?? usualAdminAddress, listenRules(typed), { ...parts, given });
  if (opened.ok || admin !== null) return opened;
  parts.log('warn', 'the admin API has no address of its own', { reason: opened.error });
  return ok(null);
}

function tellOfShortfall(log: Log, shortfall: DescriptorShortfall | null): void {
  if (shortfall === null) return;
  const { limit, needed, clients, possible } = shortfall;
  const fields = { limit, needed, connections: clients, possible };
  log('warn', 'RLIMIT_NOFILE is too low for the connections that are configured', fields);
}

function textOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
