// The program of a worker. Signals are the supervisor's to obey: a terminal sends them to all processes of a command.
import { realWorld } from '../world.ts';
import { goOnWhenParentEnds } from '../world/orphans.ts';
import { WORKER_NAME, nameProcess } from '../world/process-name.ts';
import type { ToSupervisor, ToWorker } from './messages.ts';
import { Worker } from './worker.ts';

let worker: Worker | null = null;

nameProcess(WORKER_NAME);
for (const signal of ['SIGHUP', 'SIGINT', 'SIGTERM', 'SIGUSR1', 'SIGUSR2'] as const)
  process.on(signal, () => undefined);
process.on('message', (message: ToWorker) => {
  if (message.kind === 'begin') worker = new Worker(message, realWorld(), send);
  else if (message.kind === 'cut') process.exit(0);
  else void worker?.obey(message);
});
// Also where a bug ends it.
process.on('exit', () => worker?.cut());
// The supervisor has ended. What is in flight has its time, and nobody starts this process again.
process.on('disconnect', () => void end());
goOnWhenParentEnds();
send({ kind: 'loaded' });

async function end(): Promise<void> {
  await worker?.abandoned();
  process.exit(0);
}

function send(message: ToSupervisor): void {
  if (process.connected) process.send?.(message);
}
