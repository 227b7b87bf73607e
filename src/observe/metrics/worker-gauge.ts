// What a process that serves tells of itself once a second, where the one that answers operators sees it.
import { processFields } from '../../core/cells.ts';
import type { Clock } from '../../core/clock.ts';
import { type GatewayCells, OWN } from '../../core/gateway-cells.ts';
import { type Bytes, type Millis, millis } from '../../core/units.ts';

export type GaugeTools = {
  readonly clock: Pick<Clock, 'now' | 'every'>;
  readonly processorTime: () => Millis;
  readonly residentBytes: () => Bytes;
  readonly descriptors: { next(): number | null };
};

const LOOK = millis(50);
const LOOKS_PER_REPORT = 20;

/** Begins to tell; the function ends it. */
export function tellOfProcess(
  { processes }: Pick<GatewayCells, 'processes'>,
  pid: number,
  tools: GaugeTools,
): () => void {
  const { clock, processorTime, residentBytes, descriptors } = tools;
  let due = clock.now() + LOOK;
  let latest = 0;
  let looks = 0;
  const tell = (): void => {
    processes.note(OWN, processFields.processorTime, Math.round(processorTime() / 10));
    processes.note(OWN, processFields.memory, Math.round(residentBytes() / 1024));
    processes.note(OWN, processFields.delay, Math.round(latest * 1000));
    processes.note(OWN, processFields.descriptors, descriptors.next() ?? 0);
    processes.note(OWN, processFields.pid, pid);
    latest = 0;
  };
  tell();
  return clock.every(LOOK, () => {
    const now = clock.now();
    latest = Math.max(latest, now - due);
    due = now + LOOK;
    looks++;
    if (looks % LOOKS_PER_REPORT === 0) tell();
  });
}

/** A process that serves, as it has told of itself. */
export type WorkerFigures = {
  /** Its place. */
  readonly number: number;
  readonly pid: number;
  /** In seconds. */
  readonly processorTime: number;
  readonly memory: number;
  /** In seconds. */
  readonly delay: number;
  readonly descriptors: number;
};

/** All that serve at the moment. */
export function readWorkers({
  processes,
  backends,
}: Pick<GatewayCells, 'processes' | 'backends'>): readonly WorkerFigures[] {
  const figures: WorkerFigures[] = [];
  for (let number = 0; number < backends.processes; number++) {
    const read = (word: (typeof processFields)[keyof typeof processFields]): number =>
      processes.of(number, OWN, word) >>> 0;
    const pid = read(processFields.pid);
    if (pid === 0) continue;
    figures.push({
      number,
      pid,
      processorTime: read(processFields.processorTime) / 100,
      memory: read(processFields.memory) * 1024,
      delay: read(processFields.delay) / 1_000_000,
      descriptors: read(processFields.descriptors),
    });
  }
  return figures;
}
