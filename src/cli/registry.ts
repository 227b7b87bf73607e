// All commands. A new one is a new file and one line here.
import { check } from './check.ts';
import { demo } from './demo.ts';
import { explain } from './explain.ts';
import { loadTest } from './load-test.ts';
import { run } from './run.ts';
import { schema } from './schema.ts';
import { version } from './version.ts';

export const commands = [run, demo, loadTest, check, explain, schema, version] as const;
