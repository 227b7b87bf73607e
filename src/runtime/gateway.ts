// A plan and a world become a running gateway.
import type { Certified, HandedCertificates } from '../certificates/contract.ts';
import { type Result, err, ok } from '../core/result.ts';
import { type Pace, inSlices } from '../core/slices.ts';
import { type Millis, millis } from '../core/units.ts';
import { Listeners, type ServedAddress, type WantedListener } from '../listen/listeners.ts';
import { bindHere } from '../listen/sockets.ts';
import type { BoundAddress, HandedSocket } from '../core/kernel-sockets.ts';
import type { TotalsReader } from '../core/traffic-totals.ts';
import { trafficTotals } from './traffic-totals.ts';
import type { GatewayChange } from '../core/observer.ts';
import type { Log } from '../observe/log.ts';
import { type ExplainedRequest, type Explanation, explain } from '../forward/explain.ts';
import { type Snapshot, ofListener } from '../forward/snapshot.ts';
import type { Plan } from '../plan/plan.ts';
import { type Difference, difference } from '../plan/difference.ts';
import { type ChangeWords, planChanges } from '../plan/difference-in-words.ts';
import { type Places, typedAddress } from '../plan/wanted-addresses.ts';
import type { AdminSources, Readiness } from '../admin/sources.ts';
import { readStatus } from '../admin/status.ts';
import { type AssembleOptions, assemble } from './assemble.ts';
import { adoptDecisions } from './control.ts';
import { type ControlSource, type ControlState, controlSource, exportState } from './control-state.ts';
import { isSettled, waitFor } from './first-verdicts.ts';
import type { GatewayOptions, ServedParts } from './gateway-options.ts';
import { type Applied, PlanTurns, type PreparedPlan } from './plan-turns.ts';
import { tellOfQuarantine } from './quarantine.ts';
import { type CertificateTools, Certificates } from './certificates.ts';
import type { CertificateNews } from './followers.ts';
import type { Logs } from './logs.ts';
import { type Ending, endOf } from './ending.ts';
import { ReadinessWatch } from './readiness.ts';
import { ShortfallWatch } from './shortfall-watch.ts';
import { type ChangingPart, type PreparedPart, prepareAll } from './two-phases.ts';
import { adminListeners, clientListeners } from './wanted-listeners.ts';

/** `operatorsAddress`: of the admin API; null: it has none. */
type PreparedDoors = PreparedPart & { readonly operatorsAddress: BoundAddress | null };

const NO_CERTIFICATES: NonNullable<GatewayOptions['adopted']> = new Map();

/** A running gateway. */
export class Gateway {
  private readonly turns: PlanTurns;
  private isEnding = false;
  private readonly readiness: ReadinessWatch;
  readonly logs: Logs;
  /** Those of the plan that is being prepared. */
  private nextCertificates: HandedCertificates = { order: [], added: [] };
  private readonly shortfall: ShortfallWatch;
  /** It lets clients in. */
  private reader: TotalsReader | null = null;
  private isListening: boolean;

  private constructor(
    private readonly parts: ServedParts,
    readonly certificates: Certificates,
    private readonly listeners: Listeners,
    private readonly options: GatewayOptions,
  ) {
    this.isListening = options.decided === undefined;
    this.logs = parts.logs;
    this.turns = new PlanTurns({
      parts,
      isEnding: () => this.isEnding,
      prepare: (plan) => this.prepare(plan),
    });
    this.shortfall = new ShortfallWatch(parts.log, () => options.world.descriptors.limit);
    this.readiness = new ReadinessWatch({
      now: parts.clock.now,
      isServing: () => options.followers?.isServing !== false,
      isSettled: () => isSettled(this.status()),
    });
  }

  /** Where it listens first. */
  get address(): ServedAddress {
    return this.addresses[0] ?? { hostname: '', port: 0, isTls: false };
  }

  /** Where it listens. */
  get addresses(): readonly ServedAddress[] {
    return this.options.followers?.addresses ?? this.listeners.addresses;
  }

