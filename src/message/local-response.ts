// A response that the gateway makes itself: an error page, an answer of the admin API, a redirect.

/** Complete in memory. Its writer adds Content-Length and Connection, and a Date unless it has one. */
export type LocalResponse = {
  readonly status: number;
  /** Names are written as they stand here. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Uint8Array;
  /** Where its body is kept in content codings, by their names; absent: it goes out in the one that it has. */
  readonly coded?: CodedBodies;
  /** The status of a call of gRPC that it tells; absent: none. */
  readonly call?: number;
};

export interface CodedBodies {
  get(coding: string): Uint8Array | undefined;
  /** It may be that there is no room to keep it. */
  set(coding: string, body: Uint8Array): void;
}
