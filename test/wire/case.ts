// A case of the wire suite: what a client sends, and what must follow. Cases are data; `judge.ts` judges by them.
import type { Step } from '../support/recording-backend.ts';

/** One thing the client does. Text is latin1: one character for each byte. `{id}` becomes the case's own token. */
export type ClientStep = string | { readonly awaitStatus: number } | { readonly finish: 'fin' | 'reset' };

/** What the backend answers: raw bytes after the whole request, or a script. */
export type Reply = string | { readonly when?: 'head' | 'request'; readonly steps: readonly Step[] };

/** What must hold of a field: its one value, all its values in order, absence (null), or something weaker. */
export type FieldRule =
  | string
  | null
  | readonly string[]
  | { readonly oneOf: readonly (string | null)[] }
  | { readonly matches: RegExp }
  | { readonly without: string };

export type FieldRules = Readonly<Record<string, FieldRule>>;

export type RequestRule = {
  /** The request line; of several, any is right. */
  readonly line?: string | readonly string[] | RegExp;
  readonly fields?: FieldRules;
  readonly body?: string;
  /** Names and values of trailers; without this there must be none. */
  readonly trailers?: readonly string[];
};

export type ResponseRule = {
  readonly status?: number | readonly number[];
  readonly fields?: FieldRules;
  readonly body?: string;
  /** The interim statuses before the response; without this, any may come. */
  readonly interim?: readonly number[];
  /** Names and values of trailers; without this there must be none. */
  readonly trailers?: readonly string[];
};

export type Tunnel = { readonly send: string; readonly receive: string };

/** `silence`: the connection is closed without an answer. */
export type Refusal = number | 'silence';

export type Expectation =
  /** Answered with one of these, and closed. The backend receives nothing, or at most a head whose body never completes. */
  | { readonly kind: 'refused'; readonly status: readonly Refusal[]; readonly upstream: 'nothing' | 'incomplete' }
  /** The gateway itself answers, with a complete response; the backend receives no complete request. */
  | {
      readonly kind: 'answered';
      readonly status: readonly number[];
      readonly upstream?: 'nothing' | 'incomplete';
      readonly fields?: FieldRules;
      readonly body?: string;
      readonly persists?: boolean;
    }
  | {
      readonly kind: 'forwarded';
      readonly requests: readonly RequestRule[];
      readonly responses: readonly ResponseRule[];
      /** Whether a further request is answered on the client's connection; without this, either is right. */
      readonly persists?: boolean;
      /** `closed`: the gateway must not use the backend's connection again. */
      readonly backend?: 'closed';
      /** The backend answers before its request is complete, and the gateway closes the connection to it. */
      readonly isUnfinished?: true;
      /** What the client sends after 101, and all that it gets. */
      readonly tunnel?: Tunnel;
    }
  /** The backend's answer is not valid: the client gets one of these, and the backend's connection is closed. */
  | { readonly kind: 'failed'; readonly status: readonly number[] }
  /** The client must be able to see that the response is incomplete. */
  | { readonly kind: 'cut'; readonly status: readonly number[]; readonly bodyStart?: string }
  | { readonly kind: 'any'; readonly of: readonly Expectation[] };

export type WireCase = {
  readonly name: string;
  /** The source of the rule: RFC and section, or an advisory. */
  readonly source: string;
  /** What must hold, in a sentence. */
  readonly holds: string;
  readonly send: string | readonly ClientStep[];
  /** Methods of the requests in `send`, where a response cannot be read without them. */
  readonly methods?: readonly string[];
  readonly reply?: Reply;
  /** Replies by what the target ends in, for cases of more than one request. */
  readonly replies?: Readonly<Record<string, Reply>>;
  /** The case is sent to the gateway that trusts its peer's forwarding fields, or to the listener with `half_close`. */
  readonly listener?: 'trusting' | 'half_close';
  /**
   * No other case is played at the same time: the backend sends more than it should on a connection that may be in use
   * again by then, where the gateway could not tell the rest from an answer.
   */
  readonly isAlone?: true;
  readonly expect: Expectation;
};

export type CaseFamily = {
  readonly name: string;
  /** Why the gateway handles these cases as it does. */
  readonly reason: string;
  readonly cases: readonly WireCase[];
};

/** A head of these lines, with line ends and the empty line. */
export function head(...lines: readonly string[]): string {
  return `${lines.join('\r\n')}\r\n\r\n`;
}

/** A GET for the case's own path with these further field lines. */
export function get(...fields: readonly string[]): string {
  return head('GET /{id} HTTP/1.1', 'Host: all.test', ...fields);
}

/** The head of a POST for the case's own path with these further field lines. */
export function post(...fields: readonly string[]): string {
  return head('POST /{id} HTTP/1.1', 'Host: all.test', ...fields);
}

/** A chunked body of these chunks, with the last chunk. */
export function chunked(...chunks: readonly string[]): string {
  return `${chunks.map((chunk) => `${chunk.length.toString(16)}\r\n${chunk}\r\n`).join('')}0\r\n\r\n`;
}

/** A complete answer with this body. */
export function ok(body: string, ...fields: readonly string[]): string {
  return head('HTTP/1.1 200 OK', `Content-Length: ${body.length}`, ...fields) + body;
}

/** Refused before anything is forwarded, and closed. */
export function refused(...status: readonly Refusal[]): Expectation {
  return { kind: 'refused', status, upstream: 'nothing' };
}

/** Declined by the gateway. It is clear where the request ends, so the connection may persist. */
export function declined(...status: readonly number[]): Expectation {
  return { kind: 'answered', status };
}

/** Refused within the body: a head may have been forwarded, a complete request may not. */
export function refusedInBody(...status: readonly Refusal[]): Expectation {
  return { kind: 'refused', status, upstream: 'incomplete' };
}

/** Forwarded as this one request, and answered 200; the connection persists. */
export function forwarded(request: RequestRule, response: ResponseRule = {}): Expectation {
  return { kind: 'forwarded', requests: [request], responses: [{ status: 200, ...response }], persists: true };
}

/** Several outcomes are right. */
export function anyOf(...of: readonly Expectation[]): Expectation {
  return { kind: 'any', of };
}
