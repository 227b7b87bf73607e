// A response that the gateway makes itself: an error page, an answer of the admin API, a redirect.

/** Complete in memory, and small. Content-Length, Date and Connection are added when it is written. */
export type LocalResponse = {
  readonly status: number;
  /** Names as they are to appear on the wire. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Uint8Array;
};
