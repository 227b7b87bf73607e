// A worker: a process that serves requests as the supervisor tells it. It decides nothing about backends, resolves no names
// and answers no operators.
import { NO_PLACE, processFields } from '../core/cells.ts';
import { errorOf } from '../core/error-of.ts';
import { GatewayCells, OWN } from '../core/gateway-cells.ts';
import type { LogLevel } from '../core/log-settings.ts';
import { type Millis, millis } from '../core/units.ts';
import { isLimit } from '../observe/limit-watch.ts';
import { LiveTap } from '../observe/live/live-tap.ts';
import { tellOfProcess } from '../observe/metrics/worker-gauge.ts';
import { TopTap } from '../observe/top/top-tap.ts';
import { Recorder } from '../observe/recorder.ts';
import { type PlanPart, ReceivedPlan } from '../plan/parts.ts';
import type { Plan } from '../plan/plan.ts';
import type { TenantPlan } from '../plan/tenant-plan.ts';
import { forwardedAdminApi } from '../runtime/admin-api.ts';
import type { AssembleOptions } from '../runtime/assemble.ts';
import { Gateway } from '../runtime/gateway.ts';
import type { PreparedPlan } from '../runtime/plan-turns.ts';
import type { ServedParts } from '../runtime/gateway-options.ts';
import type { CertificateNews } from '../runtime/followers.ts';
import { CommonValues } from '../runtime/common-values.ts';
import { type Deciding, type DecidingTools, assembleServing } from '../runtime/serving.ts';
import type { World } from '../world.ts';
import { receive } from '../world/descriptor-mail.ts';
import { mapSharedMemory } from '../world/shared-memory.ts';
import { ForwardedAdmin } from './forwarded-admin.ts';
import {
  type Beginning,
  type Evidence,
  type LogOrder,
  MAIL,
  type News,
  type ToSupervisor,
  type ToWorker,
} from './messages.ts';
import { readPlan } from './handed-plan.ts';
import { rehearse } from './rehearsal.ts';
import { RemoteStanding } from './remote-standing.ts';
import { type SentAddress, SentSockets } from './sent-sockets.ts';
import { ToldNames } from './told-names.ts';

const HEARTBEAT = millis(50);
const SECOND = millis(1000);
const LIVE = millis(250);

type Deciders = Deciding & { readonly recorder: Recorder };

export class Worker {
  private readonly names: ToldNames;
  private readonly standing: RemoteStanding;
  private readonly cells: GatewayCells;
  private readonly admin: ForwardedAdmin;
  private readonly sockets = new SentSockets();
  private readonly commons: CommonValues;
  private recorder: Recorder | null = null;
  private readonly live: LiveTap;
  private readonly top = new TopTap();
  /** What was told last of its listeners. */
  private doorsTold = '';
  /** Set by an operator; null: the log goes by the plan. */
  private logLevel: LogLevel | null = null;
  private parts: ServedParts | null = null;
  private gateway: Gateway | null = null;
  private received: ReceivedPlan;
  private prepared: PreparedPlan | null = null;
  /** What was told before there was a gateway. */
  private readonly early: CertificateNews[] = [];

  constructor(
    private readonly beginning: Beginning,
    private readonly world: World,
    private readonly send: (message: ToSupervisor) => void,
  ) {
    const { room, processes, turn, nowhere } = beginning;
    const { clock, afterEvents, sockets } = world;
    const [memory, plan] = receive(MAIL)?.descriptors ?? [];
    if (memory === undefined || plan === undefined) throw new Error('neither memory nor a plan has come');
    this.received = ReceivedPlan.of(readPlan(plan));
    this.live = new LiveTap(clock.wall);
    sockets?.close(plan);
    const seat = { place: NO_PLACE, processes, turn };
    this.cells = GatewayCells.shared({ memory: mapSharedMemory(memory), room, seat, decides: false });
    const { heard } = this.cells.backends;
    this.cells.backends.wake = (place, slot) => send({ kind: 'wake', place, slot });
    this.names = new ToldNames(clock.wall, (spec) => send({ kind: 'doubt', spec }));
    const tell = { atEnd: afterEvents, send: (list: readonly Evidence[]) => send({ kind: 'evidence', list }) };
    this.standing = new RemoteStanding({ clock, nowhere, markHeard: (slot) => heard.mark(slot), ...tell });
    this.commons = new CommonValues({
      isOurs: false,
      tell: () => undefined,
      want: (key, reason) => send({ kind: 'want', key, reason }),
      ask: (key) => send({ kind: 'common', key }),
    });
    this.admin = new ForwardedAdmin((id, request) => send({ kind: 'ask', id, request }));
  }

