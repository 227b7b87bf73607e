// Goes on to ask a gateway for what comes next, until Ctrl-C, also while it cannot be reached.
import type { Result } from '../core/result.ts';
import type { AdminClient } from './admin-client.ts';
import { type AdminFailure, describeFailure, exitCodeOf } from './admin-failure.ts';
import type { ExitCode, Terminal } from './contract.ts';
import { pause } from './interrupt.ts';

const WAIT_SECONDS = 25;
const TRY_EVERY_MS = 500;

export type Following<Answer> = {
  readonly client: AdminClient;
  readonly signal: AbortSignal;
  readonly terminal: Terminal;
  /** `wait`: so many seconds the gateway may wait until there is something to tell. */
  readonly ask: (wait: number) => Promise<Result<Answer, AdminFailure>>;
  /** `wasLost`: it could not be reached before. */
  readonly heard: (answer: Answer, wasLost: boolean) => void;
};

export async function follow<Answer>({ client, signal, terminal, ask, heard }: Following<Answer>): Promise<ExitCode> {
  let isLost = false;
  while (!signal.aborted) {
    // After a lost connection do not wait: first find out whether the gateway is back, and whether it is the same one.
    const answer = await ask(isLost ? 0 : WAIT_SECONDS);
    if (signal.aborted) break;
    if (answer.ok) {
      heard(answer.value, isLost);
      isLost = false;
      continue;
    }
    if (answer.error.kind !== 'unreachable') {
      terminal.error(describeFailure(answer.error, client.address, null));
      return exitCodeOf(answer.error);
    }
    if (!isLost) terminal.error(`keystone: the gateway does not answer (${answer.error.detail}); trying again\n`);
    isLost = true;
    await pause(TRY_EVERY_MS, signal);
  }
  return 0;
}

export const ANSWERS_AGAIN = 'keystone: the gateway answers again\n';