  /** Where the admin API listens; null: it has no address of its own. */
  get adminAddress(): BoundAddress | null {
    return this.listeners.operatorsAddress;
  }

  /** Probes, but serves nothing: for `explain`. */
  static offline(options: AssembleOptions): Gateway {
    return Gateway.of({ ...options, address: null }, new Certificates(options.world));
  }

  private static of(options: GatewayOptions, certificates: Certificates): Gateway {
    const { world, decided, given, isSuccessor = false } = options;
    const readiness = (): Readiness => gateway.readiness.current;
    const parts = (decided?.assemble ?? assemble)({
      ...options,
      certificates,
      names: certificates.names,
      readiness,
    });
    const { rest, clock, log } = parts;
    const listenOn = decided?.listenOn ?? given?.listenOn ?? bindHere;
    const missing = (reason: string): void => log('warn', 'the admin API has no address of its own', { reason });
    const how = { listenOn, bindsItself: decided === undefined, sockets: world.sockets, isSuccessor };
    const listeners = new Listeners({ ...how, now: clock.now, rest, missing });
    const gateway: Gateway = new Gateway(parts, certificates, listeners, options);
    return gateway;
  }

  /** Starts to listen and to probe. An error is one line for people; nothing is left running then. */
  static async start(options: GatewayOptions): Promise<Result<Gateway, string>> {
    const { plan, world, decided, adopted = NO_CERTIFICATES } = options;
    const certificates = new Certificates(world);
    for (const [host, certificate] of adopted) certificates.adopt(host, certificate);
    const loaded =
      decided === undefined
        ? await certificates.prepare(plan)
        : ok(certificates.prepareGiven(plan, decided.certified.certificates));
    if (!loaded.ok) return loaded;
    const gateway = Gateway.of(options, certificates);
    if (decided === undefined) certificates.begin(gateway.certificateTools);
    else certificates.told({ kind: 'challenges', open: decided.certified.challenges });
    const started = await gateway.prepareListeners(plan);
    const ready = started.ok ? gateway.madeReady(started.value) : started;
    if (!started.ok || !ready.ok) {
      if (started.ok) started.value.drop();
      gateway.stop();
      return ready.ok ? err('it could not start') : ready;
    }
    await loaded.value.commit();
    await started.value.commit();
    gateway.readiness.begin();
    if (decided === undefined) tellOfQuarantine([], plan.gateway.quarantined, gateway.parts.recorder);
    gateway.tellOfShortfall(plan);
    return ok(gateway);
  }

  // The last of what can fail.
  private madeReady({ operatorsAddress }: PreparedDoors): Result<void, string> {
    const { given, bound } = this.options;
    const unused = given?.problem ?? null;
    return unused === null ? (bound?.(operatorsAddress) ?? ok(undefined)) : err(unused);
  }

  /** Lets clients in, on sockets that the process that decides has sent. */
  async listen(): Promise<Result<void, string>> {
    this.isListening = true;
    const prepared = await this.prepareListeners(this.plan);
    if (prepared.ok) await prepared.value.commit();
    return prepared.ok ? ok(undefined) : prepared;
  }

  /** Lets clients in, besides another process that still does. */
  open(): void {
    this.listeners.open('clients');
  }

  /** The process of before decides no more, and has left this. Operators are let in from here on. */
  takeOver(decided: Omit<ControlState, 'secrets' | 'backends'>): void {
    const { control, recorder } = this.parts;
    if (control !== null) adoptDecisions(control, decided);
    recorder.events.continueAfter(decided.latestEvent);
    this.listeners.open('operators');
  }

  /** All sockets that it listens on, for the process that takes its place. */
  get sockets(): readonly HandedSocket[] {
    return [...(this.options.followers?.sockets ?? []), ...this.listeners.sockets];
  }

  /** For the log and the events. */
  tell(change: GatewayChange): void {
    this.parts.recorder.gatewayChanged(change);
  }

