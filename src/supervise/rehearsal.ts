// What a spare worker does while nobody needs it: it serves some requests in a gateway of its own, with a backend of its own.
// The runtime compiles code when it first runs, so that the first requests of a process take many times as long as later
// ones. Clients of a worker that has died wait for the spare one, which should have that behind it.
import type { AccessLogSettings } from '../core/access-log-settings.ts';
import { type Slot, standingFields } from '../core/cells.ts';
import { GatewayCells } from '../core/gateway-cells.ts';
import { millis } from '../core/units.ts';
import { bindHere } from '../listen/sockets.ts';
import { LiveTap } from '../observe/live/live-tap.ts';
import { TopTap } from '../observe/top/top-tap.ts';
import { Recorder } from '../observe/recorder.ts';
import type { BackendPlan } from '../plan/pool-plan.ts';
import type { Plan } from '../plan/plan.ts';
import type { AssembleOptions } from '../runtime/assemble.ts';
import { ALONE, CommonValues } from '../runtime/common-values.ts';
import { Gateway } from '../runtime/gateway.ts';
import type { ServedParts } from '../runtime/gateway-options.ts';
import { type Deciding, assembleServing } from '../runtime/serving.ts';
import { weightToCell } from '../standing/word.ts';
import type { World } from '../world.ts';
import { answerAlways, askAgain } from '../world/rehearsal-peers.ts';
import { RemoteStanding } from './remote-standing.ts';
import { ToldNames } from './told-names.ts';

// The 24 clients that came when a worker was killed waited for 83 ms without a rehearsal, 68 ms after 100 requests, and 50 ms
// after 300 or 1000.
const CONNECTIONS = 30;
const REQUESTS = 10;
const LONGEST = millis(5000);
const ADDRESS = { hostname: '127.0.0.1', port: 0 };

/** Rehearses with the settings of a tenant, until `isNeeded`. Nothing that is counted, logged or shared hears of it. */
export async function rehearse(plan: Plan, world: World, isNeeded: () => boolean): Promise<void> {
  const origin = answerAlways();
  const small = planFor(plan, origin.port);
  const gateway = small === null ? null : await gatewayFor(small, world);
  const end = (): void => {
    gateway?.stop();
    origin.close();
  };
  const cancel = world.clock.after(LONGEST, end);
  const listening = await gateway?.listen();
  const port = gateway?.address.port ?? 0;
  if (listening?.ok === true)
    for (let done = 0; done < CONNECTIONS && !isNeeded(); done++) await askAgain(port, REQUESTS);
  cancel();
  end();
}

/** One tenant with one backend. Null: there is nothing to take them from. */
function planFor({ gateway, tenants }: Plan, port: number): Plan | null {
  const tenant = tenants.find(({ services }) => services.length > 0);
  const service = tenant?.services[0];
  if (tenant === undefined || service === undefined) return null;
  const url = { ...service.backend.url, hostname: ADDRESS.hostname, port, tls: false };
  const backend: BackendPlan = { ...service.backend, url, host: null, check: null, outlier: null };
  const everything = { domains: [], prefixes: [], paths: [], listeners: null, usesOwnPool: true };
  const nothingElse = { pools: [], routes: [], policies: [] };
  const unread = { listeners: [], tls: null, quarantined: [], files: [], settings: [], tracing: null };
  const accessLog = tenant.accessLog === 'usual' ? 'usual' : unreadLog(tenant.accessLog);
  return {
    gateway: { ...gateway, ...unread, accessLog: unreadLog(gateway.accessLog) },
    tenants: [{ ...tenant, ...everything, ...nothingElse, accessLog, services: [{ backend, discovery: null }] }],
  };
}

// Lines are written, as their code is to be compiled, too, but nobody reads them.
function unreadLog(settings: AccessLogSettings | null): AccessLogSettings | null {
  return settings === null ? null : { ...settings, output: { kind: 'file', path: '/dev/null' } };
}

async function gatewayFor(plan: Plan, world: World): Promise<Gateway | null> {
  const cells = GatewayCells.alone();
  const slot = cells.backends.take();
  cells.backends.standing.set(slot, standingFields.weight, weightToCell(1));
  const started = await Gateway.start({
    plan,
    world: { ...world, writeLog: () => undefined },
    address: ADDRESS,
    decided: {
      certified: { certificates: { order: [], added: [] }, challenges: { tls: [], http: [] } },
      assemble: (options) => putTogether(options, cells, slot),
      listenOn: bindHere,
    },
  });
  return started.ok ? started.value : null;
}

function putTogether(options: AssembleOptions, cells: GatewayCells, slot: Slot): ServedParts {
  const { clock, secret } = options.world;
  const names = new ToldNames(clock.wall, () => undefined);
  const secrets = { affinity: secret(), loop: secret() };
  const ground = { cells, names, prepareNames: () => () => undefined, secrets, commons: new CommonValues(ALONE) };
  const { deciding, ...serving } = assembleServing(options, ground, ({ basics }) =>
    nobodyDecides(options.world, slot, new Recorder(basics.reports.log, clock.wall, null, 0)),
  );
  return {
    ...serving,
    control: null,
    recorder: deciding.recorder,
    traffic: null,
    secrets,
    cells,
    settle: () => undefined,
  };
}

function nobodyDecides(
  { clock, afterEvents }: World,
  nowhere: Slot,
  recorder: Recorder,
): Deciding & { readonly recorder: Recorder } {
  const deaf = { send: () => undefined, markHeard: () => undefined };
  const handler = { handle: () => ({ status: 404, headers: [], body: new Uint8Array() }) };
  return {
    standing: new RemoteStanding({ clock, atEnd: afterEvents, nowhere, ...deaf }),
    adminApi: { behind: () => handler, isOperator: () => false },
    recorder,
    live: new LiveTap(clock.wall),
    top: new TopTap(),
    requestFailed: () => undefined,
    trouble: () => undefined,
  };
}
