// A gateway from its configuration to the moment when it serves, and on to its end.
import type { CertificateRenewal } from '../acme/renewal.ts';
import type { ReloadControl } from '../admin/reload-control.ts';
import { DEFAULT_ADMIN_ADDRESS } from '../config/admin.ts';
import { formatProblem } from '../config/problems.ts';
import { type Result, err, ok } from '../core/result.ts';
import type { Millis } from '../core/units.ts';
import { formFor } from '../observe/application-log.ts';
import type { Plan } from '../plan/plan.ts';
import { type Places, wantedPlaces } from '../plan/wanted-addresses.ts';
import { sendSignal, writePidFile } from './pid-file.ts';
import { NO_RELOADS, Reloader, problemsOf, tellAllProblems, countsOf } from './reloader.ts';
import type { BoundAddress } from '../core/kernel-sockets.ts';
import type { GivenSockets } from '../listen/given-sockets.ts';
import { Gateway } from '../runtime/gateway.ts';
import type { World } from '../world.ts';
import { type Identity, become, giveTo, groupNumber, resolveIdentity } from '../world/identity.ts';
import { endLeftBehind } from '../world/left-behind.ts';
import type { ServiceManager } from '../world/service-manager.ts';
import type { StateFolder } from '../world/state-folder.ts';
import { type AcmeState, beginAcme, readAcme } from './acme.ts';
import { DEFAULT_ADDRESS, wantedAddress } from './address.ts';
import { Charge } from './charge.ts';
import { FileWatch } from '../world/file-watch.ts';
import { type CommandInput, type ExitCode, type Terminal, typed } from './contract.ts';
import { ConfigDesk } from './config-desk.ts';
import { configFile } from './config-option.ts';
import type { PackedTexts } from './config-texts.ts';
import { printProblems } from './load.ts';
import { type ReadWhole, withLastGood } from './last-good.ts';
import type { ReadPlan } from './read-aside.ts';
import { readPlan } from './read-plan.ts';
import { Service } from './service.ts';
import type { Recruits } from '../supervise/recruits.ts';
import type { AuditFile } from '../state/audit-file.ts';
import type { StateKeeper } from '../state/keeper.ts';
import type { PastWatch } from '../state/past/past-watch.ts';
import { type GatewayState, keepPast, keepState, openState, reportOf } from './gateway-state.ts';
import type { ServiceSignals } from './signals.ts';
import { Predecessor } from './predecessor.ts';
import { holdLogs } from './held-logs.ts';
import { startLines, tellStart } from './start-lines.ts';
import { serveUntil } from './serve-until.ts';
import { type Succession, prove, takeOver } from './succeed.ts';
import { Upgrader } from './upgrader.ts';
import { wantedWorkers } from './wanted-workers.ts';
import { fleetFor } from './workers.ts';

/** What the process of a gateway begins with. */
export type FirstMoments = {
  readonly signals: ServiceSignals;
  readonly world: World;
  /** Sockets that a service manager has given; an error is one line for people. */
  readonly activated: Result<GivenSockets, string>;
  /** Null: nobody wants to be told. */
  readonly manager: ServiceManager | null;
  /** Variables by which another process finds that manager. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** How many processes are to serve; an error is one line for people. Null: the process of before knows. */
  readonly workers: Result<number, string> | null;
  /** Those of them that have been started. */
  readonly recruits: Recruits;
};