  /** Lets nobody in any more; connections go on. */
  unlisten(): void {
    this.isListening = false;
    this.listeners.unlisten();
  }

  /** Puts another plan in force while requests are served; exchanges in flight end as they began. Of plans that come
   * while one is being put in force the last one follows it. */
  apply(plan: Plan): Promise<Applied> {
    return this.turns.apply(plan);
  }

  private get certificateTools(): CertificateTools {
    const hand: CertificateTools['hand'] = (news) =>
      this.options.followers?.tellCertificates(news) ?? Promise.resolve();
    return { log: this.log, inTurn: (task) => this.turns.between(task), hand };
  }

  /** Another process has told what is new of certificates. */
  toldOfCertificates(news: CertificateNews): void {
    this.certificates.told(news);
  }

  /** Makes all that a plan needs while the one before serves: its tenants, the certificate, the sockets of new listeners. If
   * something cannot be had, nothing has changed, and the error is one line for people. One plan at a time: the next may be
   * prepared when this one is in force or dropped. `given`: the certificates, where another process decides. */
  async prepare(plan: Plan, given: HandedCertificates | null = null): Promise<Result<PreparedPlan, string>> {
    const { inForce, pace, prepareSettings } = this.parts;
    const tenants = await inSlices(inForce.prepare(plan), pace, () => this.isEnding);
    if (tenants === null) return err('the gateway ends');
    const commit = async (): Promise<void> => void (await inSlices(tenants.commit(), pace, () => false));
    const parts: readonly ChangingPart[] = [
      () => Promise.resolve(ok({ commit, drop: () => tenants.drop() })),
      ({ gateway }) => Promise.resolve(ok({ commit: prepareSettings(gateway), drop: () => undefined })),
      (next) => this.prepareCertificates(next, given),
      (next) => this.prepareListeners(next),
      (next) => this.prepareFollowers(next, tenants.change),
      (next) => Promise.resolve(ok({ commit: () => this.tellOfShortfall(next), drop: () => undefined })),
    ];
    const prepared = await prepareAll(parts, plan);
    return prepared.ok ? ok({ ...prepared.value, change: tenants.change }) : prepared;
  }

  private async prepareCertificates(
    plan: Plan,
    given: HandedCertificates | null,
  ): Promise<Result<PreparedPart, string>> {
    if (given !== null) return ok(this.certificates.prepareGiven(plan, given));
    const prepared = await this.certificates.prepare(plan);
    if (prepared.ok) this.nextCertificates = prepared.value.handed;
    return prepared;
  }

  // All processes change together, or none does.
  private async prepareFollowers(plan: Plan, change: Difference): Promise<Result<PreparedPart, string>> {
    const { followers = null } = this.options;
    if (followers === null) return ok({ commit: () => undefined, drop: () => undefined });
    return await followers.prepare(plan, change, this.nextCertificates);
  }

  private async prepareListeners({ gateway }: Plan): Promise<Result<PreparedDoors, string>> {
    const wanted = this.wantedListeners(gateway);
    if (!wanted.ok) return wanted;
    const prepared = await this.listeners.prepare(wanted.value);
    if (!prepared.ok) return prepared;
    const { operatorsAddress, commit, drop } = prepared.value;
    return ok({ operatorsAddress, commit: () => commit(gateway.removedTimeout), drop });
  }

  private wantedListeners(gateway: Plan['gateway']): Result<readonly WantedListener[], string> {
    const { decided, followers = null, usualAdminAddress = { kind: 'none' } } = this.options;
    const { parts, certificates, places } = this;
    // Where others decide, they have it.
    const admin = decided === undefined ? adminListeners(gateway, usualAdminAddress, parts) : [];
    if (!this.isListening || followers !== null) return ok(admin);
    const clients = clientListeners(gateway, places, { ...parts, certificates: certificates.names });
    return clients.ok ? ok([...clients.value, ...admin]) : clients;
  }

