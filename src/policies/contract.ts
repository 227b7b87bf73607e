// What a policy is: a configured step on the way of a tenant's requests and their responses. It sees heads as bytes and
// offsets, says what is to happen, and changes heads by edits; a body passes through a stage only where a policy has one.
import type { z } from 'zod';
import type { Failure } from '../core/failure.ts';
import type { Millis } from '../core/units.ts';
import type { ClientFacts } from '../message/contract.ts';
import type { Edits } from '../message/edits.ts';
import type { Head } from '../message/head.ts';
import type { LocalResponse } from '../message/local-response.ts';

/** What a policy says. `respond`: this is the answer. `refuse`: the answer is made of the failure, as any other is;
 * `retryAfter`: when it is worth asking again, null for no word on it. */
export type Verdict =
  | { readonly kind: 'continue' }
  | { readonly kind: 'respond'; readonly response: LocalResponse }
  | { readonly kind: 'refuse'; readonly failure: Failure; readonly retryAfter: Millis | null };

/** The verdict of those who have nothing against it. */
export const CONTINUE: Verdict = { kind: 'continue' };

/** A request, as its policies see it. It may be kept as long as a promise of a verdict is out; once its exchange is over it
 * has no fields, and nothing happens to its edits. */
export interface PolicyRequest {
  /** As it came from the client: edits do not change it. */
  readonly head: Head;
  readonly client: ClientFacts;
  /** All values of that name (lower-case) as one list; null: there is none. Makes a string each time. */
  field(name: string): string | null;
  /** Of the head that goes to a backend: in the request step. */
  readonly requestEdits: Edits<'request'>;
  /** Of the head that goes to the client, whoever has answered. */
  readonly responseEdits: Edits<'response'>;
}

/** The response of a backend, as policies see it: during the call, and as long as a promise of a verdict is out. Later it
 * has no fields. */
export interface PolicyResponse {
  readonly head: Head;
  field(name: string): string | null;
}

/** One policy of one tenant. It takes part in the steps that it has. */
export interface Policy {
  /** Before a backend is chosen, and before the body is read. */
  request?(request: PolicyRequest): Verdict | Promise<Verdict>;
  /** When a backend has answered, and before anything of it goes to the client. Not when the protocol changes. */
  response?(request: PolicyRequest, response: PolicyResponse): Verdict | Promise<Verdict>;
  /** After all response steps: what the body goes through; null: nothing. */
  stage?(request: PolicyRequest, response: PolicyResponse): OpenStage | null;
}

/** Opens a stage. It may hand over payload from within the call on. */
export type OpenStage = (output: StageOutput) => BodyStage;

/** A step that a body goes through, payload in and payload out. */
export interface BodyStage {
  /** Takes a slice, and keeps it. False: no more until `drained`. */
  write(bytes: Uint8Array, start: number, end: number): boolean;
  /** The body is complete. */
  end(): void;
  /** Whoever takes its output has room again. */
  resume(): void;
  /** Nobody wants its output any more: it is silent from here on. */
  destroy(): void;
}

/** Where a stage leads to. */
export interface StageOutput {
  /** A slice; it may be kept. False: no more until `resume`. */
  produced(bytes: Uint8Array, start: number, end: number): boolean;
  /** There is room again, after a `write` that returned false. */
  drained(): void;
  /** Everything has been handed over. */
  ended(): void;
  failed(cause: Error): void;
}

/** What a policy is made with. */
export type PolicyTools = {
  /** Whose policy it is. */
  readonly tenant: string;
  readonly words: PolicyWords;
  /** Monotonic. */
  readonly now: () => Millis;
  /** In [0, 1). */
  readonly random: () => number;
};

/** Numbers of 32 bits that begin with 0. Every process that serves the tenant counts in the same ones. */
export interface PolicyWords {
  get(word: number): number;
  set(word: number, value: number): void;
  /** Returns the sum. */
  add(word: number, by: number): number;
  /** True: it was `expected`, and is `value` now. */
  swap(word: number, expected: number, value: number): boolean;
}

/** Where a policy stands among the others of its tenant, in this order. */
export const PLACES = ['admit', 'authenticate', 'change', 'answer', 'observe'] as const;

/** One entry of the registry. */
export type PolicyKind<Options> = {
  /** Its name in plans, records and logs. */
  readonly type: string;
  /** One sentence for the reference. */
  readonly summary: string;
  readonly place: (typeof PLACES)[number];
  readonly options: z.ZodType<Options> & z.ZodObject;
  /** How many words it counts in. */
  readonly words: number;
  /** It knows nothing of its tenant, and keeps nothing: tenants with the same options share one. */
  readonly isShared: boolean;
  create(options: Options, tools: PolicyTools): Policy;
};

/** A policy as a plan has it: data. */
export type PolicyPlan = { readonly type: string; readonly options: unknown };
