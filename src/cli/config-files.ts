// The files of configurations, for processes that do other things besides: programs are run by a process of their own.
import type { ConfigFiles } from '../config/files.ts';
import type { World } from '../world.ts';
import { isOpenToAll, lacksFolder } from '../world/look-at-files.ts';
import { runModuleAside } from './read-aside.ts';

export function configFiles({ readFile, findFiles }: Pick<World, 'readFile' | 'findFiles'>): ConfigFiles {
  return { readFile, findFiles, isOpenToAll, lacksFolder, runModule: runModuleAside };
}
