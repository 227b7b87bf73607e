// All commands. A new one is a new file and one line here.
import { check } from './check.ts';
import { explain } from './explain.ts';
import { run } from './run.ts';
import { version } from './version.ts';

export const commands = [run, check, explain, version] as const;