/** Runs it until it is ended. */
export async function startGateway(input: CommandInput, terminal: Terminal, first: FirstMoments): Promise<ExitCode> {
  const { signals, world, recruits } = first;
  const succession = await successionOf(world);
  const outside = {
    file: configFile(input),
    pidFile: typed(input, 'pid-file'),
    world,
    ...handedOver(first, succession),
  };
  const refuse = (reason: string, code: ExitCode): ExitCode => {
    terminal.error(`keystone: ${reason}\n`);
    succession?.predecessor.fail(reason);
    return code;
  };
  const wanted = wantedAddress(input);
  if (!wanted.ok) return refuse(wanted.error, 2);
  const workers = first.workers ?? wantedWorkers(input.options['workers'], succession?.inherited.workers ?? null);
  if (!workers.ok) return refuse(workers.error, 2);
  const read = await Promise.race([readPlan(outside.file, world), signals.stopped]);
  if (typeof read === 'string') return 0; // stopped before it began
  const { plan } = read;
  if (plan === null) {
    await printProblems(outside.file, read.problems, world, terminal);
    succession?.predecessor.fail(read.problems.map(formatProblem).join('; '));
    return 1;
  }
  const places = { address: wanted.value, usualAddress: DEFAULT_ADDRESS };
  const whole = { ...outside, workers: workers.value, recruits, places };
  const started = await startWithState({ ...read, plan }, whole, terminal);
  if (!started.ok) return refuse(started.error, 1);
  const { gateway } = started.value;
  beginService(signals, started.value, outside.service);
  if (input.options['watch'] === true) watchFiles(read, started.value, { ...outside, signals });
  tellStart(started.value, world);
  // Whoever reads the log from there has what it says as lines of the log.
  if (plan.gateway.log.output.kind !== 'stdout') terminal.out(startLines(gateway));
  await serveUntil(signals.stopped, { ...started.value, ...outside });
  await gateway.logs.written();
  return 0;
}

// Null: this process takes nobody's place.
async function successionOf(world: World): Promise<Succession | null> {
  const predecessor = Predecessor.find(world, process.env);
  return predecessor === null ? null : { predecessor, inherited: await predecessor.begin() };
}

const NOTHING_SEEN = { files: [], globs: [] };

function watchFiles(
  { seen }: Pick<ReadPlan, 'seen'>,
  { gateway, reloader, upgrader }: Running,
  { world, service, signals }: Outside & { readonly signals: ServiceSignals },
): void {
  const reload = (): Promise<unknown> => service.reloading(() => reloader.reload({ source: 'watch' }));
  const watch = new FileWatch(seen ?? NOTHING_SEEN, { clock: world.clock, reload });
  reloader.watchedBy(watch);
  gateway.log('info', 'the files of the configuration are watched', { files: seen?.files.length ?? 0 });
  void watch.run();
  void Promise.race([signals.stopped, upgrader.replaced]).then(() => watch.stop());
}

function beginService(signals: ServiceSignals, { gateway, reloader, upgrader }: Running, service: Service): void {
  signals.serving({
    reload: () => void reloadBySignal(reloader, upgrader, service),
    upgrade: () => void upgrader.upgrade(null),
    reopen: () => {
      gateway.logs.reopen();
      gateway.log('info', 'files of logs are opened anew', { signal: 'SIGUSR1' });
    },
  });
  service.serving(gateway);
}

// Whoever sends a signal may know only the process that began, or may have sent it during an upgrade.
async function reloadBySignal(reloader: Reloader, upgrader: Upgrader, service: Service): Promise<void> {
  if (upgrader.replacedBy === null) await service.reloading(() => reloader.reload({ source: 'signal' }));
  if (upgrader.replacedBy !== null) sendSignal(upgrader.replacedBy, 'SIGHUP');
}

