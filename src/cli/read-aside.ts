// Reads a configuration on a thread of its own: one of ten thousand tenants takes seconds, in which nobody would be served.
import type { Problem } from '../config/problems.ts';
import type { Config } from '../config/schema.ts';

/** What was read. `config` null: there are problems; else they are warnings. */
export type ReadConfig = { readonly config: Config | null; readonly problems: readonly Problem[] };

/** Rejects only if the thread itself fails. */
export function readConfigAside(file: string): Promise<ReadConfig> {
  const { promise, resolve, reject } = Promise.withResolvers<ReadConfig>();
  const worker = new Worker(new URL('config-worker.ts', import.meta.url).href);
  worker.addEventListener('message', (event: MessageEvent<ReadConfig>) => resolve(event.data));
  worker.addEventListener('error', (event) => reject(new Error(event.message)));
  worker.postMessage(file);
  return promise.finally(() => worker.terminate());
}
