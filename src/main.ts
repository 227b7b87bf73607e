// Arguments, signals, exit codes; no logic.
import { dispatch } from './cli/dispatch.ts';
import { commands } from './cli/registry.ts';
import { tools } from '../tools/registry.ts';

// Whoever reads may stop reading (`keystone schema | head`); that is no error of ours.
process.stdout.on('error', () => process.exit(0));

const code = await dispatch([...commands, ...tools], process.argv.slice(2), process.env, {
  out: (text) => process.stdout.write(text),
  error: (text) => process.stderr.write(text),
  isInteractive: process.stdout.isTTY === true,
});
process.exit(code);