async function startWithState(
  first: ReadWhole,
  outside: Counted,
  terminal: Terminal,
): Promise<Result<Running, string>> {
  const { file, world, succession, pidFile, service, workers } = outside;
  const charge = new Charge();
  const inherited = succession?.inherited ?? null;
  const identity = resolveIdentity(first.plan.gateway.start);
  if (!identity.ok) return identity;
  const state = await openState(first.plan, file, { world, owner: identity.value, inherited });
  const { plan, problems, texts } = await withLastGood(first, state.history, file, world);
  const way = wayOfProblems(plan, world);
  if (way.isPrinted) for (const one of [...problems, ...problemsOf(plan)]) terminal.error(`${formatProblem(one)}\n`);
  const ready = Promise.withResolvers<Upgrader>();
  const acme = await readAcme(state, plan, world.clock.wall);
  const started = await startAgain(plan, {
    ...outside,
    state,
    acme,
    identity: identity.value,
    upgrader: ready.promise,
    charge,
    texts,
  });
  if (!started.ok) return started;
  const { gateway } = started.value;
  if (way.isLogged) tellAllProblems(gateway.log, plan, problems);
  if (succession !== null) await takeOver(gateway, () => signAs(gateway, pidFile, state.folder), succession);
  const begun = { source: 'start', operator: null, of: null, file, ...countsOf(plan), changes: [] } as const;
  if (texts !== null) await state.history?.add({ ...begun, ...texts });
  const kept = keepAll(started.value, { state, acme }, world);
  const { folder } = state;
  const sign = (): void => signAs(gateway, pidFile, folder);
  const upgrader = new Upgrader({ ...started.value, ...kept, folder, service, world, workers, charge, sign });
  ready.resolve(upgrader);
  const stateDirectory = folder?.path ?? null;
  return ok({ ...started.value, ...kept, audit: state.audit, upgrader, stateDirectory });
}

function keepAll({ gateway }: Begun, { state, acme }: Pick<Ground, 'state' | 'acme'>, world: World): Kept {
  const [keeper, past] = [keepState(state, gateway, world), keepPast(state, gateway, world)];
  return { keeper, past, renewal: beginAcme(acme, gateway, world) };
}

// People read what is wrong at the start with its place in the file; programs that read the log get it as lines of that.
function wayOfProblems({ gateway: { log } }: Plan, { standard }: World): { isPrinted: boolean; isLogged: boolean } {
  if (log.output.kind === 'file') return { isPrinted: true, isLogged: true };
  const isJson = formFor(log, standard(log.output.kind)) === 'json';
  return { isPrinted: !isJson, isLogged: isJson };
}

// Says where others look that it is this process that has the place.
function signAs({ log }: Gateway, pidFile: string | null, folder: StateFolder | null): void {
  folder?.sign();
  const written = pidFile === null ? null : writePidFile(pidFile);
  if (written?.ok === false) log('warn', written.error);
}

type Begun = { readonly gateway: Gateway; readonly reloader: Reloader; readonly workers: number };
/** What outlives the process is kept by these; null: it is not. */
type Kept = {
  readonly keeper: StateKeeper | null;
  readonly past: PastWatch | null;
  readonly renewal: CertificateRenewal | null;
};
type Running = Begun &
  Kept & {
    readonly stateDirectory: string | null;
    readonly audit: AuditFile | null;
    readonly upgrader: Upgrader;
  };
type Outside = {
  readonly file: string;
  /** Where its number is written; null: nowhere. */
  readonly pidFile: string | null;
  readonly world: World;
  readonly service: Service;
  readonly given: Result<GivenSockets, string>;
  /** Null: this process takes nobody's place. */
  readonly succession: Succession | null;
};

/** How many processes are to serve, and where besides the listeners. */
type Counted = Outside & { readonly workers: number; readonly recruits: Recruits; readonly places: Places };

/** What the start goes on with. */
type Ground = Counted & {
  readonly state: GatewayState;
  readonly acme: AcmeState;
  readonly identity: Identity | null;
  readonly upgrader: Promise<Upgrader>;
  readonly charge: Charge;
  /** What the plan was made of; null: nobody knows. */
  readonly texts: PackedTexts | null;
};

function handedOver(
  { activated, manager, environment, world: { clock } }: FirstMoments,
  succession: Succession | null,
): Pick<Outside, 'service' | 'given' | 'succession'> {
  const given = succession === null ? activated : ok(succession.inherited.sockets);
  return { given, succession, service: new Service({ manager, clock, environment }) };
}