  async obey(message: Exclude<ToWorker, { readonly kind: 'begin' | 'cut' }>): Promise<void> {
    switch (message.kind) {
      case 'part':
        return this.takePart(message.part);
      case 'assemble':
        return this.send({ kind: 'ready', problem: await this.assemble(message) });
      case 'prepare':
        return this.send({ kind: 'prepared', problem: await this.prepare(message) });
      case 'commit':
        return this.send({ kind: 'committed', problem: await this.commit() });
      case 'drop':
        return this.drop();
      case 'listen':
        return this.send({ kind: 'listening', problem: await this.listen(message) });
      case 'logs':
        return this.orderLogs(message.order);
      case 'unlisten':
        return this.gateway?.unlisten();
      case 'certified':
        return this.toldOfCertificates(message.news);
      case 'rehearse':
        return this.rehearse();
      case 'news':
        return this.hear(message.news);
      case 'fence':
        return this.fenced();
      case 'answer':
        return this.admin.answered(message.id, message.response);
      case 'common':
        return this.commons.told(message.key, message.value);
      case 'wake':
        return this.parts?.slots.woken(message.slot);
      case 'watch':
        return this.live.watch(message.filters);
      case 'count':
        return this.top.want(message.wanted);
      case 'retire':
        return this.retire(message.handsOver);
    }
  }

  private takePart(part: PlanPart): void {
    this.received.take(part);
  }

  private fenced(): void {
    this.report();
    this.send({ kind: 'fenced' });
  }

  /** The supervisor has ended: accepts no more, and ends when all exchanges have. A new gateway may start at once, and needs
   * the addresses. */
  async abandoned(): Promise<void> {
    await this.gateway?.shutdown(null, 'at once');
  }

  private async retire(handsOver: Millis | null): Promise<void> {
    const ending = (await this.gateway?.shutdown(handsOver)) ?? { finished: 0, cut: 0 };
    this.send({ kind: 'retired', ...ending });
  }

  /** Cuts all connections: those in the middle of something with a reset, which the system would not send by itself. */
  cut(): void {
    this.gateway?.stop();
  }

  private async assemble({ certified, seats }: Extract<ToWorker, { readonly kind: 'assemble' }>) {
    const plan = this.takePlan();
    if (plan === null) return 'no plan has come';
    this.standing.seated(plan, seats);
    const { world, beginning } = this;
    const started = await Gateway.start({
      plan,
      world,
      ...beginning.places,
      decided: {
        certified,
        assemble: (options) => this.putTogether(options),
        listenOn: this.sockets.listenOn,
      },
    });
    if (!started.ok) return started.error;
    this.gateway = started.value;
    this.gateway.certificates.names.awaited.ask = (name) => this.send({ kind: 'certify', name });
    for (const news of this.early.splice(0)) started.value.toldOfCertificates(news);
    return null;
  }

  // It may come while the first plan is put to work.
  private toldOfCertificates(news: CertificateNews): void {
    if (this.gateway === null) this.early.push(news);
    else this.gateway.toldOfCertificates(news);
  }

  private takePlan(): Plan | null {
    const { plan } = this.received;
    const known = new Map<string, TenantPlan>();
    for (const tenant of plan?.tenants ?? []) known.set(tenant.fingerprint, tenant);
    this.received = new ReceivedPlan(known);
    return plan;
  }

  private putTogether(options: AssembleOptions): ServedParts {
    const { cells, names, commons, beginning } = this;
    // The supervisor asks for names.
    const ground = { cells, names, prepareNames: () => () => undefined, secrets: beginning.secrets, commons };
    const { deciding, ...serving } = assembleServing(options, ground, (tools) => this.decidedElsewhere(tools));
    const { recorder } = deciding;
    this.recorder = recorder;
    const { secrets } = beginning;
    const parts = { ...serving, control: null, recorder, traffic: null, secrets, cells, settle: () => undefined };
    this.parts = parts;
    this.orderLogs({ level: this.logLevel });
    return parts;
  }

