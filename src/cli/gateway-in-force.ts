// Where a running gateway is while its configuration file is broken: it goes on with the last good one.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type AdminPart, readAdminPart } from '../config/admin-part.ts';
import { bytes } from '../core/units.ts';
import { History } from '../state/history.ts';
import type { World } from '../world.ts';
import { FolderFiles, STATE_LOCK, processOf } from '../world/state-folder.ts';
import { configFiles } from './config-files.ts';
import { keptFiles, readPacked, unpack } from './config-texts.ts';
import { stateDirectory } from './gateway-state.ts';

const LARGEST = bytes(16 * 1024 * 1024);

/** `source`: what it was found by, as it is told to people. */
export type GatewayInForce = { readonly part: AdminPart; readonly source: string };

/** By the state directory of the gateway that runs, which has what is in force; or by what of the broken file can be read.
 * Null: by neither. */
export async function gatewayInForce(file: string, world: World): Promise<GatewayInForce | null> {
  const kept = await keptPart(file, world).catch(() => null);
  if (kept !== null) return kept;
  const part = await readAdminPart(file, world.environment, configFiles(world));
  return part === null ? null : { part, source: 'by what can be read of it' };
}

// Only the user of the gateway may read it.
async function keptPart(file: string, world: World): Promise<GatewayInForce | null> {
  const wanted = stateDirIn(new TextDecoder().decode(await world.readFile(file, LARGEST)));
  const directory = stateDirectory(wanted, file, { environment: world.environment, owner: null });
  // What a gateway has left that does not run says nothing of the address of one that does.
  const pid = directory === null ? null : processOf(await readFile(join(directory, STATE_LOCK), 'utf8'));
  if (directory === null || pid === null) return null;
  const nobody = { wall: world.clock.wall, ignored: () => undefined, unkept: () => undefined };
  const history = await History.open(new FolderFiles(directory), nobody);
  const version = history.versions.at(-1);
  if (version === undefined) return null;
  const texts = unpack(await readPacked(history.textsOf(version)));
  const part = await readAdminPart(version.file, world.environment, keptFiles(texts, configFiles(world)));
  return part === null ? null : { part, source: `process ${pid}, by its state_dir` };
}

// The file may not be YAML at the moment, and the setting is one line. A reload cannot have changed it.
function stateDirIn(text: string): string | null {
  const [, value = ''] = /^state_dir:[ \t]*["']?([^"'#\n]*?)["']?[ \t]*(?:#.*)?$/m.exec(text) ?? [];
  return value === '' ? null : value;
}
