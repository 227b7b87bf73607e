// The thread that reads a configuration for a gateway that is serving.
import { loadConfig } from '../config/load.ts';
import { realWorld } from '../world.ts';
import type { ReadConfig } from './read-aside.ts';

declare const self: Worker;

self.addEventListener('message', (event: MessageEvent<string>) => void read(event.data));

async function read(file: string): Promise<void> {
  const { environment, readFile } = realWorld();
  const loaded = await loadConfig(file, environment, readFile);
  const answer: ReadConfig = loaded.ok
    ? { config: loaded.value.config, problems: loaded.value.warnings }
    : { config: null, problems: loaded.error };
  self.postMessage(answer);
}
