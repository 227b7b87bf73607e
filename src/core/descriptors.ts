// File descriptors: every socket takes one, and the system gives a process only so many. The runtime has no calls for them;
// `world/` makes the system's.

/** Keeps a listening socket from accepting; clients wait in the kernel meanwhile. */
export interface AcceptGate {
  close(): void;
  open(): void;
}

export interface Descriptors {
  /** How many this process may have open, by the latest `next`; Infinity: the system does not tell. */
  readonly limit: number;
  /** The number of an open socket; null: the system does not tell. */
  numberOf(socket: object): number | null;
  /** The number that the next one will have; null: none is left. */
  next(): number | null;
  /** Null: this system has none. */
  gateOf(listener: object): AcceptGate | null;
  /** Lets more clients wait to be accepted than the runtime does. */
  deepenQueue(listener: object): void;
}

/** Each is the lowest number that its kind of socket may not have. A process always gets its lowest free number. So whoever
 * may not have a number from a ceiling on leaves at least those above it to the others, and nothing has to be counted. */
export type Ceilings = {
  /** Connections from clients: one half, so that there is another descriptor for the request that each may have at a
   * backend. */
  readonly clients: number;
  /** Connections to backends. */
  readonly backends: number;
  /** Connections to the admin API at its own address. What is above is for probes, and for what the runtime opens itself:
   * files, pipes, names. */
  readonly operators: number;
};

const FEWEST_KEPT = 8;
const MOST_KEPT = 64;

export function ceilingsOf(limit: number): Ceilings {
  if (limit === Number.POSITIVE_INFINITY) return { clients: limit, backends: limit, operators: limit };
  const kept = Math.max(FEWEST_KEPT, Math.min(MOST_KEPT, Math.floor(limit / 16)));
  return { clients: Math.floor(limit / 2), backends: limit - kept, operators: limit - Math.floor(kept / 2) };
}
