// Has a configuration read and compiled by a process of its own. For ten thousand tenants that takes seconds, in which the
// gateway could serve nobody, and half a gigabyte of memory, which the runtime would not give back before the end of the
// process.
import type { MadeConfig } from '../config/files.ts';
import { type Problem, fileProblem } from '../config/problems.ts';
import type { SeenFile, SeenFiles, SeenGlob } from '../config/seen-files.ts';
import { err } from '../core/result.ts';
import type { Millis } from '../core/units.ts';
import { lastGoodOf } from '../plan/last-good.ts';
import { ReceivedPlan } from '../plan/parts.ts';
import type { Plan } from '../plan/plan.ts';
import type { TenantPlan } from '../plan/tenant-plan.ts';
import type { PackedTexts } from './config-texts.ts';
import type { PostedReport, ReadPart } from './plan-parts.ts';
import { LONGEST_SILENCE, Reader, type WhatToRead } from './reading-process.ts';

/** What was read. With a plan, `problems` are warnings; without one, they are the reason. */
export type ReadPlan = {
  readonly plan: Plan | null;
  readonly problems: readonly Problem[];
  /** What it was made of; null without a plan. */
  readonly texts: PackedTexts | null;
  /** The files that it was read from; null: nobody knows. */
  readonly seen: SeenFiles | null;
  /** What has become of posted texts; absent or null: none were read. */
  readonly posted?: PostedReport | null;
};

// Fingerprints in one message: about as much work as one part of a plan.
const AT_ONCE = 1000;

/** Reads for a gateway that starts. `lastGood`: what it, or one before it, served last; broken tenants may be taken from there.
 * Null: nobody knows. */
export function readPlanAside(file: string, lastGood: Plan | null = null): Promise<ReadPlan> {
  return readAll(file, lastGood).catch(failed);
}

/** Reads for a gateway that serves. Tenants that are the same as in `inForce` are taken from there, and broken ones, where the
 * configuration wants that. `rest` lets other work run in between. */
export function readPlanAgain(
  what: WhatToRead,
  inForce: Plan,
  rest: () => Promise<void>,
  longestSilence: Millis = LONGEST_SILENCE,
): Promise<ReadPlan> {
  return readChanges(what, inForce, rest, longestSilence).catch(failed);
}

/** Runs a configuration that is a program. A program that hangs or ends itself does no harm here. */
export async function runModuleAside(file: string): Promise<MadeConfig> {
  using reader = new Reader(LONGEST_SILENCE);
  reader.order({ kind: 'run_module', file });
  try {
    const part = await reader.part();
    if (part.kind === 'made') return part.made;
  } catch (error) {
    return { made: err({ at: null, path: [], message: `cannot be run: ${messageOf(error)}` }), files: [file] };
  }
  throw new Error('the reading process has handed over something else');
}

async function readAll(file: string, lastGood: Plan | null): Promise<ReadPlan> {
  using reader = new Reader(LONGEST_SILENCE);
  const known = lastGood === null ? new Map<string, TenantPlan>() : await tellKnown(reader, lastGood, atOnce);
  reader.order({ kind: 'read_all', file });
  const received = new Received(known);
  for (;;) {
    const part = await reader.part();
    if (part.kind === 'last_good_wanted') await tellLastGood(reader, lastGood, atOnce);
    else if (!received.take(part)) return received.whole;
  }
}

const atOnce = (): Promise<void> => Promise.resolve();

async function tellKnown(
  reader: Reader,
  { tenants: all }: Plan,
  rest: () => Promise<void>,
): Promise<Map<string, TenantPlan>> {
  const known = new Map<string, TenantPlan>();
  for (const tenants of inGroups(all, AT_ONCE)) {
    for (const tenant of tenants) known.set(tenant.fingerprint, tenant);
    reader.order({ kind: 'known', fingerprints: tenants.map(({ fingerprint }) => fingerprint) });
    await rest();
  }
  return known;
}

async function tellLastGood(reader: Reader, plan: Plan | null, rest: () => Promise<void>): Promise<void> {
  for (const tenants of plan === null ? [] : inGroups([...lastGoodOf(plan)], AT_ONCE)) {
    reader.order({ kind: 'last_good', tenants, isLast: false });
    await rest();
  }
  reader.order({ kind: 'last_good', tenants: [], isLast: true });
}

async function readChanges(
  what: WhatToRead,
  inForce: Plan,
  rest: () => Promise<void>,
  longestSilence: Millis,
): Promise<ReadPlan> {
  using reader = new Reader(longestSilence);
  const received = new Received(await tellKnown(reader, inForce, rest));
  reader.order({ kind: 'read', ...what });
  reader.order({ kind: 'next' });
  for (;;) {
    const part = await reader.part();
    if (part.kind === 'last_good_wanted') {
      await tellLastGood(reader, inForce, rest);
      continue;
    }
    if (!received.take(part)) return received.whole;
    reader.order({ kind: 'next' });
  }
}

/** The parts that have come. */
class Received {
  private readonly received: ReceivedPlan;
  private readonly packed: Uint8Array[] = [];
  private digest: string | null = null;
  private posted: PostedReport | null = null;
  private readonly files: SeenFile[] = [];
  private readonly globs: SeenGlob[] = [];

  constructor(known: ReadonlyMap<string, TenantPlan>) {
    this.received = new ReceivedPlan(known);
  }

  /** False: that was the last one. */
  take(part: ReadPart): boolean {
    switch (part.kind) {
      case 'seen':
        this.files.push(...part.seen.files);
        this.globs.push(...part.seen.globs);
        return true;
      case 'made':
      case 'last_good_wanted':
      case 'answer':
        throw new Error('the reading process has handed over something else');
      case 'posted':
        this.posted = part.posted;
        return true;
      case 'texts':
        this.digest = part.digest;
        this.packed.push(part.packed);
        return true;
      case 'problems':
      case 'gateway':
      case 'tenants':
      case 'end':
        return this.received.take(part);
    }
  }

  get whole(): ReadPlan {
    const { digest, packed, files, globs, posted } = this;
    const { plan, problems } = this.received;
    const texts = digest === null ? null : { digest, packed: Buffer.concat(packed) };
    return { plan, problems, texts, seen: { files, globs }, posted };
  }
}

// Only the process itself can have failed: problems of the configuration are values.
function failed(error: unknown): ReadPlan {
  const problems = [fileProblem('keystone', `cannot read the configuration: ${String(error)}`)];
  return { plan: null, problems, texts: null, seen: null };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function* inGroups<T>(all: readonly T[], size: number): Generator<readonly T[]> {
  for (let at = 0; at < all.length; at += size) yield all.slice(at, at + size);
}
