// A policy reads the body of a request before the request goes on.
import { copy } from '../core/copy-bytes.ts';
import { CR, HEX } from '../message/bytes.ts';
import type { ReadBody } from '../policies/contract.ts';

const CRLF = 2;
export const TOO_LARGE: ReadBody = { kind: 'too_large' };

/** The one that waits for a body. */
export class BodyRead {
  private waiting: { readonly limit: number; readonly settle: (body: ReadBody) => void } | null = null;

  get isOn(): boolean {
    return this.waiting !== null;
  }

  begin(limit: number): Promise<ReadBody> {
    const { promise, resolve } = Promise.withResolvers<ReadBody>();
    this.waiting = { limit, settle: resolve };
    return promise;
  }

  exceeds(length: number): boolean {
    return this.waiting !== null && length > this.waiting.limit;
  }

  settle(body: ReadBody): void {
    const { waiting } = this;
    this.waiting = null;
    waiting?.settle(body);
  }

  /** The request is over. Who waits hears nothing more. */
  clear(): void {
    this.waiting = null;
  }
}

/** The payload of chunks in their canonical form. */
export function payloadOf(chunks: Uint8Array): Uint8Array {
  const payload = new Uint8Array(chunks.length);
  let length = 0;
  for (let at = 0; at < chunks.length; ) {
    let size = 0;
    while (at < chunks.length && chunks[at] !== CR) size = size * 16 + HEX[chunks[at++]];
    at += CRLF;
    if (size === 0) break;
    length = copy(payload, length, chunks, at, at + size);
    at += size + CRLF;
  }
  return payload.subarray(0, length);
}
