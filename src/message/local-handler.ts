// A part of the gateway that answers requests itself, such as the admin API.
import type { LocalResponse } from './local-response.ts';
import type { RequestView } from './request-view.ts';

/** Answers without a promise where it can. Whoever wants the body asks for it within the call. */
export type LocalHandler = { handle(request: RequestView, body: LocalBody): LocalAnswer | Promise<LocalAnswer> };

export type LocalAnswer = LocalResponse | LocalStream;

/** The body of a request. */
export interface LocalBody {
  /** All of it; null: it is longer than that many bytes. Nobody is told of a body that does not come. */
  read(limit: number): Promise<Uint8Array | null>;
}

/** For requests that have none. */
export const NO_BODY: LocalBody = { read: () => Promise.resolve(new Uint8Array(0)) };

/** An answer that is made while it is sent. */
export type LocalStream = {
  /** Without those that tell of its length. */
  readonly headers: LocalResponse['headers'];
  /** Begins to send. Returns what ends it: it is called once, when the client has gone or the answer is complete. */
  readonly start: (receiver: StreamReceiver) => () => void;
};

export interface StreamReceiver {
  /** The client has taken what it was sent. */
  readonly hasRoom: boolean;
  /** False: the client does not take what it is sent. What is pushed is kept until it does. */
  push(text: string): boolean;
  /** The answer is complete. */
  end(): void;
}
