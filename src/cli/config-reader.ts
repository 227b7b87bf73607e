// The program that reads a configuration for a gateway and compiles it, in a process of its own; see read-aside.ts.
import type { ConfigFiles } from '../config/files.ts';
import { type ConfigOrigin, type LastGoodTenant, WHOLE } from '../config/last-good.ts';
import { loadTolerantly } from '../config/load.ts';
import { FileWitness, type SeenFiles } from '../config/seen-files.ts';
import type { Problem } from '../config/problems.ts';
import type { Config } from '../config/schema.ts';
import { fingerprintOfTenant as fingerprintOf } from '../plan/compile-tenant.ts';
import { FOR_ONE_AT_REST } from '../plan/parts.ts';
import { realWorld } from '../world.ts';
import { letOthersGoFirst } from '../world/background.ts';
import { stampOf } from '../world/look-at-files.ts';
import { runModule } from '../world/run-module.ts';
import { configFiles } from './config-files.ts';
import { ConfigTexts, type PackedTexts, keptFiles, readPacked, unpack } from './config-texts.ts';
import { type ReadPart, planParts } from './plan-parts.ts';
import { compareTexts, showTexts } from './shown-texts.ts';
import { PostedConfig } from './posted-config.ts';
import type { ReadingOrder, WhatToRead } from './reading-process.ts';

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
      parts = read(order, 1);
      return;
    case 'next': {
      const next = await parts?.next();
      return handOver(next === undefined || next.done === true ? END : next.value);
    }
    case 'read_all':
      for await (const part of read({ file: order.file, from: null }, FOR_ONE_AT_REST)) handOver(part);
      return handOver(END);
    case 'show':
    case 'compare': {
      letOthersGoFirst();
      const texts = unpack(order.texts);
      for (const part of answerParts(await (order.kind === 'show' ? showTexts(texts) : compareTexts(texts))))
        handOver(part);
      return handOver(END);
    }
    case 'run_module':
      return handOver({ kind: 'made', made: await runModule(order.file) });
  }
}

function handOver(part: ReadPart): void {
  process.send?.(part);
}

async function* read({ file, from, posted }: WhatToRead, larger: number): AsyncGenerator<ReadPart> {
  const witness = new FileWitness({ ...configFiles(realWorld()), runModule }, stampOf);
  const desk = posted === undefined ? null : await PostedConfig.open(posted, witness.through);
  if (desk !== null) {
    yield { kind: 'posted', posted: desk.report };
    yield { kind: 'problems', problems: desk.problems };
    if (desk.problems.length > 0) return;
  }
  const outside = desk?.files ?? witness.through;
  const texts = new ConfigTexts(from === null ? outside : keptFiles(unpack(await readPacked(from)), outside));
  const { config, origin, problems } = await load(file, texts.files);
  yield* seenParts(witness.seen);
  yield { kind: 'problems', problems: desk?.told(problems) ?? problems };
  if (config === null) return;
  yield* textParts(texts.pack());
  yield* planParts(config, { known, origin: desk === null ? origin : toldOrigin(origin, desk), larger });
}

function toldOrigin(origin: ConfigOrigin, desk: PostedConfig): ConfigOrigin {
  const quarantined = origin.quarantined.map((one) => ({ ...one, problems: desk.told(one.problems) }));
  return { ...origin, quarantined };
}

// As large as a gateway takes between two requests.
const PIECE = 64 * 1024;

function* textParts({ digest, packed }: PackedTexts): Generator<ReadPart> {
  for (let at = 0; at < packed.length; at += PIECE)
    yield { kind: 'texts', digest, packed: packed.slice(at, at + PIECE) };
}

function* answerParts(answer: unknown): Generator<ReadPart> {
  const whole = new TextEncoder().encode(JSON.stringify(answer));
  for (let at = 0; at < whole.length; at += PIECE) yield { kind: 'answer', piece: whole.slice(at, at + PIECE) };
}

// As many as a gateway takes in between two requests.
const AT_ONCE = 1000;

function* seenParts({ files, globs }: SeenFiles): Generator<ReadPart> {
  yield { kind: 'seen', seen: { files: [], globs } };
  for (let at = 0; at < files.length; at += AT_ONCE)
    yield { kind: 'seen', seen: { files: files.slice(at, at + AT_ONCE), globs: [] } };
}

type Loaded = {
  readonly config: Config | null;
  readonly origin: ConfigOrigin;
  readonly problems: readonly Problem[];
};

// Returns the configuration without the YAML document that it was read from. The document is several times as large, and
// would stay in memory while the parts are handed over.
async function load(file: string, files: ConfigFiles): Promise<Loaded> {
  const loaded = await loadTolerantly(file, realWorld().environment, files, {
    lastGood: askForLastGood,
    fingerprintOf,
  });
  if (!loaded.ok) return { config: null, origin: WHOLE, problems: loaded.error };
  const { config, origin, warnings } = loaded.value;
  return { config, origin, problems: warnings };
}

function askForLastGood(): Promise<readonly LastGoodTenant[]> {
  handOver({ kind: 'last_good_wanted' });
  return lastGoodIsHere.promise;
}
