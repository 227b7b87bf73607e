// A request as a policy sees it, without an exchange.
import { PolicyView } from '../../src/forward/policy-view.ts';
import type { ClientFacts } from '../../src/message/contract.ts';
import type { Head } from '../../src/message/head.ts';
import type { Follower, PolicyResponse } from '../../src/policies/contract.ts';
import { Answered } from '../../src/forward/answered.ts';
import type { LocalResponse } from '../../src/message/local-response.ts';
import type { Failure } from '../../src/core/failure.ts';

const CLIENT: ClientFacts = { address: '10.0.0.1', isTls: false, tls: null, version: '1.1', claims: null };

/** It has no body, and its tenant one pool. */
export class RequestOfPolicy extends PolicyView {
  constructor(head: Head, client: ClientFacts = CLIENT, strip = 0) {
    super({
      head,
      client,
      strip,
      usePool: () => false,
      readBody: () => Promise.resolve({ kind: 'whole', bytes: new Uint8Array(0) }),
    });
    this.client = client;
    this.askedPlace = 0;
  }

  get id(): string {
    return 'the-id';
  }

  override expired(): void {
    throw new Error('it has no deadline');
  }

  /** Who follows it. */
  get following(): readonly Follower[] {
    return this.followers.map(({ policy }) => policy);
  }

  /** The answer's step begins. */
  answers(): void {
    this.beginAnswer();
  }
}

export function policyRequest(head: Head, client?: ClientFacts, strip?: number): RequestOfPolicy {
  return new RequestOfPolicy(head, client, strip);
}

/** A backend has answered. */
export function answerOf(head: Head): PolicyResponse {
  const answered = new Answered();
  answered.isOf(head);
  return answered;
}

/** The gateway itself answers. */
export function localAnswer(local: LocalResponse, failure: Failure | null = null): PolicyResponse {
  const answered = new Answered();
  answered.becomes(local, failure);
  return answered;
}
