// Makes the sockets that listeners accept on. The runtime binds them, unless somebody else has: whoever starts a listener says
// how its socket comes to be.
import { errorCode } from '../core/connect-failure.ts';
import type { BoundAddress, KernelSockets, WantedAddress } from '../core/kernel-sockets.ts';
import { type Result, err, ok } from '../core/result.ts';
import type { AcceptedConnection } from './contract.ts';
import { type GivenSocket, listenOnGiven } from './given-socket.ts';
import { describeListenProblem, describeSocketProblem, placeOf, whoHas } from './listen-problems.ts';
import { permit, withOwnerOnly } from './unix-socket.ts';

/** A socket that listens. */
export type ListeningSocket = { readonly server: Server; readonly address: BoundAddress };

type Server = Bun.SocketListener<AcceptedConnection | undefined>;

/** An accepted socket. Nobody owns it before it is let in, nor what is below a TLS socket. */
export type AcceptedSocket = Bun.Socket<AcceptedConnection | undefined>;

/** What accepted sockets tell of themselves. */
export type AcceptHandlers = Bun.SocketHandler<AcceptedConnection | undefined>;

/** Makes the socket of a listener; an error is one line for people. `kernel`: knows who has an address; null: not on this
 * system. */
export type ListenOn = (
  wanted: WantedAddress,
  handlers: AcceptHandlers,
  kernel: KernelSockets | null,
) => Result<ListeningSocket, string>;

/** Has the runtime bind the address. */
export const bindHere: ListenOn = (wanted, socket, kernel) => {
  return wanted.kind === 'unix' ? bindPath(wanted, socket, kernel) : bindAddress(wanted, socket, kernel);
};

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

type Tried = { readonly code: string; readonly address: BoundAddress };

function bindPath(
  { path, permissions }: WantedAddress & { readonly kind: 'unix' },
  socket: AcceptHandlers,
  kernel: KernelSockets | null,
): Result<ListeningSocket, string> {
  const address = { kind: 'unix', path } as const;
  try {
    const listen = (): Server =>
      Bun.listen<AcceptedConnection | undefined>({ unix: path, allowHalfOpen: true, socket });
    const server = withOwnerOnly(listen);
    const problem = permissions === undefined ? null : permit(path, permissions, kernel);
    if (problem === null) return ok({ server, address });
    server.stop(true);
    return err(problem);
  } catch (error) {
    return err(describeProblem({ code: codeOf(error), address }, kernel));
  }
}

const EVERY_HOST = ['::', '0.0.0.0'];

type WantedPort = WantedAddress & { readonly kind: 'tcp' };

function bindAddress(
  { hostname: wanted, port }: WantedPort,
  socket: AcceptHandlers,
  kernel: KernelSockets | null,
): Result<ListeningSocket, string> {
  const hosts = wanted === null ? EVERY_HOST : [wanted];
  let tried: Tried = { code: 'EINVAL', address: { kind: 'tcp', hostname: '', port } };
  for (const hostname of hosts) {
    try {
      const server = Bun.listen<AcceptedConnection | undefined>({ hostname, port, allowHalfOpen: true, socket });
      return ok({ server, address: { kind: 'tcp', hostname, port: server.port } });
    } catch (error) {
      tried = { code: codeOf(error), address: { kind: 'tcp', hostname, port } };
    }
  }
  return err(describeProblem(tried, kernel));
}

function describeProblem({ code, address }: Tried, kernel: KernelSockets | null): string {
  const who = whoHas(code, address, kernel);
  return address.kind === 'unix'
    ? describeSocketProblem(code, address.path, who)
    : describeListenProblem(code, address, who);
}

/** HOST:PORT or unix:PATH. */
export function formatAddress(address: BoundAddress): string {
  return address.kind === 'unix' ? `unix:${address.path}` : placeOf(address.hostname, address.port);
}

function codeOf(error: unknown): string {
  return errorCode(error) ?? String(error);
}
