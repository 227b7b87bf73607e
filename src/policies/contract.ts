// The contract of policies. A policy is a configured step on the way of a tenant's requests and responses. It reads heads as
// bytes and offsets, decides what happens next, changes heads by edits, and may put a stage in the way of a response's body.
import type { z } from 'zod';
import type { Failure } from '../core/failure.ts';
import type { Millis } from '../core/units.ts';
import type { ClientFacts } from '../message/contract.ts';
import type { Edits } from '../message/edits.ts';
import type { Head } from '../message/head.ts';
import type { LocalResponse } from '../message/local-response.ts';

/** What a policy decides. `continue`: the next policy is asked. `respond`: the client gets this answer. `refuse`: the client
 * gets the answer that belongs to the failure; `retryAfter` says when asking again may help, null says nothing of it. */
export type Verdict =
  | { readonly kind: 'continue' }
  | { readonly kind: 'respond'; readonly response: LocalResponse }
  | { readonly kind: 'refuse'; readonly failure: Failure; readonly retryAfter: Millis | null };

/** The policy has no objection. */
export const CONTINUE: Verdict = { kind: 'continue' };

/** A request as its policies see it. A policy may use it during the call, and until a promised verdict is there. After the
 * end of the exchange it has no fields, and edits that are added have no effect. */
export interface PolicyRequest {
  /** The head that the client has sent. Edits do not change it. */
  readonly head: Head;
  readonly client: ClientFacts;
  /** The values of all fields of that name (lower-case), as one list; null: there is no such field. Each call makes a
   * string. */
  field(name: string): string | null;
  /** Changes of the head that goes to a backend. Only the request step comes early enough for them. */
  readonly requestEdits: Edits<'request'>;
  /** Changes of the head that goes to the client, from a backend or from the gateway itself. */
  readonly responseEdits: Edits<'response'>;
}

/** A backend's response as policies see it. A policy may use it during the call, and until a promised verdict is there.
 * Later it has no fields. */
export interface PolicyResponse {
  readonly head: Head;
  field(name: string): string | null;
}

/** One policy of one tenant. It is asked in the steps that it has a method for. */
export interface Policy {
  /** Asked before a backend is chosen and before the body is read. */
  request?(request: PolicyRequest): Verdict | Promise<Verdict>;
  /** Asked when a backend has answered, before anything of the answer goes to the client; not when the protocol changes
   * (101). */
  response?(request: PolicyRequest, response: PolicyResponse): Verdict | Promise<Verdict>;
  /** Asked after all response steps: the stage that the body goes through; null: none. */
  stage?(request: PolicyRequest, response: PolicyResponse): OpenStage | null;
}

/** Opens a stage, which may give payload to `output` at once. */
export type OpenStage = (output: StageOutput) => BodyStage;

/** Takes the payload of a body, and gives the payload of another one to its output. */
export interface BodyStage {
  /** Takes a slice, which the stage may keep. False: send no more until `drained`. */
  write(bytes: Uint8Array, start: number, end: number): boolean;
  /** The body is complete. */
  end(): void;
  /** The receiver of its output has room again. */
  resume(): void;
  /** The output is not needed any more. The stage must not call it again. */
  destroy(): void;
}

/** Receives what a stage makes. */
export interface StageOutput {
  /** A slice, which the receiver may keep. False: give no more until `resume`. */
  produced(bytes: Uint8Array, start: number, end: number): boolean;
  /** The stage has room again, after a `write` that returned false. */
  drained(): void;
  /** The stage has given everything. */
  ended(): void;
  failed(cause: Error): void;
}

/** What a policy is made with. */
export type PolicyTools = {
  /** Its name. */
  readonly tenant: string;
  readonly words: PolicyWords;
  /** Monotonic. */
  readonly now: () => Millis;
  /** In [0, 1). */
  readonly random: () => number;
};

/** Numbers of 32 bits, at first 0. All processes that serve the tenant use the same ones. */
export interface PolicyWords {
  get(word: number): number;
  set(word: number, value: number): void;
  /** Returns the sum. */
  add(word: number, by: number): number;
  /** True: it was `expected`, and is `value` now. */
  swap(word: number, expected: number, value: number): boolean;
}

/** The order in which the policies of a tenant are asked. */
export const PLACES = ['admit', 'authenticate', 'change', 'answer', 'observe'] as const;

/** One entry of the registry. */
export type PolicyKind<Options> = {
  /** Its name in plans, records and logs. */
  readonly type: string;
  /** One sentence for the reference. */
  readonly summary: string;
  readonly place: (typeof PLACES)[number];
  readonly options: z.ZodType<Options> & z.ZodObject;
  /** How many words it needs. */
  readonly words: number;
  /** It does not depend on the tenant and keeps nothing between requests, so tenants with the same options share one. */
  readonly isShared: boolean;
  create(options: Options, tools: PolicyTools): Policy;
};

/** A policy as a plan has it: data. */
export type PolicyPlan = { readonly type: string; readonly options: unknown };
