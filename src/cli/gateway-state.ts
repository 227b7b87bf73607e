// Where the gateway of a configuration file keeps what outlives it.
import { createHash } from 'node:crypto';
import { homedir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import type { Log } from '../observe/log.ts';
import type { Plan } from '../plan/plan.ts';
import type { ControlState } from '../runtime/control-state.ts';
import type { Gateway } from '../runtime/gateway.ts';
import { KeptState } from '../state/kept-state.ts';
import { StateKeeper } from '../state/keeper.ts';
import type { World } from '../world.ts';
import type { Identity } from '../world/identity.ts';
import { StateFolder } from '../world/state-folder.ts';

/** What was found there. */
export type GatewayState = {
  /** Null: there is none, or it cannot be used. */
  readonly folder: StateFolder | null;
  readonly carried: ControlState | null;
  /** Written to the log as soon as there is one. */
  readonly warnings: readonly ((log: Log) => void)[];
};

const NOTHING: GatewayState = { folder: null, carried: null, warnings: [] };

/** The directory for a configuration file; null: none is wanted, or nobody says where. Where several gateways of a user may
 * share a place, each configuration file has a directory of its own: that is what people know a gateway by, and it stays
 * while addresses change. */
function stateDirectory(stateDir: string | null, file: string, { environment, owner }: Asker): string | null {
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

/** Opens the directory and reads what an earlier process has left there. */
export async function openState(
  { gateway }: Plan,
  file: string,
  { world, owner }: { readonly world: World; readonly owner: Identity | null },
): Promise<GatewayState> {
  const path = stateDirectory(gateway.start.stateDir, file, { environment: world.environment, owner });
  if (path === null) return NOTHING;
  const opened = await StateFolder.open(path, owner);
  if (!opened.ok) {
    const fields = { directory: path, reason: opened.error };
    return {
      ...NOTHING,
      warnings: [(log) => log('warn', 'state_dir is not used; the gateway goes on without', fields)],
    };
  }
  const warnings: ((log: Log) => void)[] = [];
  const warn = (name: string, reason: string): void => {
    const fields = { file: join(path, name), reason };
    warnings.push((log) => log('warn', 'a file of state_dir is ignored', fields));
  };
  const folder = opened.value;
  const carried = await new KeptState(folder, { clock: world.clock, warn }).read();
  return { folder, carried, warnings };
}

/** Writes what a gateway knows and decides from here on, and what was found in its log; null: nothing is kept. */
export function keepState(
  { folder, carried, warnings }: GatewayState,
  gateway: Gateway,
  world: World,
): StateKeeper | null {
  const { log, pace, control } = gateway;
  for (const tell of warnings) tell(log);
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
