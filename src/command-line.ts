// The program as people start it: a command and its words.
import type { Command } from './cli/contract.ts';
import { asksToRun, dispatch } from './cli/dispatch.ts';
import { StandardTerminal } from './cli/output.ts';

const words = process.argv.slice(2);
const terminal = new StandardTerminal();
await terminal.exit(await dispatch(await commandsFor(words), words, process.env, terminal));

// A gateway is to serve soon, and does not wait for the programs of other commands.
async function commandsFor(asked: readonly string[]): Promise<readonly Command[]> {
  if (asksToRun(asked)) return [(await import('./cli/run.ts')).run];
  const [{ commands }, { tools }] = await Promise.all([import('./cli/registry.ts'), import('../tools/registry.ts')]);
  return [...commands, ...tools];
}
