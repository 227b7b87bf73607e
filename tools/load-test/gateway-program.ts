// The load test's gateway, as a program of its own so that gateway and test do not slow each other: `gateway-program.ts
// CONFIG`. It is `keystone run`, but ends when its standard input ends, so that it never outlives the test.
import process from 'node:process';
import { run } from '../../src/cli/run.ts';

const [config = ''] = process.argv.slice(2);

// Ignore Ctrl-C, which reaches every program of the terminal: the load test ends its gateway, after the last request.
process.on('SIGINT', () => undefined);
process.stdin.on('end', () => process.exit(0));
process.stdin.resume();

const code = await run.run(
  { options: { config, addr: '127.0.0.1:0' }, lists: {}, positionals: [], environment: {} },
  {
    out: (text) => process.stdout.write(text),
    error: (text) => process.stderr.write(text),
    isInteractive: false,
    isErrorInteractive: false,
    goOnWithoutOutput: () => undefined,
  },
);
process.exit(code);
