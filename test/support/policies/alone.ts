// A policy that is asked about one request and its answer, without an exchange.
import { EMPTY, latin1 } from '../../../src/message/bytes.ts';
import { Answered } from '../../../src/forward/answered.ts';
import type { Failure } from '../../../src/core/failure.ts';
import type { ClientFacts } from '../../../src/message/contract.ts';
import type { Direction, Edits } from '../../../src/message/edits.ts';
import type { Head } from '../../../src/message/head.ts';
import type { LocalResponse } from '../../../src/message/local-response.ts';
import type { Policy, PolicyKind, PolicyResponse, Verdict } from '../../../src/policies/contract.ts';
import type { PolicyTools } from '../../../src/policies/tools.ts';
import { requestHead, responseHead } from '../heads.ts';
import { type RequestOfPolicy, policyRequest } from '../policy-request.ts';
import { policyTools } from './tools.ts';

/** A policy with options as a configuration has them. Throws if they are refused. */
export function policyOf<Options>(
  kind: PolicyKind<Options>,
  options: object,
  tools: PolicyTools = policyTools(),
): Policy {
  return kind.create(kind.options.parse(options), tools);
}

/** Why options are refused: the messages; empty: they are not. */
export function refusalsOf<Options>({ options }: PolicyKind<Options>, given: object): readonly string[] {
  const { error } = options.safeParse(given);
  return (error?.issues ?? []).map((issue) => {
    const { message } = 'params' in issue && issue.params !== undefined ? issue.params : issue;
    return `${issue.path.join('.')}: ${String(message)}`;
  });
}

type Asked = {
  readonly method?: string;
  readonly host?: string;
  /** As lines. */
  readonly fields?: readonly string[];
  readonly client?: Partial<ClientFacts>;
  /** Bytes of the path that are not passed on. */
  readonly strip?: number;
};

/** A request for that target. */
export function requestFor(target: string, { method = 'GET', host = 'x', fields = [], client, strip }: Asked = {}) {
  const text = [`${method} ${target} HTTP/1.1`, `Host: ${host}`, ...fields, '', ''].join('\r\n');
  return policyRequest(requestHead(text), { ...CLIENT, ...client }, strip);
}

const CLIENT: ClientFacts = { address: '10.0.0.1', isTls: false, tls: null, version: '1.1', port: 0, claims: null };

/** Of a trusted proxy that its client has asked by that scheme. */
export function claimsOf(scheme: string): NonNullable<ClientFacts['claims']> {
  return {
    forwardedFor: '10.0.0.1',
    forwardedProto: scheme,
    forwardedHost: null,
    forwardedPort: null,
    forwardedPrefix: null,
    forwarded: null,
    realIp: '10.0.0.1',
  };
}

/** What a policy says of a request, which it says at once. */
export function verdictOn(policy: Policy, request: RequestOfPolicy): Verdict {
  return atOnce(policy.request?.(request));
}

/** The answer that a policy gives to a request in place of a backend. */
export function answerTo(policy: Policy, request: RequestOfPolicy): LocalResponse {
  const verdict = verdictOn(policy, request);
  if (verdict.kind !== 'respond') throw new Error(`there is no answer, but ${verdict.kind}`);
  return verdict.response;
}

/** What a policy says of an answer, which it says at once. */
export function verdictOnAnswer(policy: Policy, request: RequestOfPolicy, response: PolicyResponse): Verdict {
  request.answers();
  return atOnce(policy.response?.(request, response));
}

function atOnce(verdict: Verdict | Promise<Verdict> | undefined): Verdict {
  if (verdict === undefined) throw new Error('the policy does not take part in this step');
  if (verdict instanceof Promise) throw new Error('the policy has only promised a verdict');
  return verdict;
}

/** A backend's answer with these fields. */
export function backendAnswer(fields: readonly string[] = [], status = 200): PolicyResponse {
  return answerOf(responseHead([`HTTP/1.1 ${status} X`, ...fields, 'Content-Length: 0', '', ''].join('\r\n')));
}

/** A backend's answer with that head. */
export function answerOf(head: Head): PolicyResponse {
  const answered = new Answered();
  answered.isOf(head);
  return answered;
}

/** An answer of the gateway itself. */
export function localAnswer(local: LocalResponse, failure: Failure | null = null): PolicyResponse {
  const answered = new Answered();
  answered.becomes(local, failure);
  return answered;
}

/** The fields that edits add, as lines. */
export function linesOf(edits: Edits<Direction> | null): readonly string[] {
  const text = (bytes: Uint8Array): string => latin1(bytes, 0, bytes.length);
  return Array.from({ length: edits?.additions ?? 0 }, (_, at) => {
    const { name = EMPTY, value = EMPTY } = edits?.addition(at) ?? {};
    return `${text(name)}: ${text(value)}`;
  });
}

/** The value of a field of the gateway's own answer; null: it has none of that name. */
export function fieldOf({ headers }: LocalResponse, name: string): string | null {
  return headers.find(([key]) => key.toLowerCase() === name)?.[1] ?? null;
}
