// The load test's gateway, as a program of its own so that neither slows the other: `gateway-program.ts CONFIG`.
// It is `keystone run` but for its end, which comes with the end of its standard input: it never outlives the test.
import process from 'node:process';
import { run } from '../../src/cli/run.ts';

const [config = ''] = process.argv.slice(2);

// Ctrl-C reaches every program of the terminal. The load test ends its gateway itself, after the last request.
process.on('SIGINT', () => undefined);
process.stdin.on('end', () => process.exit(0));
process.stdin.resume();

const code = await run.run(
  { options: { config, addr: '127.0.0.1:0' }, lists: {}, positionals: [], environment: {} },
  {
    out: (text) => process.stdout.write(text),
    error: (text) => process.stderr.write(text),
    isInteractive: false,
  },
);
process.exit(code);
