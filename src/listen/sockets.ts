// Makes the sockets that listeners accept on. The runtime binds them, unless somebody else has: whoever starts a listener says
// how its socket comes to be.
import { errorCode } from '../core/connect-failure.ts';
import type { BoundAddress, WantedAddress } from '../core/kernel-sockets.ts';
import { type Result, err, ok } from '../core/result.ts';
import type { AcceptedConnection } from './contract.ts';
import { type GivenSocket, listenOnGiven } from './given-socket.ts';
import { describeListenProblem, describeSocketProblem, placeOf } from './listen-problems.ts';
import { withOwnerOnly } from './unix-socket.ts';

/** A socket that listens. */
export type ListeningSocket = { readonly server: Server; readonly address: BoundAddress };

type Server = Bun.SocketListener<AcceptedConnection>;

/** What accepted sockets tell of themselves. */
export type AcceptHandlers = Bun.SocketHandler<AcceptedConnection>;

/** Makes the socket of a listener; an error is one line for people. */
export type ListenOn = (wanted: WantedAddress, handlers: AcceptHandlers) => Result<ListeningSocket, string>;

/** Has the runtime bind the address. */
export const bindHere: ListenOn = (wanted, handlers) =>
  wanted.kind === 'unix' ? bindPath(wanted.path, handlers) : bindAddress(wanted.hostname, wanted.port, handlers);

/** Accepts on a socket that is there already. */
export function onGiven({ descriptor, address }: GivenSocket): ListenOn {
  return (_, handlers) => {
    try {
      return ok({ server: listenOnGiven(descriptor, handlers), address });
    } catch (error) {
      return err(`cannot listen on the socket that was given for ${formatAddress(address)}: ${codeOf(error)}`);
    }
  };
}

function bindPath(path: string, socket: AcceptHandlers): Result<ListeningSocket, string> {
  try {
    const listen = (): Server => Bun.listen<AcceptedConnection>({ unix: path, allowHalfOpen: true, socket });
    return ok({ server: withOwnerOnly(listen), address: { kind: 'unix', path } });
  } catch (error) {
    return err(describeSocketProblem(codeOf(error), path));
  }
}

const EVERY_HOST = ['::', '0.0.0.0'];

function bindAddress(wanted: string | null, port: number, socket: AcceptHandlers): Result<ListeningSocket, string> {
  let problem = '';
  for (const hostname of wanted === null ? EVERY_HOST : [wanted]) {
    try {
      const server = Bun.listen<AcceptedConnection>({ hostname, port, allowHalfOpen: true, socket });
      return ok({ server, address: { kind: 'tcp', hostname, port: server.port } });
    } catch (error) {
      problem = describeListenProblem(codeOf(error), hostname, port);
    }
  }
  return err(problem);
}

/** HOST:PORT or unix:PATH. */
export function formatAddress(address: BoundAddress): string {
  return address.kind === 'unix' ? `unix:${address.path}` : placeOf(address.hostname, address.port);
}

function codeOf(error: unknown): string {
  return errorCode(error) ?? String(error);
}