// What a gateway has left behind that was killed must not keep the next one from starting.
async function startAgain(plan: Plan, ground: Ground): Promise<Result<Begun, string>> {
  const { world, given, places } = ground;
  const mayRepeat = given.ok && given.value.isEmpty;
  const started = await start(plan, ground);
  if (started.ok || !mayRepeat || world.sockets === null) return started;
  const wanted = wantedPlaces(plan.gateway, places);
  const addresses = wanted.ok ? wanted.value.map(({ address }) => address) : [];
  const rest = (delay: Millis): Promise<void> => new Promise((resolve) => world.clock.after(delay, resolve));
  const found = await endLeftBehind(addresses, { kernel: world.sockets, rest });
  return found === 0 ? started : start(plan, ground);
}

async function start(plan: Plan, ground: Ground): Promise<Result<Begun, string>> {
  const { file, world, given, state, acme, succession, places, charge, identity, recruits } = ground;
  if (!given.ok) return given;
  // Those who serve clients begin with the rights that the configuration leaves them.
  if (identity !== null) recruits.dismiss();
  const warnings: string[] = [];
  const handed = { given: given.value, carried: state.carried, plan };
  const fleet = fleetFor({ ...ground, ...handed }, (why) => warnings.push(why));
  if (!fleet.ok) return fleet;
  fleet.value?.introduce();
  const ready = Promise.withResolvers<Reloader>();
  const holding = holdLogs(world);
  const started = await Gateway.start({
    ...handed,
    ...places,
    usualAdminAddress: DEFAULT_ADMIN_ADDRESS,
    world: holding.world,
    adopted: acme.adopted,
    followers: fleet.value,
    isSuccessor: succession !== null,
    audit: state.audit,
    bound: (admin) => settle(ground, admin, { group: plan.gateway.admin.socket.group, settled: holding.release }),
    reload: reloadsBy(ready.promise, ground),
  });
  if (!started.ok) return started;
  const gateway = started.value;
  for (const why of warnings) gateway.log('warn', why);
  const reloader = new Reloader({ gateway, file, world, history: state.history, charge, texts: ground.texts });
  ready.resolve(reloader);
  const problem =
    (succession === null ? null : await prove(gateway, succession)) ?? (await fleet.value?.begin(gateway)) ?? null;
  if (problem !== null) {
    gateway.stop();
    return err(problem);
  }
  if (succession !== null) gateway.open();
  // If the process ends before its time, the system would end all connections with FIN, also in the middle of a response.
  process.on('exit', () => gateway.stop());
  return ok({ gateway, reloader, workers: fleet.value === null ? 1 : ground.workers });
}

// Operators may ask before the start is complete.
function reloadsBy(ready: Promise<Reloader>, { file, service, state, upgrader, charge }: Ground): ReloadControl {
  let known: Reloader | null = null;
  void ready.then((reloader) => {
    known = reloader;
  });
  return {
    reloads: () => known?.counts ?? NO_RELOADS,
    reload: async (cause, isDry) => {
      const reloader = await ready;
      return isDry ? reloader.foresee() : service.reloading(() => reloader.reload(cause));
    },
    rollBack: async (version, by) => {
      const reloader = await ready;
      return service.reloading(() => reloader.rollBack(version, by));
    },
    upgrade: async (by) => (await upgrader).upgrade(by),
    history: () => reportOf(state.history),
    configuration: new ConfigDesk({
      reloader: ready,
      file,
      version: () => state.history?.current?.number ?? null,
      reloading: (change) => service.reloading(change),
    }),
    obstacle: () => charge.obstacle,
  };
}

// What needs the rights that the process was started with comes before it gives them up.
function settle(
  { pidFile, identity, succession }: Ground,
  admin: BoundAddress | null,
  { group, settled }: { readonly group: string | null; readonly settled: () => void },
): Result<void, string> {
  // Another process still has the file.
  const written = pidFile === null || succession !== null ? ok(undefined) : writePidFile(pidFile);
  if (identity === null) settled();
  if (!written.ok || identity === null) return written;
  const gid = (group === null ? null : groupNumber(group)) ?? identity.gid;
  const given = admin?.kind === 'unix' ? giveTo({ ...identity, gid }, admin.path) : ok(undefined);
  const became = given.ok ? become(identity) : given;
  if (became.ok) settled();
  return became;
}
