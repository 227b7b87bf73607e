// The files that keep the state of a gateway over a restart: one for what has been decided, which is small and has to be
// exact, and one for what is known of backends, which may be large and is worth something for a minute.
import { z } from 'zod';
import type { Clock } from '../core/clock.ts';
import { errorOf } from '../core/error-of.ts';
import type { Steps } from '../core/slices.ts';
import { type Result, err, ok } from '../core/result.ts';
import { millis } from '../core/units.ts';
import type { BackendMemory, ControlState } from '../runtime/control-state.ts';
import { outlierCauses } from '../standing/outlier.ts';
import type { Folder, StateStore, TakeSteps } from './contract.ts';

const DECISIONS = 'decisions.json';
const BACKENDS = 'backends.jsonl';
const FORMAT = 1;

// What probes have seen longer ago says little.
const YOUNG_ENOUGH = 60_000;

// A gateway that was killed may have told of events that it had not written down yet.
const EVENTS_IN_A_CRASH = 1000;

// Lines that are made in one step.
const STEP = 64;

const count = z.number().int().min(0);

const admission = z.discriminatedUnion('state', [
  z.object({ state: z.literal('open') }),
  z.object({ state: z.literal('draining'), since: z.number(), until: z.nullable(z.number()) }),
  z.object({ state: z.literal('disabled'), since: z.number() }),
]);

const operatorDecisions = z
  .array(z.object({ tenant: z.string(), backend: z.string(), admission, weight: z.nullable(z.number().min(0)) }))
  .readonly();

// Absent in what earlier versions have written.
const switchDecisions = z
  .array(z.object({ tenant: z.string(), policy: z.string(), on: z.boolean() }))
  .readonly()
  .default([]);

const handedSecrets = z.object({ affinity: z.string().min(16), loop: z.string().min(16) });

const decisionsFile = z.object({
  format: z.literal(FORMAT),
  /** The gateway has ended in order, and this was the last that it had to say. */
  is_final: z.boolean(),
  secrets: handedSecrets,
  latest_event: count,
  operators: operatorDecisions,
  switches: switchDecisions,
});

const length = z.number().min(0).transform(millis);

const evidence = z.object({
  kind: z.enum(['probe', 'traffic']),
  passed: z.boolean(),
  detail: z.string(),
  duration: z.nullable(length),
  at: z.number(),
});

const verdict = z.discriminatedUnion('health', [
  z.object({
    health: z.literal('healthy'),
    since: z.number(),
    evidence,
    contradictions: count,
    fromTraffic: count,
  }),
  z.object({
    health: z.literal('unhealthy'),
    since: z.number(),
    wasHealthy: z.boolean(),
    evidence,
    contradictions: count,
  }),
]);

const cause = z.enum(outlierCauses);

const reason = z.discriminatedUnion('rule', [
  z.object({ rule: z.literal('consecutive'), failures: count, cause }),
  z.object({ rule: z.literal('trial'), cause }),
  z.object({ rule: z.literal('share'), failures: count, requests: count, cause }),
]);

const backendLine: z.ZodType<BackendMemory> = z.object({
  tenant: z.string(),
  key: z.string(),
  verdict: z.nullable(verdict),
  ejection: z.nullable(z.object({ until: z.number(), count, reason })),
});

/** What the process of a gateway hands to the one that takes its place. */
export const handedDecisions = z.object({
  secrets: handedSecrets,
  operators: operatorDecisions,
  switches: switchDecisions,
  latestEvent: count,
});
export const handedState: z.ZodType<ControlState> = handedDecisions.extend({ backends: z.array(backendLine) });

export class KeptState implements StateStore {
  /** What the file of backends has. */
  private written: string | null = null;

  constructor(
    private readonly folder: Folder,
    private readonly tools: { readonly clock: Pick<Clock, 'wall'>; readonly warn: WarnOfFile },
  ) {}

  async read(): Promise<ControlState | null> {
    const text = await this.text(DECISIONS);
    if (text === null) return null;
    const decisions = readDecisions(text);
    if (!decisions.ok) {
      this.tools.warn(DECISIONS, decisions.error);
      return null;
    }
    return { ...decisions.value, backends: await this.readBackends() };
  }

  private async readBackends(): Promise<readonly BackendMemory[]> {
    const changedAt = await this.folder.changedAt(BACKENDS);
    if (changedAt === null || this.tools.clock.wall() - changedAt > YOUNG_ENOUGH) return [];
    const backends = readLines((await this.text(BACKENDS)) ?? '');
    if (backends.ok) return backends.value;
    this.tools.warn(BACKENDS, backends.error);
    return [];
  }

  // A file that cannot be read is as good as none.
  private async text(name: string): Promise<string | null> {
    try {
      const content = await this.folder.read(name);
      return content === null ? null : new TextDecoder('utf-8', { fatal: true }).decode(content);
    } catch (error) {
      this.tools.warn(name, errorOf(error).message);
      return null;
    }
  }

  async writeDecisions(
    { secrets, operators, switches, latestEvent }: Omit<ControlState, 'backends'>,
    isFinal: boolean,
  ): Promise<void> {
    const value = { format: FORMAT, is_final: isFinal, secrets, latest_event: latestEvent, operators, switches };
    await this.folder.write(DECISIONS, encode(`${JSON.stringify(value, null, 2)}\n`));
  }

  async writeBackends(backends: Iterable<BackendMemory>, take: TakeSteps): Promise<void> {
    const text = await take(linesOf(backends));
    if (text === null) return;
    // While nothing changes nothing is written; that it is still true is told by the time of the file.
    if (text === this.written) return this.folder.touch(BACKENDS);
    await this.folder.write(BACKENDS, encode(text));
    this.written = text;
  }
}

/** Told of a file that is ignored, and why. */
export type WarnOfFile = (name: string, why: string) => void;

function readDecisions(text: string): Result<Omit<ControlState, 'backends'>, string> {
  const read = decisionsFile.safeParse(jsonOf(text));
  if (!read.success) return err(FOREIGN);
  const { is_final: isFinal, secrets, latest_event: latest, operators, switches } = read.data;
  return ok({ secrets, operators, switches, latestEvent: latest + (isFinal ? 0 : EVENTS_IN_A_CRASH) });
}

const FOREIGN = 'it is damaged, or of another version';

function readLines(text: string): Result<readonly BackendMemory[], string> {
  const [head = '', ...lines] = text.trimEnd().split('\n');
  if (head !== headOf(lines.length)) return err(FOREIGN);
  const read = z.array(backendLine).safeParse(lines.map(jsonOf));
  return read.success ? ok(read.data) : err(FOREIGN);
}

// How many lines follow: a file that was cut is none.
function headOf(lines: number): string {
  return JSON.stringify({ format: FORMAT, backends: lines });
}

function* linesOf(backends: Iterable<BackendMemory>): Steps<string> {
  const lines: string[] = [];
  for (const one of backends) {
    lines.push(`${JSON.stringify(one)}\n`);
    if (lines.length % STEP === 0) yield;
  }
  return `${headOf(lines.length)}\n${lines.join('')}`;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function encode(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
