// The program as people start it: a command and its words.
import { dispatch } from './cli/dispatch.ts';
import { StandardTerminal } from './cli/output.ts';
import { commands } from './cli/registry.ts';
import { tools } from '../tools/registry.ts';

const terminal = new StandardTerminal();
await terminal.exit(await dispatch([...commands, ...tools], process.argv.slice(2), process.env, terminal));
