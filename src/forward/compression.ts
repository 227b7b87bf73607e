// Whether a response is compressed, and the head that it then has. Decides only; compressor.ts does the work.
//
// Requests without Accept-Encoding are left alone entirely: their responses do not even get a Vary. A cache that keeps
// such a response may give it to anybody, since everybody can read it; what is compressed always says Vary.
import type { CompressionSettings } from '../config/resolve.ts';
import { ascii } from '../message/bytes.ts';
import { ACCEPT_ENCODING, TRAILER } from '../message/field-names.ts';
import { BODY_LENGTH, BODY_NONE, type Framing, type Head } from '../message/head.ts';
import { type Coding, chooseCoding } from './accept-encoding.ts';
import { encodedHead, valueOf, varyingHead } from './encoded-head.ts';

/** What happens to a response. The head is the one that goes to the client; its bytes hold no body. It is acquired, and
 * given back by whoever asked for the plan. */
export type CompressionPlan = Compression | { readonly kind: 'vary'; readonly head: Head };

/** The body is compressed; or only Vary is added, since another client would have been given another form. */
export type Compression = {
  readonly kind: 'compress';
  readonly head: Head;
  readonly coding: Coding;
  readonly level: number;
  /** How the body comes from the backend. It leaves in chunks. */
  readonly framing: Framing;
  /** Of the body as it comes; 0: not known. */
  readonly length: number;
  /** Every slice goes on at once. */
  readonly isEventStream: boolean;
};

const ACCEPT_ENCODING_NAME = ascii('accept-encoding');
const CACHE_CONTROL = ascii('cache-control');
const CONTENT_ENCODING = ascii('content-encoding');
const CONTENT_TYPE = ascii('content-type');
// Digests of the bytes as they are (RFC 9530); Content-MD5 is their ancestor.
const DIGESTS = ['content-digest', 'repr-digest', 'digest', 'content-md5'].map(ascii);
const NO_TRANSFORM = /(^|[\s,])no-transform($|[\s,])/i;
const EVENT_STREAM = 'text/event-stream';

/** False: no plan will be made for the responses to this request. Cheap enough to ask for each. */
export function mayCompress(request: Head): boolean {
  return request.hasKind(ACCEPT_ENCODING);
}

/** What is to be done with a response; null: nothing, it passes as it is. */
export function planCompression(request: Head, response: Head, settings: CompressionSettings): CompressionPlan | null {
  // BODY_NONE: HEAD, 1xx, 204, 304, or empty. 206 is a part of the very bytes that the backend has.
  if (response.framing === BODY_NONE || response.status === 206) return null;
  const length = response.framing === BODY_LENGTH ? response.length : 0;
  if (response.framing === BODY_LENGTH && length < settings.minBytes) return null;
  const type = mediaType(valueOf(response, CONTENT_TYPE));
  if (!isListed(type, settings.contentTypes) || isUntouchable(request, response)) return null;
  const coding = chooseCoding(valueOf(request, ACCEPT_ENCODING_NAME));
  if (coding === null) {
    const head = varyingHead(response);
    return head === null ? null : { kind: 'vary', head };
  }
  return {
    kind: 'compress',
    head: encodedHead(response, coding),
    coding,
    level: settings.level,
    framing: response.framing,
    length,
    isEventStream: type === EVENT_STREAM,
  };
}

function mediaType(contentType: string | null): string {
  if (contentType === null) return '';
  const end = contentType.indexOf(';');
  return (end < 0 ? contentType : contentType.slice(0, end)).trim().toLowerCase();
}

function isListed(type: string, listed: ReadonlySet<string>): boolean {
  return listed.has(type) || listed.has(`${type.slice(0, type.indexOf('/'))}/*`);
}

function isUntouchable(request: Head, response: Head): boolean {
  const coding = valueOf(response, CONTENT_ENCODING);
  if (coding !== null && coding.toLowerCase() !== 'identity') return true;
  if (forbidsTransform(response) || forbidsTransform(request)) return true;
  if (DIGESTS.some((name) => valueOf(response, name) !== null)) return true;
  // Trailers do not survive, so who has been promised them gets the response as it is.
  return request.takesTrailers && response.hasKind(TRAILER);
}

// RFC 9111 5.2.1.6, 5.2.2.6: requests may say it as well.
function forbidsTransform(head: Head): boolean {
  const value = valueOf(head, CACHE_CONTROL);
  return value !== null && NO_TRANSFORM.test(value);
}
