// Arguments, signals, exit codes; no logic.
import { dispatch } from './cli/dispatch.ts';
import { commands } from './cli/registry.ts';

const code = await dispatch(commands, process.argv.slice(2), process.env, {
  out: (text) => process.stdout.write(text),
  error: (text) => process.stderr.write(text),
  isInteractive: process.stdout.isTTY === true,
});
process.exit(code);
