// Listening sockets as descriptors, which several processes may hold and hand on. The runtime makes its own and shows none of
// it; `world/` makes the system's calls.
import type { Result } from './result.ts';

/** Where a socket is bound. */
export type BoundAddress =
  | { readonly kind: 'tcp'; readonly hostname: string; readonly port: number }
  | { readonly kind: 'unix'; readonly path: string };

/** Where a socket is to be bound. `hostname` null: every address, IPv4 and IPv6. */
export type WantedAddress =
  | { readonly kind: 'tcp'; readonly hostname: string | null; readonly port: number }
  | {
      readonly kind: 'unix';
      readonly path: string;
      /** Absent: only the user of the process may use it. */
      readonly permissions?: SocketPermissions;
    };

/** Who may use a Unix socket. */
export type SocketPermissions = {
  /** As chmod(2) has it. */
  readonly mode: number;
  /** Whose the file is, by its name or number; null: that of the process. */
  readonly group: string | null;
};

/** A socket that listens, for a process that is to have it as well. `wanted`: what it was bound for. */
export type HandedSocket = {
  readonly wanted: WantedAddress;
  readonly address: BoundAddress;
  readonly descriptor: Descriptor;
};

/** Why a call failed, as the system says it: EADDRINUSE and the like. */
export type ErrorCode = string;

/** The number of an open descriptor. */
export type Descriptor = number;

/** A process that listens on an address. */
export type Holder = { readonly name: string; readonly pid: number };

export interface KernelSockets {
  /** Makes a socket that listens. `alone`: it fails if any other is bound to the address; `shared`: it joins those of this
   * user that are shared, and the system spreads connections over all of them. */
  listen(address: WantedAddress, sharing: 'alone' | 'shared'): Result<Descriptor, ErrorCode>;
  /** From here on others of this user may join it. */
  share(socket: Descriptor): void;
  /** Null: it is no socket. */
  addressOf(socket: Descriptor): BoundAddress | null;
  isListening(socket: Descriptor): boolean;
  /** Whether others may be bound to its address. */
  isShared(socket: Descriptor): boolean;
  /** Whether a connection waits to be accepted. */
  hasWaiting(socket: Descriptor): boolean;
  /** Lets no new client in, for all descriptors of the socket; those that wait already can still be accepted. */
  turnAway(socket: Descriptor): void;
  /** Lets clients in again. */
  letIn(socket: Descriptor): void;
  /** The same socket under another number; it stays open until the last of them is closed. */
  duplicate(socket: Descriptor): Result<Descriptor, ErrorCode>;
  close(socket: Descriptor): void;
  /** Programs that are started do not get this descriptor. */
  keepFromPrograms(socket: Descriptor): void;
  /** The number of a group; null: this machine has none of that name. */
  groupNumber(name: string): number | null;
  /** Who listens on an address, or on one that excludes it. Null: nobody, or a process that this one may not look into. */
  holderOf(address: WantedAddress): Holder | null;
}
