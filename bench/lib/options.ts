// The command line of the benchmarks.
import { parseArgs } from 'node:util';
import { fileURLToPath } from 'node:url';
import type { Effort } from './measure.ts';
import { type Builds, DEFAULT_SCENARIOS, SCENARIO_NAMES } from './scenarios.ts';

/** The command line of this checkout's gateway. */
export const GATEWAY_COMMAND = `${path('../../bin/keystone')} run --workers 1 --config {config} --addr 127.0.0.1:{port}`;

/** The options of `bench/run.ts`. */
export type BenchOptions = {
  readonly scenarios: readonly string[];
  readonly effort: Effort;
  readonly builds: Builds;
  readonly origins: 'nginx' | 'bun' | null;
  readonly output: string;
  /** Name of the files in `output`. */
  readonly name: string;
};

const USAGE = `npm run bench -- [options]

  --scenario A,B     of ${SCENARIO_NAMES.join(', ')}; default ${DEFAULT_SCENARIOS.join(',')}
  --rounds N         rounds for each program, default 8
  --seconds N        length of a round, default 3, at least 2: the kernel counts in steps of 10 ms
  --warm-up N        seconds before the first round, default 2; at least 20 before handshakes
  --connections N    default 50
  --only A,B         programs to run, of nginx, haproxy, caddy, keystone and the names given by --also
  --gateway COMMAND  run this as the gateway; {config} and {port} are replaced, blanks separate words
  --also NAME=COMMAND  compare with another build of the gateway; may be repeated
  --origins KIND     nginx or bun; default nginx where it is installed
  --output DIR       where NAME.md and NAME.json go, default bench/results
  --name NAME        default latest
`;

/** Reads the command line. For --help or a mistake, prints the usage and exits. */
export function readBenchOptions(argv: readonly string[]): BenchOptions {
  try {
    return parse(argv);
  } catch (cause) {
    console.error(`${cause instanceof Error ? cause.message : String(cause)}\n\n${USAGE}`);
    process.exit(2);
  }
}

/** A whole number from an option's text; throws unless it is at least `least`. */
export function wholeNumber(name: string, text: string, least: number): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < least) throw new Error(`--${name} takes a whole number of at least ${least}`);
  return value;
}

function parse(argv: readonly string[]): BenchOptions {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      help: { type: 'boolean', default: false },
      scenario: { type: 'string', default: DEFAULT_SCENARIOS.join(',') },
      rounds: { type: 'string', default: '8' },
      seconds: { type: 'string', default: '3' },
      'warm-up': { type: 'string', default: '2' },
      connections: { type: 'string', default: '50' },
      only: { type: 'string' },
      gateway: { type: 'string', default: GATEWAY_COMMAND },
      also: { type: 'string', multiple: true, default: [] },
      origins: { type: 'string' },
      output: { type: 'string', default: path('../results') },
      name: { type: 'string', default: 'latest' },
    },
  });
  if (values.help) {
    console.log(USAGE);
    process.exit(0);
  }
  return {
    scenarios: values.scenario.split(','),
    effort: {
      rounds: wholeNumber('rounds', values.rounds, 1),
      seconds: wholeNumber('seconds', values.seconds, 2),
      warmUpSeconds: wholeNumber('warm-up', values['warm-up'], 1),
      connections: wholeNumber('connections', values.connections, 1),
    },
    builds: { gateway: values.gateway, also: values.also.map(parseBuild), only: values.only?.split(',') ?? null },
    origins: parseOrigins(values.origins),
    output: values.output,
    name: values.name,
  };
}

function parseBuild(text: string): { name: string; command: string } {
  const at = text.indexOf('=');
  if (at < 1) throw new Error(`--also takes NAME=COMMAND, not "${text}"`);
  return { name: text.slice(0, at), command: text.slice(at + 1) };
}

function parseOrigins(text: string | undefined): 'nginx' | 'bun' | null {
  if (text === undefined || text === 'nginx' || text === 'bun') return text ?? null;
  throw new Error(`--origins takes nginx or bun, not "${text}"`);
}

function path(relative: string): string {
  return fileURLToPath(new URL(relative, import.meta.url));
}
