// The history of a gateway that does not run.
import { loadConfigAlone } from '../config/load.ts';
import { FolderFiles } from '../world/state-folder.ts';
import { History } from '../state/history.ts';
import type { World } from '../world.ts';
import type { HistoryList } from './admin-answers.ts';
import { configFiles } from './config-files.ts';
import type { CommandInput } from './contract.ts';
import { reportOf, stateDirectory } from './gateway-state.ts';
import { configFile } from './config-option.ts';

/** Null: there is none, or it cannot be read. */
export async function historyOnDisk(input: CommandInput, world: World): Promise<HistoryList | null> {
  const file = configFile(input);
  const loaded = await loadConfigAlone(file, world.environment, configFiles(world));
  const wanted = loaded.ok ? (loaded.value.config.state_dir ?? null) : null;
  const directory = stateDirectory(wanted, file, { environment: world.environment, owner: null });
  if (directory === null) return null;
  try {
    const tools = { wall: world.clock.wall, ignored: () => undefined, unkept: () => undefined };
    const { versions, ...rest } = reportOf(await History.open(new FolderFiles(directory), tools));
    if (versions.length === 0) return null;
    return {
      ...rest,
      versions: versions.map((one) => ({ ...one, at: new Date(one.at).toISOString(), changes: [...one.changes] })),
    };
  } catch {
    return null;
  }
}
