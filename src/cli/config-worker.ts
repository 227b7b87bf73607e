// The thread that reads a configuration for a gateway that is serving, and compiles it.
import { loadConfig } from '../config/load.ts';
import { realWorld } from '../world.ts';
import { letOthersGoFirst } from '../world/background.ts';
import { type PlanPart, planParts } from './plan-parts.ts';
import type { ReadingOrder } from './read-aside.ts';

declare const self: Worker;

// It has seconds to do, and who is served has milliseconds.
letOthersGoFirst();

const known = new Set<string>();
let parts: AsyncGenerator<PlanPart> | null = null;

self.addEventListener('message', (event: MessageEvent<ReadingOrder>) => void obey(event.data));

async function obey(order: ReadingOrder): Promise<void> {
  switch (order.kind) {
    case 'known':
      for (const fingerprint of order.fingerprints) known.add(fingerprint);
      return;
    case 'read':
      parts = read(order.file);
      return;
    case 'next': {
      const next = await parts?.next();
      self.postMessage(next === undefined || next.done === true ? END : next.value);
    }
  }
}

const END: PlanPart = { kind: 'end' };

async function* read(file: string): AsyncGenerator<PlanPart> {
  const { environment, readFile } = realWorld();
  const loaded = await loadConfig(file, environment, readFile);
  yield { kind: 'problems', problems: loaded.ok ? loaded.value.warnings : loaded.error };
  if (loaded.ok) yield* planParts(loaded.value.config, known);
}
