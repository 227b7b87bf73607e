// What the head of a request needs to know of the backend that it goes to.
import { EMPTY, ascii } from '../message/bytes.ts';
import type { OriginFacts } from '../message/contract.ts';
import type { BackendPlan } from '../plan/pool-plan.ts';

export function originFacts(options: BackendPlan): OriginFacts {
  const { url, passHost } = options;
  return {
    authority: ascii(url.authority),
    ownHost: !passHost,
    basePath: ascii(url.base_path),
    query: ascii(url.query),
    authorization: url.authorization === null ? EMPTY : ascii(url.authorization),
    isPlain: passHost && url.base_path === '' && url.query === '' && url.authorization === null,
  };
}
