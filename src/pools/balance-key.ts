// The key by which a request stays with one backend, as a hash.
import type { KeySource } from '../balance/key-source.ts';
import { hashBytes, hashText } from '../core/hash.ts';
import { latin1 } from '../message/bytes.ts';
import type { ClientFacts } from '../message/contract.ts';
import { NO_FIELD, SEVERAL_FIELDS, fieldValue, findField } from '../message/field-value.ts';
import type { Head } from '../message/head.ts';

/** A request that has no such part goes by the address of its client. */
export function balanceKey(source: KeySource, head: Head, client: Pick<ClientFacts, 'address'>): number {
  switch (source.from) {
    case 'client':
      return hashText(client.address);
    case 'path': // in its normal form: every spelling of it leads to the same backend
      return hashBytes(head.bytes, head.pathStart, head.pathEnd);
    case 'header':
      return headerKey(source.name, head, client);
    case 'cookie':
      return hashText(cookieOf(head, source.name) ?? client.address);
    case 'query':
      return hashText(parameter(head, source.name) ?? client.address);
  }
}

// Runs for every request of such a tenant, so the bytes are hashed where they lie and no string is made.
function headerKey(name: string, head: Head, client: Pick<ClientFacts, 'address'>): number {
  const field = findField(head, name);
  if (field === SEVERAL_FIELDS) return hashText(fieldValue(head, name) ?? client.address);
  if (field === NO_FIELD) return hashText(client.address);
  return hashBytes(head.bytes, head.fields[field * 4 + 2], head.fields[field * 4 + 3]);
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