  private decidedElsewhere({ basics, inForce }: DecidingTools): Deciders {
    const { log, limited } = basics.reports;
    const { world, standing, send } = this;
    const sources = { options: () => inForce().plan.gateway.admin, pace: world };
    return {
      standing,
      adminApi: forwardedAdminApi(this.admin, sources, limited),
      recorder: new Recorder(log, world.clock.wall, null, 0),
      live: this.live,
      top: this.top,
      trouble: (trouble) => send({ kind: 'trouble', trouble }),
      requestFailed: ({ tenant, why }) => {
        if (isLimit(why.code)) send({ kind: 'limit', limit: { tenant, why } });
      },
    };
  }

  private orderLogs(order: LogOrder): void {
    if (order === 'reopen') return this.gateway?.logs.reopen();
    this.logLevel = order.level;
    this.parts?.logs.application.setLevel(order.level);
  }

  // Whatever keeps it from that, it can serve without.
  private async rehearse(): Promise<void> {
    const { gateway, cells, world } = this;
    if (gateway !== null) await rehearse(gateway.plan, world, () => !cells.backends.isReader).catch(() => undefined);
  }

  private async prepare({ certificates, sockets }: Extract<ToWorker, { readonly kind: 'prepare' }>) {
    this.takeSockets(sockets);
    const plan = this.takePlan();
    if (plan === null || this.gateway === null) return 'no plan has come';
    try {
      const prepared = await this.gateway.prepare(plan, certificates);
      this.prepared = prepared.ok ? prepared.value : null;
      return prepared.ok ? null : prepared.error;
    } catch (error) {
      return errorOf(error).message;
    }
  }

  private async commit(): Promise<string | null> {
    const { prepared } = this;
    this.prepared = null;
    try {
      await prepared?.commit();
      return null;
    } catch (error) {
      return errorOf(error).message;
    }
  }

  private drop(): void {
    this.prepared?.drop();
    this.prepared = null;
    this.closeUnused();
  }

  private async listen({ place, sockets }: Extract<ToWorker, { readonly kind: 'listen' }>): Promise<string | null> {
    if (this.cells.backends.isReader) this.begin(place);
    this.takeSockets(sockets);
    const listening = (await this.gateway?.listen()) ?? null;
    this.closeUnused();
    return listening === null || listening.ok ? null : listening.error;
  }

  private takeSockets(sockets: readonly SentAddress[]): void {
    const parcel = sockets.length === 0 ? null : receive(MAIL);
    if (parcel !== null) this.sockets.take(sockets, parcel);
  }

  // It listens at some of these addresses already.
  private closeUnused(): void {
    this.sockets.drop((descriptor) => this.world.sockets?.close(descriptor));
  }

  // From here on it counts, and shows that it is alive.
  private begin(place: number): void {
    const { cells, parts } = this;
    const { every } = this.world.clock;
    cells.sit(place);
    parts?.slots.servesNow();
    every(HEARTBEAT, () => void cells.processes.add(OWN, processFields.heartbeat, 1));
    every(SECOND, () => this.report());
    tellOfProcess(cells, process.pid, this.world);
    every(LIVE, () => this.tellLive());
  }

  private tellLive(): void {
    const taken = this.live.drain();
    if (taken.requests.length > 0 || taken.leftOut > 0) this.send({ kind: 'live', taken });
  }

  // Tells what is not counted where the supervisor can see it.
  private report(): void {
    const { cells, parts, send } = this;
    if (parts === null || cells.backends.isReader) return;
    for (const backend of parts.slots.all) backend.publishConnections();
    const requests = this.recorder?.recent.drain() ?? [];
    if (requests.length > 0) send({ kind: 'recent', requests });
    const counted = this.top.drain();
    if (counted.length > 0) send({ kind: 'counted', counted });
    const doors = Array.from(parts.doors, ({ report }) => report);
    const text = JSON.stringify(doors);
    if (text === this.doorsTold) return;
    this.doorsTold = text;
    send({ kind: 'doors', doors });
  }

  private hear({ slots, changed, names, doubted, cut }: News): void {
    this.standing.assigned(slots);
    for (const { slot, why } of changed) {
      this.standing.changed(slot, why);
      this.parts?.slots.changed(slot);
    }
    for (const news of names) this.names.told(news);
    for (const slot of doubted) this.parts?.slots.doubted(slot);
    for (const { slot, why } of cut) this.parts?.slots.cut(slot, why);
  }
}
