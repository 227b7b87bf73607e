// Where the gateway of a configuration file keeps what outlives it.
import { createHash } from 'node:crypto';
import { homedir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import type { HistoryReport } from '../admin/reload-control.ts';
import type { HistorySettings } from '../config/history.ts';
import { ok } from '../core/result.ts';
import { millis } from '../core/units.ts';
import type { Log, LogFields } from '../observe/log.ts';
import type { Plan } from '../plan/plan.ts';
import type { ControlState } from '../runtime/control-state.ts';
import type { Gateway } from '../runtime/gateway.ts';
import { AuditFile } from '../state/audit-file.ts';
import { History } from '../state/history.ts';
import { KeptState } from '../state/kept-state.ts';
import { StateKeeper } from '../state/keeper.ts';
import { PastWatch } from '../state/past/past-watch.ts';
import type { World } from '../world.ts';
import type { Identity } from '../world/identity.ts';
import { StateFolder } from '../world/state-folder.ts';
import type { Inherited } from './predecessor.ts';

/** What was found there. */
export type GatewayState = {
  /** Null: there is none, or it cannot be used. */
  readonly folder: StateFolder | null;
  readonly carried: ControlState | null;
  readonly history: History | null;
  /** Null: who has changed what is in memory alone. */
  readonly audit: AuditFile | null;
  readonly warnings: Warnings;
};

/** Keeps what there is to say until there is a log. */
class Warnings {
  private log: Log | null = null;
  private readonly early: (readonly [string, LogFields])[] = [];

  tell(message: string, fields: LogFields): void {
    if (this.log === null) this.early.push([message, fields]);
    else this.log('warn', message, fields);
  }

  begin(log: Log): void {
    this.log = log;
    for (const [message, fields] of this.early.splice(0)) log('warn', message, fields);
  }
}

/** The directory for a configuration file; null: none is wanted, or nobody says where. Where several gateways of a user may
 * share a place, each configuration file has a directory of its own: that is what people know a gateway by, and it stays
 * while addresses change. */
export function stateDirectory(stateDir: string | null, file: string, { environment, owner }: Asker): string | null {
  if (stateDir !== null) return stateDir === 'none' ? null : stateDir;
  // systemd names several, with colons between them, where a unit has several.
  const [given = ''] = (environment['STATE_DIRECTORY'] ?? '').split(':');
  if (given.startsWith('/')) return given;
  const home = environment['XDG_STATE_HOME'] ?? '';
  const base = home.startsWith('/') ? home : usualBase(environment, owner);
  return base === null ? null : join(base, 'keystone', nameFor(resolve(file)));
}

/** Whose directory it is to be. `owner`: whom the process becomes later; null: it stays what it is. */
type Asker = { readonly environment: World['environment']; readonly owner: Identity | null };

// The home of the user who starts a service is not its own, and users of services often have none.
function usualBase(environment: World['environment'], owner: Identity | null): string | null {
  if (owner !== null) return '/var/lib';
  const home = environment['HOME'] ?? homedir();
  return home.startsWith('/') ? join(home, '.local', 'state') : null;
}

function nameFor(path: string): string {
  const name = basename(path).replaceAll(/[^A-Za-z0-9._-]/g, '_');
  return `${name}-${createHash('sha256').update(path).digest('hex').slice(0, 8)}`;
}

type Finder = {
  readonly world: World;
  readonly owner: Identity | null;
  /** From the process whose place this one takes; null: there is none. */
  readonly inherited: Pick<Inherited, 'state' | 'folder'> | null;
};

/** Opens the directory and reads what an earlier process has left there. */
export async function openState(
  { gateway }: Plan,
  file: string,
  { world, owner, inherited }: Finder,
): Promise<GatewayState> {
  const path = stateDirectory(gateway.start.stateDir, file, { environment: world.environment, owner });
  if (inherited?.folder?.path !== path) inherited?.folder?.release();
  const warnings = new Warnings();
  const nothing = { folder: null, carried: inherited?.state ?? null, history: null, audit: null, warnings };
  if (path === null) return nothing;
  const known = inherited?.folder?.path === path ? inherited.folder : null;
  const opened = known === null ? await StateFolder.open(path, owner) : ok(known);
  if (!opened.ok) {
    warnings.tell('state_dir is not used; the gateway goes on without', { directory: path, reason: opened.error });
    return nothing;
  }
  const ignored = (name: string, reason: string): void =>
    warnings.tell('a file of state_dir is ignored', { file: join(path, name), reason });
  const unkept = (name: string, reason: string): void =>
    warnings.tell('the configuration could not be kept in state_dir', { file: join(path, name), reason });
  const folder = opened.value;
  const { clock } = world;
  const carried = inherited?.state ?? (await new KeptState(folder, { clock, warn: ignored }).read());
  const history = await History.open(folder, { wall: clock.wall, ignored, unkept });
  const audit = new AuditFile(folder, {
    unkept: (reason) => warnings.tell(AUDIT_UNKEPT, { directory: path, reason }),
    rest: () => new Promise((go) => clock.after(millis(0), go)),
  });
  return { folder, carried, history, audit, warnings };
}

const AUDIT_UNKEPT = 'the audit log cannot be kept in state_dir, and is in memory until it can';

/** Writes what a gateway knows and decides from here on, and what was found in its log; null: nothing is kept. */
export function keepState(
  { folder, carried, warnings }: GatewayState,
  gateway: Gateway,
  world: World,
): StateKeeper | null {
  const { log, pace, control } = gateway;
  warnings.begin(log);
  if (folder === null) return null;
  if (carried !== null) {
    const { operators, backends, latestEvent } = carried;
    log('info', 'state of before the restart', {
      directory: folder.path,
      operators: operators.length,
      backends: backends.length,
      latest_event: latestEvent,
    });
  }
  const store = new KeptState(folder, { clock: world.clock, warn: () => undefined });
  return new StateKeeper(control, store, { clock: world.clock, pace, log });
}

const PAST = 'past.sqlite';

/** Keeps the past of the traffic and the events from here on; null: nothing is kept. */
export function keepPast({ folder }: GatewayState, gateway: Gateway, { clock }: World): PastWatch | null {
  const { traffic, events } = gateway.control.observed;
  if (folder === null || traffic === null) return null;
  const settings = (): HistorySettings => gateway.plan.gateway.history;
  return new PastWatch({ path: join(folder.path, PAST), clock, log: gateway.log, settings, traffic, events });
}

/** What there is in the history, for operators. Digests are nothing that they can use. */
export function reportOf(history: History | null): HistoryReport {
  if (history === null) return { directory: null, current: null, versions: [] };
  const versions = history.versions.map(({ digest: _, ...version }) => ({
    ...version,
    texts: history.textsOf(version),
  }));
  return { directory: history.directory, current: history.current?.number ?? null, versions };
}
