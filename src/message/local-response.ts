// A response that the gateway makes itself: an error page, an answer of the admin API, a redirect.

/** Small, and complete in memory. Its writer adds Content-Length, Date and Connection. */
export type LocalResponse = {
  readonly status: number;
  /** Names are written as they stand here. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Uint8Array;
};
