// Load generators. Each is a program of its own, so that load and observation do not slow each other.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Result, err, ok } from '../../src/core/result.ts';
import type { Millis } from '../../src/core/units.ts';
import { commandOfSelf } from '../../src/world/spawn-self.ts';
import { type LoadResult, type RunControl, runLoadProgram } from './load-program.ts';
import type { Target } from './plan.ts';
import lua from './wrk.lua' with { type: 'text' };

/** In the order of preference: wrk needs far less of the machine for the same load. */
export const GENERATORS = ['wrk', 'autocannon'] as const;
export type GeneratorName = (typeof GENERATORS)[number];

export type LoadOrder = RunControl & {
  readonly target: Target;
  readonly connections: number;
  readonly duration: Millis;
};

export type Generator = {
  readonly name: GeneratorName;
  /** The error is one line for people. */
  run(order: LoadOrder): Promise<Result<LoadResult, string>>;
};

/** The wanted generator, or the first that is installed. The error says what to install. */
export function findGenerator(wanted: GeneratorName | null, directory: string): Result<Generator, string> {
  for (const name of wanted === null ? GENERATORS : [wanted]) {
    const found = name === 'wrk' ? findWrk() : findAutocannon(directory);
    if (found !== null) return ok(found);
  }
  const what = wanted === null ? 'neither wrk nor autocannon is installed' : `${wanted} is not installed`;
  return err(
    `${what}: install ${(wanted === null ? GENERATORS : [wanted]).map((name) => INSTALL[name]).join(', or ')}`,
  );
}

const INSTALL: Readonly<Record<GeneratorName, string>> = {
  wrk: 'wrk (Debian: apt-get install wrk; macOS: brew install wrk)',
  autocannon: 'autocannon (npm install autocannon)',
};

// A slow answer counts as an answer; an answer later than this counts as an error.
const PATIENCE_SECONDS = 10;

function findWrk(): Generator | null {
  const path = Bun.which('wrk');
  if (path === null) return null;
  return {
    name: 'wrk',
    run(order) {
      const { target, connections, duration } = order;
      const threads = Math.min(2, connections);
      const host = target.host === null ? [] : ['-H', `Host: ${target.host}`];
      const fields = target.headers.flatMap(({ name, value }) => ['-H', `${name}: ${value}`]);
      const numbers = [`-t${threads}`, `-c${connections}`, `-d${duration / 1000}s`, `--timeout=${PATIENCE_SECONDS}s`];
      return withScript((script) =>
        runLoadProgram([path, ...numbers, ...host, ...fields, '-s', script, target.url], order),
      );
    },
  };
}

// wrk reads a file, and what an executable has inside is none for other programs.
async function withScript<T>(use: (path: string) => Promise<T>): Promise<T> {
  const directory = await mkdtemp(join(tmpdir(), 'keystone-load-test-'));
  const path = join(directory, 'wrk.lua');
  await writeFile(path, lua);
  try {
    return await use(path);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

// Looks among the packages of this program, then among those of the user's directory.
function findAutocannon(directory: string): Generator | null {
  const path = resolve('autocannon', import.meta.dir) ?? resolve('autocannon', directory);
  if (path === null) return null;
  return {
    name: 'autocannon',
    run(order) {
      const { target, connections, duration } = order;
      const numbers = [connections, duration / 1000, PATIENCE_SECONDS].map(String);
      const words = [path, target.url, target.host ?? '', ...numbers, JSON.stringify(target.headers)];
      return runLoadProgram(commandOfSelf('load-test-load', words), order);
    },
  };
}

function resolve(name: string, directory: string): string | null {
  try {
    return Bun.resolveSync(name, directory);
  } catch {
    return null;
  }
}
