// Which trailers of a request are passed on (RFC 9110 6.5.1). All rules have run by the time they come, and a backend may
// merge them into the header: so none that frames, routes, identifies, or says how the request is to be taken.
import { ascii, equalsLowered } from '../message/bytes.ts';
import { OTHER, classify } from '../message/field-names.ts';

// What the gateway itself understands is among these already.
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

/** True if the trailer with the name bytes[start, end) is passed on. */
export function mayTrail(bytes: Uint8Array, start: number, end: number): boolean {
  const length = end - start;
  if (classify(bytes, start, length) !== OTHER) return false;
  // CGI makes one name of `Content_Type` and `Content-Type`.
  if (bytes.subarray(start, end).includes(UNDERSCORE)) return false;
  if (KEPT_BACK.some((name) => name.length === length && equalsLowered(bytes, start, name))) return false;
  return !KEPT_BACK_PREFIXES.some((prefix) => prefix.length <= length && equalsLowered(bytes, start, prefix));
}
