// The contract of policies. A policy is a configured step on the way of a tenant's requests and responses. It reads heads as
// bytes and offsets, decides what happens next, changes heads by edits, and may put a stage in the way of a response's body.
import type { z } from 'zod';
import type { Failure, FailureCode } from '../core/failure.ts';
import type { Millis } from '../core/units.ts';
import type { ClientFacts, Moved } from '../message/contract.ts';
import type { Edit, Edits } from '../message/edits.ts';
import type { Head } from '../message/head.ts';
import type { LocalResponse } from '../message/local-response.ts';
import type { OpenStage } from './stage.ts';
import type { PolicyTools } from './tools.ts';

/** What a policy decides. `continue`: the next policy is asked. `respond`: the client gets this answer. `refuse`: the client
 * gets the answer that belongs to the failure; `retryAfter` says when asking again may help, null says nothing of it. */
export type Verdict =
  | { readonly kind: 'continue' }
  | { readonly kind: 'respond'; readonly response: LocalResponse }
  | { readonly kind: 'refuse'; readonly failure: Failure; readonly retryAfter: Millis | null };

/** The policy has no objection. */
export const CONTINUE: Verdict = { kind: 'continue' };

/** Who the client is, as a policy has found out by what the client has shown. */
export type Consumer = {
  readonly id: string;
  readonly groups: readonly string[];
  /** What else is known of it, such as the claims of a token. */
  readonly claims: Readonly<Record<string, unknown>>;
};

/** A body that was read to its end, without framing; or why it was not. */
export type ReadBody =
  | { readonly kind: 'whole'; readonly bytes: Uint8Array }
  /** It is longer than the limit. What has come of it goes on as usual. */
  | { readonly kind: 'too_large' };

/** A request as its policies see it. A policy may use it during the call, and until a promised verdict is there. After the
 * end of the exchange it has no fields, and edits that are added have no effect. */
export interface PolicyRequest {
  /** The head that the client has sent. Edits do not change it. */
  readonly head: Head;
  readonly client: ClientFacts;
  /** These are made into texts anew whenever they are read. */
  readonly method: string;
  /** Lower-case, without port. */
  readonly host: string;
  /** The whole path in its normal form, by which the request was routed. Decisions about a path use this form. */
  readonly path: string;
  /** With its `?`; empty for none. */
  readonly query: string;
  /** As the log has it. */
  readonly id: string;
  /** The client wants to change the protocol, as for a WebSocket. */
  readonly isUpgrade: boolean;
  /** The gateway is overloaded, or the tenant has as much memory as it may: what is only nice to have is left out. */
  readonly isSparing: boolean;
  /** The values of all fields of that name (lower-case), as one list; null: there is no such field. Each call makes a
   * string. */
  field(name: string): string | null;
  /** Changes of the head that goes to a backend. Only the request step comes early enough for them. */
  readonly requestEdits: Edits<'request'>;
  /** Changes of the head that goes to the client, from a backend or from the gateway itself. */
  readonly responseEdits: Edits<'response'>;
  /** Null: no policy has found out. Later policies, the record and the log get it. */
  consumer: Consumer | null;
  /** Path and query as the backend will get them, without its base path: less the prefix that is not passed on, and as policies
   * before have rewritten them. */
  readonly target: string;
  /** How the paths of `target` differ from those of the client. */
  readonly moved: Moved;
  /** Has the backend get another path and query. `target` begins with a slash. `moved`: how its paths differ from then on;
   * absent: as before. Throws where a request must not have that target. */
  rewrite(target: string, moved?: Moved): void;
  /** Has the backend get another Host. */
  rewriteHost(host: string): void;
  /** The Host that the backend gets by it; null: none was set. */
  readonly sentHost: string | null;
  /** The pool of the tenant that it goes to, as things stand; `default` is the one of the tenant's own services. Null: none. */
  readonly pool: string | null;
  /** Sends the request to another pool of the tenant. `orElse`: where it goes if that pool has no backend for it, or fails it so
   * that it may be sent again. False: the tenant has no pool of one of these names, and nothing has changed. */
  usePool(name: string, orElse?: string): boolean;
  /** Sends the request, as it goes on now, to another pool as well. Nobody waits for that, and its answer is thrown away. Only from
   * `requestEnd` of a follower on is all of it known. */
  copyTo(order: CopyOrder): void;
  /** Reads the body to its end before the request goes on; it goes on whole. `limit`: in bytes. Within the request step only. */
  readBody(limit: number): Promise<ReadBody>;
  /** Has what was read by `readBody` go on as this, in place of what the client has sent. Within the request step only. */
  replaceBody(bytes: Uint8Array): void;
  /** Has the backend send trailers, which a stage takes: the client takes none. */
  askForTrailers(): void;
  /** Has a body end the request that is longer, or comes more slowly. Of several bounds, the strictest counts. */
  boundBody(bounds: BodyBounds): void;
  /** Has this one follow the exchange from here on, at the place of the policy that asks for it. Within the request step only.
   * A policy that keeps something for a request does so by a follower. What it gets ends a WebSocket that has come of the
   * request, as when the gateway goes away (1001), and does nothing else. */
  follow(follower: Follower): EndTunnel;
  /** Sends a copy of this request on from here, for whose answer nobody waits: the policies after this one are asked about it,
   * then a backend, and they about the answer. `begin` may change and follow the copy, as in its request step. Null: the request
   * has a body, or is over. Within the request step only. */
  repeat(begin: (copy: PolicyRequest) => void): BreakOff | null;
}

/** Breaks the copy of a request off. */
export type BreakOff = () => void;

/** What the body of a request may be. */
export type BodyBounds = {
  /** In bytes; Infinity: any. */
  readonly most: number;
  /** Bytes per second on average, after the first 5 s; 0: none. */
  readonly leastRate: number;
};

