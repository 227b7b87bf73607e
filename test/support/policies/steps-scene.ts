// Exchanges of one tenant whose policies do what a test tells them.
import { expect } from 'bun:test';
import { failure } from '../../../src/core/failure.ts';
import type { Policy, Verdict } from '../../../src/policies/contract.ts';
import { ExchangeRig, read } from '../exchange-rig.ts';
import { A, openTo, tenant } from '../exchange-scenes.ts';
import { plansOf, scripted, withPolicies } from './scripted.ts';

export const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n';
export const CHUNKED = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n';
export const REFUSED: Verdict = { kind: 'refuse', failure: failure('method-refused'), retryAfter: null };
export const ANSWERED: Verdict = { kind: 'respond', response: { status: 418, headers: [], body: new Uint8Array(0) } };

/** A gateway whose one tenant has these policies, in this order. */
export function rigWith(policies: Readonly<Record<string, Policy>>, settings = '', services = [A]): ExchangeRig {
  const kinds = Object.entries(policies).map(([type, policy]) => scripted(type, policy));
  const plan = withPolicies(read(tenant(settings, ...services)), plansOf(kinds));
  return new ExchangeRig(plan, undefined, { policies: kinds });
}

/** A verdict that a test gives when it likes. */
export function later(): {
  readonly promise: Promise<Verdict>;
  readonly give: (verdict: Verdict) => Promise<void>;
  readonly reject: () => Promise<void>;
} {
  const { promise, resolve, reject } = Promise.withResolvers<Verdict>();
  const rest = async (): Promise<void> => {
    for (let n = 0; n < 10; n++) await Promise.resolve();
  };
  return {
    promise,
    give: async (verdict) => {
      resolve(verdict);
      await rest();
    },
    reject: async () => {
      reject(new Error('the store is down'));
      await rest();
    },
  };
}

/** What the only exchange so far has left behind. */
export function ended({ ended: all }: ExchangeRig) {
  expect(all).toHaveLength(1);
  const [{ status, failure: code, refusedBy, attemptCount }] = all;
  return { status, failure: code, refusedBy, attemptCount };
}

export function answer(rig: ExchangeRig, ...pieces: readonly string[]): void {
  openTo(rig, 'a').reply(...pieces);
}
