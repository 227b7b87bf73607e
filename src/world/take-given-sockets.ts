// Socket activation: the service manager says by variables which descriptors it has handed over (sd_listen_fds(3)).
import type { Descriptor, KernelSockets } from '../core/kernel-sockets.ts';
import { type Result, err, ok } from '../core/result.ts';
import type { GivenSocket } from '../listen/given-socket.ts';
import { GivenSockets } from '../listen/given-sockets.ts';

const FIRST = 3;
const MOST = 1024;
const VARIABLES = ['LISTEN_PID', 'LISTEN_FDS', 'LISTEN_FDNAMES', 'LISTEN_PIDFDID'];

type Environment = Record<string, string | undefined>;

/** Takes them, so that no program that is started from here on takes them for its own. None, if there are none for this
 * process. The error is one line for people. */
export function takeGivenSockets(environment: Environment, kernel: KernelSockets | null): Result<GivenSockets, string> {
  const { LISTEN_PID: pid, LISTEN_FDS: count = '', LISTEN_FDNAMES: names = '' } = environment;
  for (const variable of VARIABLES) delete environment[variable];
  if (kernel === null || pid !== String(process.pid)) return ok(new GivenSockets([]));
  if (!/^\d{1,4}$/.test(count) || Number(count) > MOST) return err(`LISTEN_FDS is ${JSON.stringify(count)}, no number`);
  const named = names.split(':');
  const sockets: GivenSocket[] = [];
  for (let at = 0; at < Number(count); at++) {
    const descriptor = FIRST + at;
    const address = kernel.isListening(descriptor) ? kernel.addressOf(descriptor) : null;
    if (address === null) return err(describe(descriptor, named[at]));
    kernel.keepFromPrograms(descriptor);
    sockets.push({ descriptor, address });
  }
  return ok(new GivenSockets(sockets));
}

function describe(descriptor: Descriptor, name: string | undefined): string {
  const called = name === undefined || name === '' ? '' : ` (${name})`;
  return `descriptor ${descriptor}${called}, which the service manager has given, is no socket that listens for streams`;
}
