// The key by which a request stays with one backend, as a hash.
import type { KeySource } from '../balance/key-source.ts';
import { hashBytes, hashText } from '../core/hash.ts';
import { latin1 } from '../message/bytes.ts';
import type { ClientFacts } from '../message/contract.ts';
import { fieldValue } from '../message/field-value.ts';
import type { Head } from '../message/head.ts';

/** A request that has no such part goes by the address of its client. */
export function balanceKey(source: KeySource, head: Head, client: Pick<ClientFacts, 'address'>): number {
  switch (source.from) {
    case 'client':
      return hashText(client.address);
    case 'path':
      return hashBytes(head.bytes, head.pathStart, head.pathEnd);
    case 'header':
      return hashText(fieldValue(head, source.name) ?? client.address);
    case 'cookie':
      return hashText(cookieOf(head, source.name) ?? client.address);
    case 'query':
      return hashText(parameter(head, source.name) ?? client.address);
  }
}

/** The value of a cookie; null: it is not there. */
export function cookieOf(head: Head, name: string): string | null {
  const pairs = (fieldValue(head, 'cookie') ?? '').split(/[;,] */);
  return valueIn(pairs, name);
}

function parameter(head: Head, name: string): string | null {
  return valueIn(latin1(head.bytes, Math.min(head.pathEnd + 1, head.targetEnd), head.targetEnd).split('&'), name);
}

function valueIn(pairs: readonly string[], name: string): string | null {
  const pair = pairs.find((candidate) => candidate.startsWith(`${name}=`));
  return pair === undefined ? null : pair.slice(name.length + 1);
}
