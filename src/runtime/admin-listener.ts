// The address that the admin API has for itself.
import type { Entrance } from '../admin/access.ts';
import { type AdminAddress, isLocalAddress } from '../config/admin.ts';
import { type Result, err, ok } from '../core/result.ts';
import type { GivenSockets } from '../listen/given-sockets.ts';
import { Listener, type ListenOptions } from '../listen/listener.ts';
import type { BoundAddress } from '../core/kernel-sockets.ts';
import { removeStaleSocket } from '../listen/unix-socket.ts';
import type { Parts } from './assemble.ts';

export type AdminListener = {
  readonly listener: Listener;
  /** Where it listens. */
  readonly served: BoundAddress;
};

// Operators are few; each that follows events has a connection. The limits for clients do not apply, so that operators get
// in while the gateway is full.
const CONNECTIONS = 256;

/** Binds the address, and lets nobody in yet. Null: there is none. The error is one line for people. */
export async function bindAdmin(
  address: AdminAddress,
  rules: ListenOptions['rules'],
  parts: Pick<Parts, 'adminListening'> & { readonly given?: GivenSockets | undefined },
): Promise<Result<AdminListener | null, string>> {
  if (address.kind === 'none') return ok(null);
  const own = { ...rules, connections: CONNECTIONS, connectionsPerClient: Number.POSITIVE_INFINITY };
  const options: ListenOptions = {
    address,
    certificates: null,
    proxyProtocol: 'off',
    rules: own,
    share: 'operators',
  };
  const listener = new Listener(options, parts.adminListening(entranceOf(address)));
  if (address.kind === 'unix') await removeStaleSocket(address.path);
  const bound = listener.bind(parts.given?.listenOn);
  return bound.ok ? ok({ listener, served: bound.value }) : err(bound.error.replace('--addr', 'admin.address'));
}

function entranceOf(address: AdminAddress): Entrance {
  if (address.kind === 'unix') return { kind: 'own', trusts: 'everybody', hostname: null };
  const hostname = address.kind === 'tcp' ? address.hostname : null;
  return { kind: 'own', trusts: isLocalAddress(address) ? 'this machine' : 'tokens', hostname };
}
