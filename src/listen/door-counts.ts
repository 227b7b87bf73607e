// What became of the connections that came to a listener. Counted for each connection, never for each request.

/** Since the start. The gateway did not keep the connections of any line but the first. */
export class DoorCounts {
  accepted = 0;
  /** Reset by the client before they were accepted. */
  reset = 0;
  /** Beyond `limits.connections`. */
  beyondConnections = 0;
  /** They would have left too few descriptors for backends. */
  beyondDescriptors = 0;
  /** Beyond `limits.connections_per_client`. */
  beyondClient = 0;
  /** Beyond `limits.handshakes`. */
  beyondHandshakes = 0;
  /** Their handshake was not over within `timeouts.handshake`. */
  handshakesLate = 0;
  /** Their handshake failed. */
  handshakesFailed = 0;
  /** Ended because their client went beyond one of `limits.h2_*`. */
  beyondH2 = 0;
}

/** A listener at present. */
export type DoorReport = {
  /** HOST:PORT. */
  readonly address: string;
  readonly open: number;
  /** Of these, how many have not finished their TLS handshake. */
  readonly handshaking: number;
  readonly counts: Readonly<DoorCounts>;
  /** What it is kept to; null: nothing. */
  readonly limits: {
    /** Open at a time, in all processes, and of these from one address. */
    readonly connections: number | null;
    readonly connectionsPerClient: number | null;
    /** Under way at a time in one process. */
    readonly handshakes: number | null;
  };
};

export interface ReportingDoor {
  readonly report: DoorReport;
}
