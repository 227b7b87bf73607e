// A question to a web server outside, such as a certificate authority, and its answer.

/** One request. */
export type WebRequest = {
  readonly url: string;
  readonly method: 'GET' | 'HEAD' | 'POST';
  readonly fields: Readonly<Record<string, string>>;
  readonly body: string | null;
  readonly signal: AbortSignal;
};

export type WebAnswer = {
  readonly status: number;
  /** Null: there is no such field. */
  field(name: string): string | null;
  readonly text: string;
};
