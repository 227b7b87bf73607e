// A case of the wire suite: the bytes that a client sends, and what must follow. Cases are data; `judge.ts` judges by them.
import type { Step } from '../support/recording-backend.ts';

/** One thing the client does. Text is latin1: one character for each byte. `{id}` becomes the case's own token. */
export type ClientStep = string | { readonly awaitStatus: number } | { readonly finish: 'fin' | 'reset' };

/** What the backend answers: raw bytes after the whole request, or a script. `echo` answers with what it received. */
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
  /** Exact request lines, any of which is right. */
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
  /** Interim statuses that come before it; without this, any may. */
  readonly interim?: readonly number[];
  /** Names and values of trailers; without this there must be none. */
  readonly trailers?: readonly string[];
};

export type Tunnel = { readonly send: string; readonly receive: string };

/** `silence`: the connection is closed without an answer. */
export type Refusal = number | 'silence';

export type Expectation =
  /** Answered with one of these, closed, and nothing reaches the backend; at most a head whose body never completes. */
  | { readonly kind: 'refused'; readonly status: readonly Refusal[]; readonly upstream: 'nothing' | 'incomplete' }
  /** Answered by the gateway itself in good order; nothing complete reaches the backend. */
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
      /** The answer came before the request was complete at the backend, whose connection is given up. */
      readonly isUnfinished?: true;
      /** What the client sends after 101, and all that it gets. */
      readonly tunnel?: Tunnel;
    }
  /** The backend's answer is no HTTP: the client gets one of these, the backend's connection is closed. */
  | { readonly kind: 'failed'; readonly status: readonly number[] }
  /** The client must be able to see that the response is not whole. */
  | { readonly kind: 'cut'; readonly status: readonly number[]; readonly bodyStart?: string }
  | { readonly kind: 'any'; readonly of: readonly Expectation[] };

export type WireCase = {
  readonly name: string;
  /** Where it comes from: RFC and section, or an advisory. */
  readonly source: string;
  /** What must hold, in a sentence. */
  readonly holds: string;
  readonly send: string | readonly ClientStep[];
  /** Methods of the requests in `send`, where a response cannot be read without them. */
  readonly methods?: readonly string[];
  readonly reply?: Reply;
  /** Replies by what the target ends in, for cases of more than one request. */
  readonly replies?: Readonly<Record<string, Reply>>;
  /** The gateway that trusts its peer's forwarding fields. */
  readonly listener?: 'trusting';
  /**
   * Played while nothing else is: the backend says more than it should on a connection that may be in use again by then,
   * where nobody could tell it from an answer.
   */
  readonly isAlone?: true;
  readonly expect: Expectation;
};

export type CaseFamily = {
  readonly name: string;
  /** Why the gateway stands where it stands on these, in a sentence. */
  readonly reason: string;
  readonly cases: readonly WireCase[];
};

/** Lines of a head, with their ends and the empty line. */
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

/** A chunked body of these chunks with its end. */
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

/** Declined without any doubt about where the request ends, so that the connection may stay. */
export function declined(...status: readonly number[]): Expectation {
  return { kind: 'answered', status };
}

/** Refused within the body: a head may have been forwarded, a complete request may not. */
export function refusedInBody(...status: readonly Refusal[]): Expectation {
  return { kind: 'refused', status, upstream: 'incomplete' };
}

/** Forwarded as this one request; answered 200 in good order. */
export function forwarded(request: RequestRule, response: ResponseRule = {}): Expectation {
  return { kind: 'forwarded', requests: [request], responses: [{ status: 200, ...response }], persists: true };
}

/** Several outcomes are right. */
export function anyOf(...of: readonly Expectation[]): Expectation {
  return { kind: 'any', of };
}