  private get places(): Places {
    const { address, usualAddress = null } = this.options;
    return { address, usualAddress };
  }

  private tellOfShortfall({ gateway }: Plan): void {
    // Where another process decides, it tells people.
    if (this.options.decided === undefined) this.shortfall.look(gateway, typedAddress(gateway, this.places) !== null);
  }

  /** What a plan would change of the one in force. Null: the gateway ends. */
  async compare(plan: Plan): Promise<{ readonly change: Difference; readonly words: ChangeWords } | null> {
    const { inForce, pace } = this.parts;
    const isOver = (): boolean => this.isEnding;
    const change = await inSlices(difference(inForce.plan, plan), pace, isOver);
    const words = change === null ? null : await inSlices(planChanges(inForce.plan, change), pace, isOver);
    return change === null || words === null ? null : { change, words };
  }

  /** What another process needs to show the same to clients. */
  get certified(): Certified {
    const { whole, challenges } = this.certificates.names;
    return { certificates: whole, challenges: challenges.open };
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

  status(): ReturnType<AdminSources['status']> {
    const { control } = this.parts;
    return control === null ? [] : [...readStatus(this.snapshot, control)];
  }

  /** What all processes of the gateway have counted of traffic. */
  get totals(): TotalsReader {
    this.reader ??= trafficTotals(this.parts.cells, this.parts.store);
    return this.reader;
  }

  /** Resolves when this process has probed every backend that can be probed, or after `limit`. */
  async probed(limit: Millis): Promise<void> {
    await waitFor(() => this.parts.control?.standing.isProbed !== false, limit, this.parts);
  }

  /** Resolves when every backend has had its first verdict, or after `limit`. */
  async settled(limit: Millis): Promise<void> {
    await waitFor(() => isSettled(this.status()), limit, this.parts);
  }

  /** Goes on to accept for `timeouts.shutdown_delay`, lets what is in flight end within `timeouts.shutdown` or
   * `timeouts.tunnel_shutdown`, then cuts the rest. From the first moment on it is not ready. `handsOver`: another process has
   * taken its place, accepts at once, and everything may go on for that time. `closing` at once: without that delay. */
  async shutdown(handsOver: Millis | null = null, closing: 'after delay' | 'at once' = 'after delay'): Promise<Ending> {
    const { clock, settle, recorder, rest } = this.parts;
    const { delay, timeout, tunnelTimeout } = endOf(this.plan, handsOver);
    this.isEnding = true;
    this.readiness.end();
    const before = recorder.ended;
    this.listeners.sayLast();
    const others = this.options.followers?.retire(this.plan, handsOver);
    if (delay > 0 && closing === 'after delay') await rest(delay);
    settle();
    const now = clock.now();
    const deadlines = { exchanges: millis(now + timeout), tunnels: millis(now + tunnelTimeout) };
    const leave = (share: 'clients' | 'operators'): Promise<number> =>
      this.listeners.drain(share, deadlines, handsOver !== null);
    // Operators go to the new one at once, and otherwise can ask until the last client has gone.
    const early = handsOver === null ? null : leave('operators');
    const cut = await leave('clients');
    const theirs = (await others) ?? { finished: 0, cut: 0 };
    await (early ?? leave('operators'));
    this.certificates.stop();
    await this.parts.written(millis(Math.max(1000, deadlines.exchanges - clock.now())));
    this.parts.stop();
    const own = Math.max(0, recorder.ended - before - cut);
    return { finished: own + theirs.finished, cut: cut + theirs.cut };
  }

  /** Ends at once. */
  stop(): void {
    this.isEnding = true;
    this.options.followers?.stop();
    this.listeners.stop();
    this.certificates.stop();
    this.parts.stop();
  }

  /** What would happen to a request, and why. `listener`: the name of the one that it comes to; null: one without a name. */
  explain(request: ExplainedRequest, listener: string | null = null): Explanation {
    return explain(ofListener(this.snapshot, listener), this.plan.gateway.responseHeadLimits, request);
  }
}