/** Ends the tunnel of one exchange. */
export type EndTunnel = () => void;

/** A copy of a request. */
export type CopyOrder = {
  /** A pool of the tenant. */
  readonly pool: string;
  /** As `requestBody` has told it. */
  readonly body: Uint8Array;
  /** Besides those of the request itself. */
  readonly edits: readonly Edit<'request'>[];
  /** For all of it. */
  readonly timeout: Millis;
  /** Called once, at once or later. */
  readonly ended: (outcome: CopyOutcome) => void;
};

/** `unsent`: the pool has no backend that is free, or the gateway has enough to do with requests that somebody waits for. */
export type CopyOutcome = 'answered' | 'failed' | 'unsent';

/** An answer on its way to the client, as policies see it. A policy may use it during the call, and until a promised verdict is
 * there. Later it has no fields. */
export interface PolicyResponse {
  readonly status: number;
  /** The values of all fields of that name (lower-case), as one list; null: there is no such field. */
  field(name: string): string | null;
  /** Of a backend's answer; null: the gateway itself answers. */
  readonly head: Head | null;
  /** The gateway's own answer; null: a backend has answered. */
  readonly local: LocalResponse | null;
  /** What that answer tells of; null: no failure. */
  readonly failure: Failure | null;
}

/** How an exchange has ended. */
export type ExchangeEnd = {
  /** 0: no response has begun. */
  readonly status: number;
  /** Null: the client has got its answer. */
  readonly failure: FailureCode | null;
};

/** What is asked about one exchange. */
export interface Follower {
  /** Asked when there is an answer for the client, from a backend or from the gateway itself, before anything of it goes out;
   * not when the protocol changes (101). `respond` puts another answer in its place, about which the policies further out are
   * asked. */
  response?(request: PolicyRequest, response: PolicyResponse): Verdict | Promise<Verdict>;
  /** Asked after all response steps: the stage that the body of a backend's answer with that head goes through; null: none. */
  stage?(request: PolicyRequest, head: Head): OpenStage | null;
  /** Its stages pass the body on as they take it, so that its length stays what it is. */
  readonly keepsBody?: boolean;
  /** Hears a piece of the request's body as it goes on to the backend: `framed`, as its head says (message/contract.ts). The
   * bytes may be kept. */
  requestBody?(bytes: Uint8Array, start: number, end: number): void;
  /** The request is complete, and goes to a backend or has gone. Not called for one that no backend is asked about. */
  requestEnd?(): void;
  /** The protocol has changed (101): from here on bytes pass both ways. */
  tunnelBegins?(): void;
  /** Called once, whatever happens, also for an exchange whose client has gone; after a change of protocol when the connection
   * ends. It must not throw. */
  end?(end: ExchangeEnd): void;
}

/** One policy of one tenant or route. It is asked in the steps that it has a method for: about answers only if it was, or would
 * have been, asked about the request. */
export interface Policy extends Pick<Follower, 'response' | 'stage' | 'keepsBody'> {
  /** Says to which pool it would send this request, and why, in words for people; null: it leaves the pool as it is. It changes
   * nothing. */
  explainPool?(request: PolicyRequest): ExplainedPool | null;
  /** Asked before a backend is chosen and before the body is read. */
  request?(request: PolicyRequest): Verdict | Promise<Verdict>;
  /** Asked after all response steps about an answer of the gateway's own whose body is kept in codings (`coded`): what the client
   * gets in its place. */
  kept?(request: PolicyRequest, response: LocalResponse): LocalResponse;
  /** Forgets answers of backends that it keeps, in all processes at once. Absent: it keeps none. */
  purge?(what: Purge): void;
  /** What operators may turn on and off while the gateway runs. */
  readonly switch?: PolicySwitch;
  /** No plan has it any more, and the last of its exchanges may still be under way. */
  close?(): void;
}

/** Which answers. */
export type Purge =
  | { readonly kind: 'all' }
  /** Of that place with all its queries, or with that one (with its `?`). The host is in lower case, the path in its normal form. */
  | { readonly kind: 'url'; readonly host: string; readonly path: string; readonly query: string | null }
  /** A backend has given them that tag. */
  | { readonly kind: 'tag'; readonly tag: string };

/** In all processes, by a word of the policy. */
export interface PolicySwitch {
  readonly isOn: boolean;
  /** What an operator has decided; null: nothing, so that the configuration says. */
  readonly decided: boolean | null;
  turn(on: boolean | null): void;
}

export type ExplainedPool = { readonly pool: string; readonly why: string };

/** One entry of the registry. */
export type PolicyKind<Options> = {
  /** Its key in a configuration, and its name in records and logs. */
  readonly type: string;
  /** One sentence for the reference. */
  readonly summary: string;
  readonly options: z.ZodType<Options> & z.ZodObject;
  /** How many words it needs. */
  words(options: Options): number;
  /** It does not depend on the tenant and keeps nothing between requests, so tenants with the same options share one. */
  readonly isShared: boolean;
  /** It keeps requests out. Where a path may be read in two ways, and it is for only one of them, the request is refused. */
  readonly keepsOut?: true;
  /** What of the options its counts belong to: a policy whose other options change goes on counting. Absent: all of them. */
  countsBy?(options: Options): unknown;
  /** Fields by which it tells backends who the client is, in lower case. What clients send by these names, in any spelling, goes
   * to no backend, whatever the policy decides. */
  identityFields?(options: Options): readonly string[];
  /** Names of pools that it may send requests to, so that a wrong one is found before anybody asks. Absent: to none. */
  pools?(options: Options): readonly string[];
  create(options: Options, tools: PolicyTools): Policy;
};
