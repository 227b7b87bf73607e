// Prints the priorities of a thread that has let the others go first, and of the one that started it.
import { getPriority } from 'node:os';
import { letOthersGoFirst } from '../../src/world/background.ts';

if (Bun.isMainThread) {
  const worker = new Worker(import.meta.url);
  worker.addEventListener('message', (event: MessageEvent<number>) => {
    console.log(event.data, getPriority(0));
    worker.terminate();
  });
} else {
  letOthersGoFirst();
  postMessage(getPriority(0));
}
