// A request as a policy sees it, without an exchange.
import { PolicyView } from '../../src/forward/policy-view.ts';
import { Search } from '../../src/forward/search.ts';
import type { ClientFacts } from '../../src/message/contract.ts';
import type { Head } from '../../src/message/head.ts';
import type { CopyOrder, Follower } from '../../src/policies/contract.ts';

const CLIENT: ClientFacts = { address: '10.0.0.1', isTls: false, tls: null, version: '1.1', port: 0, claims: null };

const unused = (): never => {
  throw new Error('it goes to no backend');
};
const NO_SEARCH = new Search({ found: unused, waits: unused, notFound: unused });

/** It has no body, and no pool. */
export class RequestOfPolicy extends PolicyView {
  constructor(head: Head, client: ClientFacts = CLIENT, strip = 0) {
    super({
      head,
      client,
      strip,
      boundBody: () => undefined,
      repeat: () => null,
      downstream: null,
      tenant: null,
      isSparing: false,
      attempts: { search: NO_SEARCH },
      replaceBody: () => undefined,
      readBody: () => Promise.resolve({ kind: 'whole', bytes: new Uint8Array(0) }),
    });
    this.client = client;
    this.askedPlace = 0;
  }

  get id(): string {
    return 'the-id';
  }

  copyTo({ ended }: CopyOrder): void {
    ended('unsent');
  }

  override expired(): void {
    throw new Error('it has no deadline');
  }

  /** Who follows it. */
  get following(): readonly Follower[] {
    return this.followers.map(({ policy }) => policy);
  }

  /** What policies have made of it is gone. */
  forget(): void {
    this.clearView();
    this.client = this.exchange.client;
    this.askedPlace = 0;
  }

  /** The answer's step begins. */
  answers(): void {
    this.beginAnswer();
  }
}

export function policyRequest(head: Head, client?: ClientFacts, strip?: number): RequestOfPolicy {
  return new RequestOfPolicy(head, client, strip);
}
