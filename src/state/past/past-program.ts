// The program of the thread that keeps the past: a disk may take seconds for what is asked of it, and the event loop of a gateway
// waits for none.
import { lowerPriority } from '../../world/priority.ts';
import type { FromPast, ToPast } from './messages.ts';
import { PastKeeper } from './past-keeper.ts';

declare const self: Worker;

let keeper: PastKeeper | null = null;

lowerPriority();
self.addEventListener('message', ({ data }: MessageEvent<ToPast>) => {
  if (data.kind === 'open') keeper = new PastKeeper(data, { tell, wall: Date.now, now: () => performance.now() });
  else if (data.kind === 'close') end();
  else keeper?.obey(data);
});
tell({ kind: 'loaded' });

function end(): void {
  keeper?.close();
  tell({ kind: 'closed' });
  // Of a thread, only the thread.
  process.exit(0);
}

function tell(message: FromPast): void {
  self.postMessage(message);
}
