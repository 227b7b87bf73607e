// The program that reads a configuration for a gateway and compiles it, in a process of its own; see read-aside.ts.
import { type ConfigOrigin, type LastGoodTenant, WHOLE } from '../config/last-good.ts';
import { loadTolerantly } from '../config/load.ts';
import type { Problem } from '../config/problems.ts';
import type { Config } from '../config/schema.ts';
import { fingerprintOfTenant as fingerprintOf } from '../plan/compile-tenant.ts';
import { realWorld } from '../world.ts';
import { letOthersGoFirst } from '../world/background.ts';
import { runModule } from '../world/run-module.ts';
import { type ReadPart, planParts } from './plan-parts.ts';
import type { ReadingOrder } from './read-aside.ts';

const END: ReadPart = { kind: 'end' };

const known = new Set<string>();
const lastGood: LastGoodTenant[] = [];
const lastGoodIsHere = Promise.withResolvers<readonly LastGoodTenant[]>();
let parts: AsyncGenerator<ReadPart> | null = null;

process.on('message', (order: ReadingOrder) => void obey(order));
// A signal to the whole process group is the gateway's to obey: this process ends with it.
for (const signal of ['SIGHUP', 'SIGINT', 'SIGTERM', 'SIGUSR1', 'SIGUSR2'] as const)
  process.on(signal, () => undefined);
// The gateway has ended, or needs no more parts.
process.on('disconnect', () => process.exit(0));

async function obey(order: ReadingOrder): Promise<void> {
  switch (order.kind) {
    case 'known':
      for (const fingerprint of order.fingerprints) known.add(fingerprint);
      return;
    case 'last_good':
      lastGood.push(...order.tenants);
      if (order.isLast) lastGoodIsHere.resolve(lastGood);
      return;
    case 'read':
      letOthersGoFirst();
      parts = read(order.file);
      return;
    case 'next': {
      const next = await parts?.next();
      return handOver(next === undefined || next.done === true ? END : next.value);
    }
    case 'read_all':
      for await (const part of read(order.file)) handOver(part);
      return handOver(END);
    case 'run_module':
      return handOver({ kind: 'made', made: await runModule(order.file) });
  }
}

function handOver(part: ReadPart): void {
  process.send?.(part);
}

async function* read(file: string): AsyncGenerator<ReadPart> {
  const { config, origin, problems } = await load(file);
  yield { kind: 'problems', problems };
  if (config !== null) yield* planParts(config, known, origin);
}

type Loaded = {
  readonly config: Config | null;
  readonly origin: ConfigOrigin;
  readonly problems: readonly Problem[];
};

// Returns the configuration without the YAML document that it was read from. The document is several times as large, and
// would stay in memory while the parts are handed over.
async function load(file: string): Promise<Loaded> {
  const { environment, readFile, findFiles } = realWorld();
  const loaded = await loadTolerantly(
    file,
    environment,
    { readFile, findFiles, runModule },
    { lastGood: askForLastGood, fingerprintOf },
  );
  if (!loaded.ok) return { config: null, origin: WHOLE, problems: loaded.error };
  const { config, origin, warnings } = loaded.value;
  return { config, origin, problems: warnings };
}

function askForLastGood(): Promise<readonly LastGoodTenant[]> {
  handOver({ kind: 'last_good_wanted' });
  return lastGoodIsHere.promise;
}
