// What a gateway is started with.
import type { AdminAddress } from '../config/admin.ts';
import type { Certified } from '../certificates/contract.ts';
import type { Certificate } from '../core/certificate.ts';
import type { ListenAddress } from '../config/listen-address.ts';
import type { BoundAddress } from '../core/kernel-sockets.ts';
import type { Result } from '../core/result.ts';
import type { GivenSockets } from '../listen/given-sockets.ts';
import type { ListenOn } from '../listen/sockets.ts';
import type { AssembleOptions, Parts } from './assemble.ts';

export type GatewayOptions = AssembleOptions & {
  /** Where to listen, besides the listeners of the plan; port 0: one that the system chooses. */
  readonly address: ListenAddress | null;
  /** Where to listen while neither a plan nor `address` says where. Absent: nowhere. */
  readonly usualAddress?: ListenAddress | null;
  /** Where the admin API listens if the plan does not say. The gateway does without if it is taken. Absent: nowhere. */
  readonly usualAdminAddress?: AdminAddress;
  /** Sockets that somebody else has made. It must need all of them. */
  readonly given?: GivenSockets;
  /** Another process still serves, and decides: clients come in with `open`, operators with `takeOver`. Absent: there is none. */
  readonly isSuccessor?: boolean;
  /** Certificates of ACME that an earlier process has left, by their hosts. Absent: none. */
  readonly adopted?: ReadonlyMap<string, Certificate>;
  /** Another process decides. Absent: this one does. */
  readonly decided?: DecidedElsewhere;
  /** Called when all addresses are bound and all files are read, before anybody is let in. With an error nobody is. */
  readonly bound?: (admin: BoundAddress | null) => Result<void, string>;
};

/** The process that decides has read the certificates, tells people, and says when to listen. */
export type DecidedElsewhere = {
  readonly certified: Certified;
  readonly assemble: (options: AssembleOptions) => ServedParts;
  /** How listeners get the sockets that it has made. */
  readonly listenOn: ListenOn;
};

/** The parts of a gateway. `control` null: another process decides. */
export type ServedParts = Omit<Parts, 'control'> & { readonly control: Parts['control'] | null };
