// How the gateway makes itself known to others on the way of a message, and how it knows its own requests again.
import { EMPTY, ascii, latin1 } from './bytes.ts';
import { CDN_LOOP } from './field-names.ts';
import type { Head } from './head.ts';

export type OwnMarks = {
  /** The part that the ids of all requests share. */
  readonly idPrefix: Uint8Array;
  /** Backends are told by Via that a request has come through a gateway. */
  readonly viaOnRequests: boolean;
  /** Clients are told so of a response. */
  readonly viaOnResponses: boolean;
  /** What the gateway calls itself in CDN-Loop (RFC 8586), in lower case; EMPTY: nothing. */
  readonly loopId: Uint8Array;
};

export const NO_MARKS: OwnMarks = { idPrefix: EMPTY, viaOnRequests: false, viaOnResponses: false, loopId: EMPTY };

const DRAWN_LENGTH = 12;

/** The name of this gateway in CDN-Loop. Where none is configured, it is drawn: two gateways in a row are no loop, and one that
 * starts again has no requests on their way. */
export function loopIdOf(configured: string, secret: () => string): Uint8Array {
  if (configured === 'none') return EMPTY;
  const name = configured === 'auto' ? `keystone-${secret().slice(0, DRAWN_LENGTH)}` : configured;
  return ascii(name.toLowerCase());
}

/** True if the request has been here before. It is asked only for requests that have a CDN-Loop field. */
export function hasPassedHere({ bytes, fields, kinds, count }: Head, { loopId }: OwnMarks): boolean {
  if (loopId === EMPTY) return false;
  const own = latin1(loopId, 0, loopId.length);
  for (let f = 0; f < count; f++) {
    if (kinds[f] !== CDN_LOOP) continue;
    const value = latin1(bytes, fields[f * 4 + 2], fields[f * 4 + 3]).toLowerCase();
    if (namesIn(value).includes(own)) return true;
  }
  return false;
}

// `name;parameter="a, b", name`: a text in quotes names nobody.
function namesIn(value: string): readonly string[] {
  const plain = value.replaceAll(/"(?:[^"\\]|\\.)*"/g, '');
  return plain.split(',').map((element) => (element.split(';')[0] ?? '').trim());
}
