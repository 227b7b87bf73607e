// Which trailers are passed on (RFC 9110 6.5.1), and which are refused.
import { ascii, equalsLowered } from '../message/bytes.ts';
import { CONTENT_LENGTH, HOST, OTHER, TE, TRANSFER_ENCODING, classify, kindTable } from '../message/field-names.ts';
import { HOP_BY_HOP } from './hop-by-hop.ts';

// Besides these, no field that the gateway itself understands is passed on.
const KEPT_BACK = [
  'accept',
  'accept-charset',
  'accept-language',
  'access-control-request-headers',
  'access-control-request-method',
  'age',
  'authentication-info',
  'cache-control',
  'content-encoding',
  'content-language',
  'content-location',
  'content-range',
  'content-type',
  'cookie',
  'expires',
  'if-match',
  'if-modified-since',
  'if-none-match',
  'if-range',
  'if-unmodified-since',
  'location',
  'origin',
  'pragma',
  'proxy-authentication-info',
  'range',
  'referer',
  'retry-after',
  'set-cookie',
  'vary',
  'warning',
  'www-authenticate',
].map(ascii);
const KEPT_BACK_PREFIXES = ['proxy-', 'sec-', 'x-forwarded-', 'x-http-method', 'x-original-', 'x-rewrite-'].map(ascii);
const UNDERSCORE = 0x5f;

// These fields frame or route a message, or apply to one connection only.
const NEVER_TRAIL = kindTable([HOST, CONTENT_LENGTH, TRANSFER_ENCODING, ...HOP_BY_HOP]);

/** True if a response's trailer with the name bytes[start, end) is passed on, to a client that takes trailers. */
export function mayTrailResponse(bytes: Uint8Array, start: number, end: number): boolean {
  return NEVER_TRAIL[classify(bytes, start, end - start)] === 0;
}

/** True if a request with a trailer of this name is refused: a trailer comes too late to frame or route its message. */
export function isForbiddenTrailer(name: Uint8Array, length: number): boolean {
  const kind = classify(name, 0, length);
  return kind !== OTHER && kind >= HOST && kind <= TE;
}

/** True if a request's trailer with the name bytes[start, end) is passed on. A trailer comes after the gateway has
 * applied its rules, and a backend may merge it into the header: so none is passed on that frames, routes, identifies,
 * or tells the backend how to process the request. */
export function mayTrailRequest(bytes: Uint8Array, start: number, end: number): boolean {
  const length = end - start;
  if (classify(bytes, start, length) !== OTHER) return false;
  // CGI turns `Content_Type` and `Content-Type` into the same name.
  if (bytes.subarray(start, end).includes(UNDERSCORE)) return false;
  if (KEPT_BACK.some((name) => name.length === length && equalsLowered(bytes, start, name))) return false;
  return !KEPT_BACK_PREFIXES.some((prefix) => prefix.length <= length && equalsLowered(bytes, start, prefix));
}
